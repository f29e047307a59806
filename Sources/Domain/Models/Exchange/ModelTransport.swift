package import EventLoop
package import HTTP
package import HTTPClient

/// Sends the requests of a model provider: the HTTP client, or a script in tests.
package protocol ModelTransport: Sendable {
    /// Returns once the response's headers have arrived. Cancelling the task or dropping the body ends the transfer at
    /// once. Throws ``HTTPClientError``.
    func send(_ request: TransportRequest) async throws -> TransportResponse
}

/// A request with a small body.
package struct TransportRequest: Sendable {
    package var method: HTTPMethod
    package var url: HTTPURL
    package var headers: HTTPHeaders
    package var body: [UInt8]?
    /// How long the endpoint may be silent.
    package var idleTimeout: Duration
    /// The limit for the whole exchange.
    package var totalTimeout: Duration

    package init(
        _ method: HTTPMethod, _ url: HTTPURL, headers: HTTPHeaders, body: [UInt8]? = nil, idleTimeout: Duration,
        totalTimeout: Duration
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.idleTimeout = idleTimeout
        self.totalTimeout = totalTimeout
    }
}

/// A response whose body is still arriving.
package struct TransportResponse: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    /// The next bytes of the body, nil at its end; without a reader, back-pressure stops the endpoint. Runs on the
    /// loop, where the bytes arrive: small chunks would otherwise spend most of their time switching threads.
    package let next: @Net @Sendable () async throws -> [UInt8]?

    package init(status: Int, headers: HTTPHeaders, next: @escaping @Net @Sendable () async throws -> [UInt8]?) {
        self.status = status
        self.headers = headers
        self.next = next
    }

    /// The body up to `limit` bytes; the rest is left unread.
    @Net package func start(upTo limit: Int) async throws -> [UInt8] {
        var collected: [UInt8] = []
        while collected.count < limit, let bytes = try await self.next() {
            collected += bytes.prefix(limit - collected.count)
        }
        return collected
    }
}

extension HTTPClient: ModelTransport {
    package func send(_ request: TransportRequest) async throws -> TransportResponse {
        var sent = HTTPClientRequest(
            request.method, request.url, headers: request.headers, body: request.body.map { .bytes($0) } ?? .none)
        sent.idleTimeout = request.idleTimeout
        sent.totalTimeout = request.totalTimeout
        sent.isTrickle = true
        let response = try await self.execute(sent)
        let body = response.body
        return TransportResponse(status: response.status.code, headers: response.headers) {
            var iterator = body.makeAsyncIterator()
            return try await iterator.next()
        }
    }
}
