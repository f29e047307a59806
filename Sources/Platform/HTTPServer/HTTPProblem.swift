package import HTTP
package import JSON

/// An error that a handler throws or returns: `application/problem+json` (RFC 9457).
package struct HTTPProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package let status: HTTPStatus
    package let title: String
    /// What happened and what to do, for people.
    package let detail: String
    /// Such as `Retry-After` or `Allow`.
    package let headers: [String: String]

    /// The title defaults to the status's reason phrase.
    package init(_ status: HTTPStatus, _ detail: String, title: String? = nil, headers: [String: String] = [:]) {
        self.status = status
        self.title = title ?? status.reason
        self.detail = detail
        self.headers = headers
    }

    package var description: String { "\(self.status.code) \(self.title): \(self.detail)" }

    package var document: JSON {
        [
            "type": "about:blank", "title": .string(self.title), "status": .integer(Int64(self.status.code)),
            "detail": .string(self.detail),
        ]
    }
}
