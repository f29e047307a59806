package import Git

/// Why a repository did not serve.
package struct RepositoryError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// No repository of that name is configured, or none at all.
        case unknown
        /// It is not on this machine.
        case notLocal
        /// A document is too large or its name is not allowed.
        case invalidDocument
        case git(GitError.Code)
    }

    package let code: Code
    /// One line: what failed, why, what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ repository: String, _ error: GitError) {
        self.init(.git(error.code), "repository \(repository): \(error.message)")
    }

    package var description: String { self.message }
}
