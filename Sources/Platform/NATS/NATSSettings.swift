package import Primitives

/// How to reach a NATS server.
package struct NATSSettings: Sendable {
    package enum Credentials: Sendable {
        case none
        case token(Secret)
        case user(String, password: Secret)
        /// A file with a user's JWT and seed, read at each connection.
        case file(String)
    }

    /// `nats://HOST:PORT` or, with TLS, `tls://HOST:PORT`; with several, one that answers is used.
    package var servers: [String]
    package var credentials = Credentials.none
    /// Trusted in addition to the system's certificates; implies TLS.
    package var caFile: String?
    /// Shown in the server's monitoring.
    package var name = "jetbridge"

    /// For the name, the TCP connection, and the server's first answer.
    package var connectTimeout = Duration.seconds(2)
    /// A server that has left `unansweredPings` pings unanswered is given up at the next one, so after 1.5 to 2 s.
    package var pingInterval = Duration.milliseconds(500)
    package var unansweredPings = 3
    /// Between two attempts to connect. The wait is between half and the whole of it, so that hosts do not come back
    /// all at once.
    package var reconnectWait = Duration.milliseconds(500)

    /// Limits of what waits for the thread that writes to the socket.
    package var outboxMessages = 8_192
    package var outboxBytes = 16 << 20

    package init(servers: [String]) {
        self.servers = servers
    }

    var hasTLS: Bool { self.caFile != nil || self.servers.contains { $0.hasPrefix("tls://") } }
}
