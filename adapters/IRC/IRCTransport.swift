internal import HTTPClient
package import Primitives

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
    /// Lets ``read()`` return nil from now on; what has not been read stays in the socket.
    func endReading()
    /// A copy of the socket, for another program.
    func copyOfSocket() async -> FileDescriptor?
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

/// TCP and TLS through ``StreamConnection``, which always verifies the server.
package struct IRCStreamTransport: IRCTransport {
    private let timeout: Duration

    package init(timeout: Duration = .seconds(20)) {
        self.timeout = timeout
    }

    package func connect(to endpoint: IRCEndpoint) async throws -> any IRCConnection {
        let tls: TLSSettings? =
            switch endpoint.tls {
            case .none: nil
            case .verify(let caFile):
                TLSSettings(caFile: caFile, clientCertificate: endpoint.certificate, clientKey: endpoint.key)
            }
        return try await Self.translating {
            Connection(
                stream: try await StreamConnection.connect(
                    host: endpoint.host, port: endpoint.port, tls: tls, timeout: self.timeout))
        }
    }

    /// Goes on with the connection of another program, without TLS.
    static func resume(_ socket: consuming FileDescriptor) async throws -> any IRCConnection {
        Connection(stream: try await StreamConnection.resume(socket))
    }

    private struct Connection: IRCConnection {
        let stream: StreamConnection

        func read() async throws -> [UInt8]? {
            try await IRCStreamTransport.translating { try await self.stream.read() }
        }

        func write(_ bytes: [UInt8]) async throws {
            try await IRCStreamTransport.translating { try await self.stream.write(bytes) }
        }

        func endReading() { self.stream.endReading() }

        func copyOfSocket() async -> FileDescriptor? { await self.stream.copyOfSocket() }

        func close() { self.stream.close() }
    }

    private static func translating<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as HTTPClientError {
            let isCertificate = error.code.isCertificate || error.code == .badCertificateFile
            throw IRCTransportError(isCertificate ? .certificate : .network, error.message)
        }
    }
}
