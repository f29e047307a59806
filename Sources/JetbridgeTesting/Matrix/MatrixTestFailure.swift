/// Why a test's Matrix server, or somebody on it, could not do what was asked.
package struct MatrixTestFailure: Error, CustomStringConvertible {
    /// What failed, with what the server said.
    package let description: String
    /// The status of an answer; nil when there was none.
    package let status: Int?
    /// `M_…`, where there was one.
    package let code: String?
    /// Milliseconds, where the server said so.
    package let retryAfter: Int?

    init(_ description: String, status: Int? = nil, code: String? = nil, retryAfter: Int? = nil) {
        self.description = description
        self.status = status
        self.code = code
        self.retryAfter = retryAfter
    }
}
