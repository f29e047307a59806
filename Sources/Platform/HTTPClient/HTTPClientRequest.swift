package import HTTP

/// A request to send. The URL's path and query are sent unmodified.
package struct HTTPClientRequest: Sendable {
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// The closure's output, sent no faster than the server accepts it; chunked if the length is `nil`. An error
        /// thrown by the closure ends the exchange and becomes its error.
        case stream(length: Int?, @Sendable (HTTPRequestBodyWriter) async throws -> Void)
    }

    package var method: HTTPMethod
    package var url: HTTPURL
    /// Sent in this order. The client sets connection headers (`Connection`, `Content-Length`, `Transfer-Encoding`,
    /// `Expect`, …) itself and ignores them here.
    package var headers: HTTPHeaders
    package var body: Body
    /// Overrides the client's.
    package var idleTimeout: Duration?
    /// Overrides the client's.
    package var totalTimeout: Duration?
    /// Whether the response is a long stream of small pieces, for which a small receive buffer saves memory.
    package var isTrickle = false
    /// Signs the request; nil for none.
    package var signature: AWSSignature?

    package init(
        _ method: HTTPMethod = .get, _ url: HTTPURL, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}
