package import Primitives

/// The configuration of one network.
package struct IRCSettings: Sendable {
    /// Whether the connection is encrypted. Certificates are always verified.
    package enum TLS: Sendable, Equatable {
        /// Unencrypted: only for servers on this machine or on a trusted network.
        case none
        /// Verified against the system's certificate authorities, or those in `caFile`.
        case verify(caFile: String?)
    }

    /// A channel to join.
    package struct Channel: Sendable, Equatable {
        package var name: String
        package var key: Secret?

        package init(_ name: String, key: Secret? = nil) {
            self.name = name
            self.key = key
        }
    }

    /// The token bucket that paces everything the bot sends.
    package struct Flood: Sendable, Equatable {
        /// Lines that may be sent at once.
        package var burst: Int
        /// Milliseconds per line after the burst; 0 for no limit.
        package var interval: Int64
        /// Maximum bytes per second; nil for no limit, except on servers known to have one (ngIRCd).
        package var bytesPerSecond: Int?

        package init(burst: Int = 4, interval: Int64 = 1_200, bytesPerSecond: Int? = nil) {
            self.burst = burst
            self.interval = interval
            self.bytesPerSecond = bytesPerSecond
        }

        /// Below the default limits of ngIRCd, InspIRCd, Ergo and Solanum.
        package static let safe = Self()
        /// For a bot that the server's operators have exempted from limits.
        package static let exempt = Self(burst: 1_000, interval: 0)
    }

    /// The name in `irc:NAME`.
    package var id: String
    package var host: String
    package var port: Int
    package var tls: TLS
    package var nick: String
    package var username: String
    package var realname: String
    /// The server password (PASS).
    package var password: Secret?
    package var sasl: SASL?
    package var channels: [Channel]
    package var flood: Flood

    package init(
        id: String, host: String, port: Int, tls: TLS = .verify(caFile: nil), nick: String = "jetbridge",
        username: String? = nil, realname: String = "Jetbridge", password: Secret? = nil, sasl: SASL? = nil,
        channels: [Channel] = [], flood: Flood = .safe
    ) {
        self.id = id
        self.host = host
        self.port = port
        self.tls = tls
        self.nick = nick
        self.username = username ?? Self.username(for: nick)
        self.realname = realname
        self.password = password
        self.sasl = sasl
        self.channels = channels
        self.flood = flood
    }

    /// Whether the server is on this machine, where no one can eavesdrop on the connection.
    package var isLoopback: Bool {
        let host = self.host.lowercased()
        return host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
    }

    /// Whether the host is an IP address rather than a name; STS policies apply only to names.
    package var isAddress: Bool {
        self.host.utf8.contains(UInt8(ascii: ":"))
            || self.host.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    }

    /// Servers allow letters and digits in user names and cut them at about ten characters.
    private static func username(for nick: String) -> String {
        let letters = nick.utf8.filter { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
        return letters.isEmpty ? "jetbridge" : String(decoding: letters.prefix(9), as: UTF8.self).lowercased()
    }
}
