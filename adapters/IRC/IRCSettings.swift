package import Primitives

/// One network, as an owner configures it.
package struct IRCSettings: Sendable {
    /// Whether the connection is encrypted. A certificate is always verified.
    package enum TLS: Sendable, Equatable {
        /// Plain: for servers on this machine or a trusted wire only.
        case none
        /// Verified against the system's authorities, or those of `caFile`.
        case verify(caFile: String?)
    }

    /// How to log in to services before joining.
    package enum SASL: Sendable {
        /// Account and password; never sent without TLS, save to this machine.
        case plain(account: String, password: Secret)
        /// The TLS client certificate is the proof; both are paths of PEM files.
        case external(certificate: String, key: String)
    }

    /// A channel to be in.
    package struct Channel: Sendable, Equatable {
        package var name: String
        package var key: Secret?

        package init(_ name: String, key: Secret? = nil) {
            self.name = name
            self.key = key
        }
    }

    /// The token bucket in front of everything that is sent.
    package struct Flood: Sendable, Equatable {
        /// Lines that may go at once.
        package var burst: Int
        /// Milliseconds a line after that; 0 for no limit.
        package var interval: Int64
        /// The most bytes a second; nil: no limit but on servers known to have one (ngIRCd).
        package var bytesPerSecond: Int?

        package init(burst: Int = 4, interval: Int64 = 1_200, bytesPerSecond: Int? = nil) {
            self.burst = burst
            self.interval = interval
            self.bytesPerSecond = bytesPerSecond
        }

        /// Below every default limit known: ngIRCd, InspIRCd, Ergo, Solanum.
        package static let safe = Self()
        /// For a bot that the server's operators exempted.
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
    /// The server's own password (PASS).
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

    /// Whether the peer is this machine, where no wire can be listened to.
    package var isLoopback: Bool {
        let host = self.host.lowercased()
        return host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
    }

    /// Whether the host is an address rather than a name; policies are kept for names only.
    package var isAddress: Bool {
        self.host.utf8.contains(UInt8(ascii: ":"))
            || self.host.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    }

    /// User names hold letters and digits only, and are cut at about ten.
    private static func username(for nick: String) -> String {
        let letters = nick.utf8.filter { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
        return letters.isEmpty ? "jetbridge" : String(decoding: letters.prefix(9), as: UTF8.self).lowercased()
    }
}
