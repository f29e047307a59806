internal import Glibc
internal import JSON
internal import Logging
internal import NATS
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
        /// Nil without NATS: other hosts then learn of changes within a second.
        package var nats: String?
        /// For NATS: a token, `USER:PASSWORD`, an nkey's seed, or a `.creds` file's content.
        package var credentials: Secret?

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
                let nats = section.optional("nats") { Self.address($0) }
                let credentials = section.optional("credentials") { $0.secret() }
                let key = section.required("key") {
                    $0.secret(
                        where: { $0.utf8.count >= 32 },
                        else: "the key is too short: make one with 'openssl rand -hex 32' and give it to all hosts")
                }
                do throws(NATSError) {
                    try Self.settings(nats, credentials)?.validate()
                } catch {
                    section.error("nats: \(error)")
                }
                return key.map { Cluster(name: name, lease: lease, key: $0, nats: nats, credentials: credentials) }
            }
        }

        private static func settings(_ nats: String?, _ credentials: Secret?) -> NATSSettings? {
            guard let nats else { return nil }
            var settings = NATSSettings(servers: [nats])
            settings.credentials = credentials
            return settings
        }

        /// To NATS; nil without it.
        var connection: NATSConnection? {
            Self.settings(self.nats, self.credentials).map { NATSConnection($0, logger: Logger(label: "nats")) }
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

        private static func address(_ value: Value) -> String? {
            guard let text = value.string() else { return nil }
            let isURL = text.hasPrefix("nats://") || text.hasPrefix("tls://")
            guard isURL, !text.contains("@") else {
                return value.error(
                    "write nats://HOST:4222 or tls://HOST:4222, and a sign-in as credentials: {file: PATH}")
            }
            return text
        }
    }
}
