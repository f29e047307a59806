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

extension IRCSettings {
    /// How to log in to services before joining.
    package struct SASL: Sendable, Equatable {
        /// Strongest first.
        package enum Mechanism: String, Sendable, CaseIterable {
            /// By the TLS client certificate.
            case external = "EXTERNAL"
            /// By a proof of the password, which never leaves this machine; the server proves that it knows it too
            /// (RFC 7677).
            case scram = "SCRAM-SHA-256"
            /// By the password itself (RFC 4616); never sent without TLS, except to this machine.
            case plain = "PLAIN"
        }

        package struct Password: Sendable, Equatable {
            package var account: String
            package var secret: Secret

            package init(account: String, secret: Secret) {
                self.account = account
                self.secret = secret
            }
        }

        /// Paths of PEM files.
        package struct Certificate: Sendable, Equatable {
            package var certificate: String
            package var key: String

            package init(certificate: String, key: String) {
                self.certificate = certificate
                self.key = key
            }
        }

        /// The only mechanism to use; nil for the strongest that the server offers.
        package var mechanism: Mechanism?
        package var password: Password?
        package var certificate: Certificate?

        package init(mechanism: Mechanism?, password: Password?, certificate: Certificate? = nil) {
            self.mechanism = mechanism
            self.password = password
            self.certificate = certificate
        }

        /// By account and password; without `mechanism`, as strongly as the server offers.
        package static func password(account: String, _ secret: Secret, mechanism: Mechanism? = nil) -> Self {
            Self(mechanism: mechanism, password: Password(account: account, secret: secret))
        }

        package static func plain(account: String, password: Secret) -> Self {
            .password(account: account, password, mechanism: .plain)
        }

        package static func external(certificate: String, key: String) -> Self {
            Self(
                mechanism: .external, password: nil, certificate: Certificate(certificate: certificate, key: key))
        }

        /// The mechanisms that the settings allow, strongest first.
        package var mechanisms: [Mechanism] {
            if let mechanism = self.mechanism { return [mechanism] }
            return Mechanism.allCases.filter { ($0 == .external ? self.certificate != nil : self.password != nil) }
        }
    }
}
