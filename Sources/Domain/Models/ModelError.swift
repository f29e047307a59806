/// Why a model gave no complete answer.
package struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case unauthorized, rateLimited, unavailable, unreachable, timedOut, interrupted, invalidResponse, tooLong
        case refused, unknownModel
        /// The prompt has data of a class that the model may not get.
        case classified
        /// A part of the answer was lost, because an event of the stream could not be read.
        case malformed
        /// The endpoint sent a part of an answer that is too large to keep.
        case oversized
        /// A content filter blocked the question or the answer.
        case filtered
    }
    package let code: Code
    /// One line for people: what failed, why, what to do. Contains no secret.
    package let message: String
    package let retryAfter: Duration?
    /// The HTTP status of the endpoint's response, if there was one.
    package let status: Int?
    /// With ``Code/tooLong``: the endpoint's input limit in tokens, if it gave one.
    package let inputLimit: Int?
    /// With ``Code/interrupted``: the endpoint's own reason; nil when the connection just broke. With
    /// ``Code/oversized``: what was too large, as a clause.
    package let cause: String?

    package init(
        _ code: Code, _ message: String, retryAfter: Duration? = nil, status: Int? = nil, inputLimit: Int? = nil,
        cause: String? = nil
    ) {
        self.cause = cause
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
        self.status = status
        self.inputLimit = inputLimit
    }

    package var description: String { self.message }

    /// Whether another model may answer instead: the endpoint is busy, fails or cannot be reached, which says nothing
    /// about the question, the account or the configuration.
    package var letsOthersAnswer: Bool {
        switch self.code {
        case .rateLimited, .unreachable: true
        // Without a status, the connection broke.
        case .unavailable: self.status.map { $0 >= 500 } ?? true
        default: false
        }
    }

    /// Whether the same question would fail again.
    package var isAboutContent: Bool { self.code == .filtered || self.code == .tooLong }
}
