/// Why a connection ended, and what that means for the next one.
package struct IRCEnding: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// It broke: try again soon, then less often.
        case lost
        /// Credentials or a setting are wrong: waiting mends nothing, an owner has to act.
        case refused
        /// Banned or throttled: keep away for a while.
        case banned
        /// The server demands TLS on another port.
        case upgrade
        /// We wanted to.
        case stopped
    }

    package var kind: Kind
    /// One line for people.
    package var reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    /// Reads the text of `ERROR`.
    static func error(_ text: String) -> Self {
        let lowered = text.lowercased()
        let bans = ["k-line", "k:line", "g-line", "z-line", "kline", "gline", "banned", "ban:", "akill", "dnsbl"]
        let throttles = ["throttl", "too fast", "too many", "reconnecting", "connection limit"]
        if bans.contains(where: lowered.contains) {
            return Self(.banned, "The server bans us: \(text)")
        }
        if throttles.contains(where: lowered.contains) {
            return Self(.banned, "The server wants fewer connections: \(text)")
        }
        return Self(.lost, "The server closed the connection: \(text)")
    }
}
