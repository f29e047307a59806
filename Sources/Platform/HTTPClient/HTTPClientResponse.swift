package import HTTP

/// A response whose head has arrived; the body may still be in transit.
package struct HTTPClientResponse: Sendable {
    package let status: HTTPStatus
    /// As in the status line: `1.1`, `1.0` or `2`.
    package let version: String
    package let headers: HTTPHeaders
    package let body: HTTPResponseBody
}
