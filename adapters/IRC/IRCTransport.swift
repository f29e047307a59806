/// Makes connections: the seam between the adapter and the network.
package protocol IRCTransport: Sendable {
    /// Connects, with the TLS handshake where one is asked for. Throws an ``IRCTransportError`` or `CancellationError`.
    func connect(to endpoint: IRCEndpoint) async throws -> any IRCConnection
}

/// One connection. One task may read while another one writes.
package protocol IRCConnection: Sendable {
    /// The next bytes; nil at the end or after ``close()``.
    func read() async throws -> [UInt8]?
    /// Sends all of them, waiting for room.
    func write(_ bytes: [UInt8]) async throws
    /// Closes at once.
    func close()
}

/// Where to connect to, and how.
package struct IRCEndpoint: Sendable, Equatable {
    package var host: String
    package var port: Int
    package var tls: IRCSettings.TLS
    /// PEM files of the certificate that the connection shows (SASL EXTERNAL).
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

/// Why there is no connection, or no longer one.
package struct IRCTransportError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// The server's identity or our own certificate is the trouble: waiting mends nothing.
        case certificate
        /// Everything else.
        case network
    }

    package let code: Code
    /// One line: what failed with whom, and why.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
