/// Why a connection ended, which determines when to reconnect.
package struct IRCEnding: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// The connection broke: reconnect soon, then with growing delays.
        case lost
        /// Credentials or a setting are wrong: an owner must fix them, so reconnect rarely.
        case refused
        /// Banned or throttled: stay away for a while.
        case banned
        /// The server demands TLS on another port.
        case upgrade
        /// Jetbridge is shutting down.
        case stopped
        /// The next program takes it over.
        case handedOver
    }

    package var kind: Kind
    /// One line for status and logs.
    package var reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    /// Classifies the text of an `ERROR`.
    static func error(_ text: String) -> Self {
        let lowered = text.lowercased()
        let bans = ["k-line", "k:line", "g-line", "z-line", "kline", "gline", "banned", "ban:", "akill", "dnsbl"]
        let throttles = ["throttl", "too fast", "too many", "reconnecting", "connection limit"]
        if bans.contains(where: lowered.contains) {
            return Self(.banned, "The server banned the bot: \(text)")
        }
        if throttles.contains(where: lowered.contains) {
            return Self(.banned, "The server throttles connections: \(text)")
        }
        return Self(.lost, "The server closed the connection: \(text)")
    }
}
