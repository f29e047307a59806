internal import Glibc
internal import JSON
package import Primitives

extension Configuration {
    /// This host as one of several that share a PostgreSQL database.
    package struct Cluster: Sendable, Equatable {
        /// Unlike that of every other host.
        package var name: String
        /// How long the others wait for a sign of life before they take what this host serves.
        package var lease: Duration
        /// What all hosts share, and nobody else has.
        package var key: Secret

        /// - Parameters:
        ///   - store: Of the same configuration.
        ///   - sharesObjects: Whether the configuration names a place for files.
        static func read(_ value: Value, with store: Store, sharesObjects: Bool) -> Cluster? {
            value.section { section in
                if case .file = store {
                    section.error(
                        "all hosts need the same database: set store.url to postgres://ROLE@HOST:PORT/DATABASE")
                }
                if !sharesObjects {
                    section.error(
                        "all hosts need the same place for files: set objects to {directory: PATH} or {s3: …}")
                }
                let name = section.read("name", default: Self.machine, shown: .string(Self.machine)) {
                    $0.string(
                        where: Self.isName, else: "a host's name has 1 to 64 letters, digits, '-', '_' and '.'")
                }
                let lease = section.read("lease", default: .seconds(3)) {
                    $0.duration(from: .seconds(1), to: .seconds(60))
                }
                // In this release, so that one configuration serves during an update.
                for key in ["nats", "credentials"] {
                    section.value(key)?.warn(
                        "no longer used: hosts wake each other by PostgreSQL's notifications; remove it when all hosts are updated"
                    )
                }
                let key = section.required("key") {
                    $0.secret(
                        where: { $0.utf8.count >= 32 },
                        else: "the key is too short: make one with 'openssl rand -hex 32' and give it to all hosts")
                }
                return key.map { Cluster(name: name, lease: lease, key: $0) }
            }
        }

        static let machine: String = {
            var bytes = [CChar](repeating: 0, count: 256)
            guard gethostname(&bytes, bytes.count - 1) == 0 else { return "host" }
            let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return Self.isName(name) ? name : "host"
        }()

        private static func isName(_ text: String) -> Bool {
            let letters = "abcdefghijklmnopqrstuvwxyz0123456789-_."
            return (1...64).contains(text.utf8.count) && text.allSatisfy { letters.contains($0.lowercased()) }
        }
    }
}
