/// What has to outlive the process: where TLS is demanded, and until when everything was seen.
package struct IRCMemory: Sendable, Equatable {
    /// A server's demand for TLS (IRCv3 `sts`).
    package struct Policy: Sendable, Equatable {
        package var port: Int
        /// Seconds; renewed at every disconnect.
        package var duration: Int64
        /// Milliseconds since 1970.
        package var expires: Int64

        package init(port: Int, duration: Int64, expires: Int64) {
            self.port = port
            self.duration = duration
            self.expires = expires
        }
    }

    /// By host name in lower case.
    package var policies: [String: Policy] = [:]
    /// Milliseconds since 1970: what was said before it came in, or was fetched.
    package var seen: Int64?

    package init() {}

    /// Reads what ``bytes`` wrote; lines that do not fit are skipped, since a lost memory only costs convenience.
    package init(bytes: [UInt8]) {
        for line in bytes.split(separator: 0x0A) {
            let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            if words.count == 2, words[0] == "seen" { self.seen = Self.number(words[1], in: 0...Self.latest) }
            guard words.count == 5, words[0] == "sts", let port = Self.number(words[2], in: 1...65_535),
                let duration = Self.number(words[3], in: 0...Self.longest),
                let expires = Self.number(words[4], in: 0...Self.latest)
            else { continue }
            self.policies[words[1]] = Policy(port: Int(port), duration: duration, expires: expires)
        }
    }

    /// Ten years, in seconds: no policy lasts longer.
    static let longest: Int64 = 10 * 365 * 86_400
    /// The year 9999, in milliseconds since 1970.
    private static let latest: Int64 = 253_402_300_799_000

    private static func number(_ text: String, in range: ClosedRange<Int64>) -> Int64? {
        Int64(text).flatMap { range.contains($0) ? $0 : nil }
    }

    /// The text form: one fact a line.
    package var bytes: [UInt8] {
        var text = self.seen.map { "seen \($0)\n" } ?? ""
        for (host, policy) in self.policies.sorted(by: { $0.key < $1.key }) {
            text += "sts \(host) \(policy.port) \(policy.duration) \(policy.expires)\n"
        }
        return Array(text.utf8)
    }
}

/// Keeps an adapter's ``IRCMemory`` between runs; `none` forgets.
package struct IRCMemoryStore: Sendable {
    /// What was kept, or nil.
    package var load: @Sendable () async -> [UInt8]?
    /// Keeps it; a failure is the keeper's to log.
    package var save: @Sendable ([UInt8]) async -> Void

    package init(load: @escaping @Sendable () async -> [UInt8]?, save: @escaping @Sendable ([UInt8]) async -> Void) {
        self.load = load
        self.save = save
    }

    package static let none = Self(load: { nil }, save: { _ in })
}
