internal import HTTP
package import HTTPClient

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
