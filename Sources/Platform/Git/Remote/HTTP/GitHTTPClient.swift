internal import HTTP
internal import HTTPClient

/// Git's requests by libcurl: 15 seconds to connect, and 60 seconds without a byte end a request.
package final class GitHTTPClient: GitHTTP {
    private let client: HTTPClient

    /// - Parameters:
    ///   - caFile: PEM file of certificate authorities; replaces the system's.
    ///   - idleTimeout: How long a server may be silent.
    package init(caFile: String? = nil, idleTimeout: Duration = .seconds(60)) {
        var settings = HTTPClientSettings()
        settings.caFile = caFile
        settings.idleTimeout = idleTimeout
        // Servers recognise Git by the beginning.
        settings.userAgent = "git/2.0 (jetbridge)"
        self.client = HTTPClient(settings)
    }

    package func send(_ request: GitHTTPRequest) async throws -> GitHTTPResponse {
        let (method, body): (HTTPMethod, HTTPClientRequest.Body) =
            switch request.body {
            case .none: (.get, .none)
            case .bytes(let bytes): (.post, .bytes(bytes))
            case .stream(let next, let ended):
                (
                    .post,
                    .stream(length: nil) { writer in
                        defer { ended() }
                        while let bytes = try await next() { try await writer.write(bytes) }
                    }
                )
            }
        do {
            let response = try await self.client.execute(
                HTTPClientRequest(method, request.url, headers: request.headers, body: body))
            let bytes = response.body
            return GitHTTPResponse(status: response.status.code, headers: response.headers) {
                do {
                    var iterator = bytes.makeAsyncIterator()
                    return try await iterator.next()
                } catch let error as HTTPClientError {
                    throw Self.error(error)
                }
            }
        } catch let error as HTTPClientError {
            throw Self.error(error)
        }
    }

    private static func error(_ error: HTTPClientError) -> GitError {
        let remedy =
            if error.code.isCertificate {
                "correct the server's certificate, or name its authority's file"
            } else if error.code == .badCertificateFile {
                "name a PEM file of certificate authorities that can be read"
            } else if error.code == .resolve {
                "check the address"
            } else {
                "check that the server runs, and try again"
            }
        return GitError(.unreachable, "the Git server can't be reached (\(error.message)): \(remedy)")
    }
}
