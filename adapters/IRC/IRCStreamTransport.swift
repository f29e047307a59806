internal import HTTPClient

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

    private struct Connection: IRCConnection {
        let stream: StreamConnection

        func read() async throws -> [UInt8]? {
            try await IRCStreamTransport.translating { try await self.stream.read() }
        }

        func write(_ bytes: [UInt8]) async throws {
            try await IRCStreamTransport.translating { try await self.stream.write(bytes) }
        }

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
