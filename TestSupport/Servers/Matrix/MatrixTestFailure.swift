/// Why a test's Matrix server, or a person on it, could not perform a request.
package struct MatrixTestFailure: Error, CustomStringConvertible {
    /// What failed, with the server's message.
    package let description: String
    /// The response's status; nil without a response.
    package let status: Int?
    /// `M_…`, if the response had one.
    package let code: String?
    /// In milliseconds, if the server sent it.
    package let retryAfter: Int?

    init(_ description: String, status: Int? = nil, code: String? = nil, retryAfter: Int? = nil) {
        self.description = description
        self.status = status
        self.code = code
        self.retryAfter = retryAfter
    }
}
