/// Opens connections; tests replace it to act as the server.
package protocol IRCTransport: Sendable {
    /// Connects and completes the TLS handshake, if any. Throws an ``IRCTransportError`` or `CancellationError`.
    func connect(to endpoint: IRCEndpoint) async throws -> any IRCConnection
}

/// One connection. One task may read while another writes.
package protocol IRCConnection: Sendable {
    /// The next bytes; nil at the end or after ``close()``.
    func read() async throws -> [UInt8]?
    /// Writes all bytes, waiting while the connection is congested.
    func write(_ bytes: [UInt8]) async throws
    /// Closes immediately.
    func close()
}

/// Where and how to connect.
package struct IRCEndpoint: Sendable, Equatable {
    package var host: String
    package var port: Int
    package var tls: IRCSettings.TLS
    /// Paths of the client certificate and its key, as PEM files (SASL EXTERNAL).
    package var certificate: String?
    package var key: String?

    package init(host: String, port: Int, tls: IRCSettings.TLS, certificate: String? = nil, key: String? = nil) {
        self.host = host
        self.port = port
        self.tls = tls
        self.certificate = certificate
        self.key = key
    }
}

/// Why a connection failed or broke.
package struct IRCTransportError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// The server's certificate or ours is not accepted; retrying does not help.
        case certificate
        case network
    }

    package let code: Code
    /// One line: what failed, with which peer, and why.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
