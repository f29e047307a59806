internal import HTTP
package import Primitives

/// How to reach a NATS server.
package struct NATSSettings: Sendable {
    /// `nats://HOST:PORT` or, with TLS, `tls://HOST:PORT`; with several, they are tried in turn.
    package var servers: [String]
    /// A token, `USER:PASSWORD`, an nkey's seed (`SU…`), or the contents of a `.creds` file.
    package var credentials: Secret?
    /// Trusted in addition to the system's certificates; implies TLS.
    package var caFile: String?
    /// Shown in the server's monitoring.
    package var name = "jetbridge"

    /// For the name, the TCP connection, TLS and the sign-in together.
    package var connectTimeout = Duration.seconds(2)
    /// A server that has left `unansweredPings` pings unanswered is given up at the next one, so after 1.5 to 2 s.
    package var pingInterval = Duration.milliseconds(500)
    package var unansweredPings = 3
    /// Between two attempts to connect. The wait is between half and the whole of it, so that hosts do not come back
    /// all at once.
    package var reconnectWait = Duration.milliseconds(500)
    /// The limit of what waits to be written.
    package var outputLimit = 8 << 20

    package init(servers: [String]) {
        self.servers = servers
    }

    /// Throws if a server's address or the credentials make no sense.
    package func validate() throws(NATSError) { _ = try self.validated() }

    func validated() throws(NATSError) -> [NATSAddress] {
        if let credentials = self.credentials { _ = try NATSCredentials(credentials) }
        return try self.servers.map { text throws(NATSError) in try NATSAddress(text) }
    }
}

/// Where a server is: `nats://HOST:PORT` or, with TLS, `tls://HOST:PORT`. The port is 4222 by default.
struct NATSAddress: Sendable, Equatable {
    let host: String
    let port: Int
    let hasTLS: Bool

    init(_ text: String) throws(NATSError) {
        let parts = text.split(separator: "://", maxSplits: 1)
        guard parts.count == 2, parts[0] == "nats" || parts[0] == "tls",
            let authority = try? Authority(parts[1].hasSuffix("/") ? parts[1].dropLast() : parts[1])
        else {
            // Not quoted: it may contain a password.
            throw NATSError(.invalidSettings, "the address of NATS is not nats://HOST:PORT or tls://HOST:PORT")
        }
        self.host = authority.host
        self.port = authority.port ?? 4_222
        self.hasTLS = parts[0] == "tls"
    }
}
