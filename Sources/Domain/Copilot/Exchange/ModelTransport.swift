internal import EventLoop
package import HTTP

/// Sends one request of a model provider. The real one is the HTTP client; tests play bytes.
package protocol ModelTransport: Sendable {
    /// Returns once the response's head has come. Cancelling the task, or letting the body go, ends the transfer at
    /// once. Throws ``HTTPClientError``.
    func send(_ request: TransportRequest) async throws -> TransportResponse
}

/// A request with a small body.
package struct TransportRequest: Sendable {
    package var method: HTTPMethod
    package var url: HTTPURL
    package var headers: HTTPHeaders
    /// Nil for none.
    package var body: [UInt8]?
    /// How long the endpoint may be silent.
    package var idleTimeout: Duration
    /// How long the whole exchange may take.
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

/// A response whose body is still on its way.
package struct TransportResponse: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    /// The next bytes of the body, nil at its end; the endpoint is held back while nobody asks. On the loop, where the
    /// bytes arrive: a stream of small chunks would spend most of its time on the way to another thread and back.
    package let next: @Net @Sendable () async throws -> [UInt8]?

    package init(status: Int, headers: HTTPHeaders, next: @escaping @Net @Sendable () async throws -> [UInt8]?) {
        self.status = status
        self.headers = headers
        self.next = next
    }

    /// The body up to `limit` bytes; the rest is left unread.
    @Net func start(upTo limit: Int) async throws -> [UInt8] {
        var collected: [UInt8] = []
        while collected.count < limit, let bytes = try await self.next() {
            collected += bytes.prefix(limit - collected.count)
        }
        return collected
    }
}
