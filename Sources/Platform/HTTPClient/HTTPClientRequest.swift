package import HTTP

/// A request as it is to be sent. The path and query of the URL go out untouched.
package struct HTTPClientRequest: Sendable {
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// What the closure writes, no faster than the server takes it; without a length it is sent in chunks. What the
        /// closure throws ends the exchange and is the error of it.
        case stream(length: Int?, @Sendable (HTTPRequestBodyWriter) async throws -> Void)
    }

    package var method: HTTPMethod
    package var url: HTTPURL
    /// In this order. What belongs to the connection (`Connection`, `Content-Length`, `Transfer-Encoding`, `Expect`, …) is
    /// this client's to say and left out.
    package var headers: HTTPHeaders
    package var body: Body
    /// Instead of the client's, when set.
    package var idleTimeout: Duration?
    /// Instead of the client's, when set.
    package var totalTimeout: Duration?
    /// The response is a stream of small pieces over a long time: it is received through a small buffer.
    package var isTrickle = false

    package init(
        _ method: HTTPMethod = .get, _ url: HTTPURL, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}
