internal import EventLoop
package import HTTP
package import JSON

/// A handler's response. The server adds `Date`, the framing headers and `Connection`, and ignores a handler's own,
/// except `Connection: close`, and `Content-Length` for a stream or a bodiless response.
package struct HTTPServerResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Written piece by piece on the pool; each write is flushed. With a `Content-Length` header exactly that many
        /// bytes must be written; without one the response is chunked. Not called for HEAD.
        case stream(@concurrent @Sendable (ResponseWriter) async throws -> Void)
        /// Like `stream`, on the loop; for short steps without a hop, such as a proxy's.
        case streamOnLoop(@Net @Sendable (ResponseWriter) async throws -> Void)
        /// Like `stream`, but pulled from a source on the loop, without a task.
        case source(any ResponseSource)
        /// Hands the raw connection to the closure, which must write the 101 itself. Only for an upgrade request
        /// without a body.
        case upgrade(@concurrent @Sendable (ConnectionHandover) async -> Void)
    }

    package var status: HTTPStatus
    package var headers: HTTPHeaders
    package var body: Body
    /// Held until the client has got the response, or has left.
    package var share: RequestShare?

    package init(_ status: HTTPStatus = .ok, headers: HTTPHeaders = HTTPHeaders(), body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package init(_ status: HTTPStatus = .ok, _ type: MediaType, bytes: [UInt8]) {
        self.init(status, headers: ["Content-Type": type.description], body: .bytes(bytes))
    }

    package static func text(_ text: String, _ status: HTTPStatus = .ok) -> HTTPServerResponse {
        HTTPServerResponse(status, .plain, bytes: Array(text.utf8))
    }

    package static func html(_ text: String, _ status: HTTPStatus = .ok) -> HTTPServerResponse {
        HTTPServerResponse(status, .html, bytes: Array(text.utf8))
    }

    package static func json(_ value: JSON, _ status: HTTPStatus = .ok) -> HTTPServerResponse {
        HTTPServerResponse(status, .json, bytes: value.bytes)
    }

    /// `application/problem+json` (RFC 9457).
    package static func problem(_ problem: HTTPProblem) -> HTTPServerResponse {
        var response = HTTPServerResponse(problem.status, .problem, bytes: problem.document.bytes)
        for (name, value) in problem.headers { response.headers.append(name, value) }
        return response
    }

    /// Hands the connection over; see ``Body/upgrade(_:)``.
    package static func upgrade(
        _ body: @escaping @concurrent @Sendable (ConnectionHandover) async -> Void
    ) -> HTTPServerResponse {
        HTTPServerResponse(.switchingProtocols, body: .upgrade(body))
    }
}

/// Writes a streamed response. Each write is flushed.
package final class ResponseWriter: Sendable {
    private let connection: HTTPConnection
    private let exchange: Exchange

    init(connection: HTTPConnection, exchange: Exchange) {
        self.connection = connection
        self.exchange = exchange
    }

    /// Sends bytes, and waits while the unsent bytes exceed the high-water mark because the client reads slowly.
    ///
    /// Throws ``HTTPServerError`` with `clientGone` if the client has left, or with `invalidResponse` for more bytes
    /// than the response's Content-Length; `CancellationError` if the task is cancelled.
    package func write(_ bytes: [UInt8]) async throws {
        try await self.connection.write(bytes, for: self.exchange)
    }

    package func write(_ text: String) async throws {
        try await self.write(Array(text.utf8))
    }
}
