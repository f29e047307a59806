internal import Primitives

/// State that must outlive the program: the servers that demand TLS, the time up to which all messages were seen, and the
/// connection that a restart leaves to the next program.
package struct IRCMemory: Sendable, Equatable {
    /// A server's demand for TLS (IRCv3 `sts`).
    package struct Policy: Sendable, Equatable {
        package var port: Int
        /// Seconds. Every disconnect extends the expiry by it.
        package var duration: Int64
        /// Milliseconds since 1970.
        package var expires: Int64

        package init(port: Int, duration: Int64, expires: Int64) {
            self.port = port
            self.duration = duration
            self.expires = expires
        }
    }

    /// What the next program needs to take over a connection.
    package struct HandOver: Sendable, Equatable {
        /// Names the connection and the settings for which it was made; it fits no others.
        package var mark: String
        /// Bring a new state machine to the state of the last one; see ``IRCStateMachine/transcript``.
        package var lines: [[UInt8]] = []
        /// The part of a line that has been read.
        package var rest: [UInt8] = []

        package init(mark: String) {
            self.mark = mark
        }
    }

    /// By lowercase host name.
    package var policies: [String: Policy] = [:]
    /// Milliseconds since 1970; messages before it were received or fetched.
    package var seen: Int64?
    package var handOver: HandOver?

    package init() {}

    /// Reads the form that ``bytes`` writes. Invalid lines are skipped, since losing them costs only convenience.
    package init(bytes: [UInt8]) {
        for line in bytes.split(separator: 0x0A) {
            let (word, value) = (line.prefix { $0 != 0x20 }, line.drop { $0 != 0x20 }.dropFirst())
            switch IRCText.decode(word) {
            case "hand-over": self.handOver = HandOver(mark: String(decoding: value, as: UTF8.self))
            case "line": self.handOver?.lines.append(Array(value))
            case "rest": self.handOver?.rest = Array(value)
            default: break
            }
            let words = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
            if words.count == 2, words[0] == "seen" { self.seen = Self.number(words[1], in: 0...Self.latest) }
            guard words.count == 5, words[0] == "sts", let port = Self.number(words[2], in: 1...65_535),
                let duration = Self.number(words[3], in: 0...Self.longest),
                let expires = Self.number(words[4], in: 0...Self.latest)
            else { continue }
            self.policies[words[1]] = Policy(port: Int(port), duration: duration, expires: expires)
        }
    }

    /// Ten years, in seconds; longer policies are shortened to it.
    static let longest: Int64 = 10 * 365 * 86_400
    /// The year 9999, in milliseconds since 1970.
    private static let latest = CivilTime.range.upperBound * 1_000

    private static func number(_ text: String, in range: ClosedRange<Int64>) -> Int64? {
        Int64(untrusted: text).flatMap { range.contains($0) ? $0 : nil }
    }

    /// The text form, one entry per line.
    package var bytes: [UInt8] {
        var text = self.seen.map { "seen \($0)\n" } ?? ""
        for (host, policy) in self.policies.sorted(by: { $0.key < $1.key }) {
            text += "sts \(host) \(policy.port) \(policy.duration) \(policy.expires)\n"
        }
        guard let handOver = self.handOver else { return Array(text.utf8) }
        var bytes = Array("\(text)hand-over \(handOver.mark)\n".utf8)
        for line in handOver.lines { bytes += "line ".utf8 + line + [0x0A] }
        return bytes + "rest ".utf8 + handOver.rest
    }
}
