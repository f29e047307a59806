internal import EventLoop
package import HTTP
package import JSON

/// What a handler answers. The server adds `Date`, the framing headers and `Connection`; those that a handler sets are
/// ignored, save `Connection: close`, and `Content-Length` for a stream or a bodiless answer.
package struct HTTPServerResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Written piece by piece on the pool; each write is flushed. With a `Content-Length` header exactly as many
        /// bytes must be written, without one the answer is chunked. Not called for HEAD.
        case stream(@concurrent @Sendable (ResponseWriter) async throws -> Void)
        /// Like `stream`, on the loop: for short steps without a hop, such as a proxy's.
        case streamOnLoop(@Net @Sendable (ResponseWriter) async throws -> Void)
        /// Like `stream`, but asked for, without a task. The source belongs to the loop.
        case source(any ResponseSource)
        /// No HTTP answer: the closure gets the connection and writes what it wants, first of all the 101. Only for a
        /// request that asked for an upgrade and has no body.
        case upgrade(@concurrent @Sendable (ConnectionHandover) async -> Void)
    }

    package var status: HTTPStatus
    package var headers: HTTPHeaders
    package var body: Body

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
