/// Why a call of GitHub failed. The message is one line: what failed, why, and what to do.
package struct GitHubError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The token expired or was revoked, or is missing.
        case unauthorized
        /// The token lacks a scope or permission; see ``missing``.
        case missingScope
        /// The organisation wants the token authorised for its single sign-on; see ``url``.
        case ssoRequired
        case forbidden
        /// It does not exist, or the token may not see it.
        case notFound
        /// The hour's requests are used up; see ``until``.
        case rateLimited
        /// Too many requests in a short time; see ``until``.
        case secondaryLimit
        /// Somebody else was faster: a head that moved, a file that changed.
        case conflict
        case alreadyExists
        case validation
        /// A protected branch or a rule of the repository.
        case ruleViolation
        /// GitHub found a secret in what was to be written.
        case pushProtection
        /// Blocked for legal reasons or by GitHub.
        case blocked
        case gone
        case emptyRepository
        case unreachable
        /// GitHub itself failed.
        case unavailable
        /// Something other than the API answered, or the answer makes no sense.
        case badAnswer
        case tooLarge
        /// The server has no such call.
        case unsupported
        /// The call itself is wrong; nothing was sent.
        case invalidRequest
        /// Too many calls wait already.
        case busy
    }

    package let code: Code
    package let message: String
    package var status: Int?
    /// When a limit ends, in seconds since 1970.
    package var until: Int64?
    /// The scopes or permissions that the token lacks.
    package var missing: [String] = []
    /// The page on which a person has to act.
    package var url: String?
    /// Whether the change may have been carried out although it failed: look before repeating it.
    package var mayHaveHappened = false

    package init(
        _ code: Code, _ message: String, status: Int? = nil, until: Int64? = nil, missing: [String] = [],
        url: String? = nil, mayHaveHappened: Bool = false
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.until = until
        self.missing = missing
        self.url = url
        self.mayHaveHappened = mayHaveHappened
    }

    package var description: String { self.message }

    /// Whether the same call may succeed later without anybody doing anything.
    package var isPassing: Bool {
        switch self.code {
        case .rateLimited, .secondaryLimit, .unreachable, .unavailable, .busy: true
        default: false
        }
    }
}
