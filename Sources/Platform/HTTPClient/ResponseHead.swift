package import HTTP

/// The status line and the headers of a response.
package struct ResponseHead: Sendable {
    package let status: HTTPStatus
    /// As in the status line: `1.1`, `1.0` or `2`.
    package let version: String
    package let headers: HTTPHeaders
}
