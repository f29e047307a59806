package import Git

/// Why a repository could not be used.
package struct RepositoryError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// No repository with that name is configured, or none at all.
        case unknown
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

    /// Threads show the message, so it must not contain the server's `path`: the name identifies the repository.
    init(_ repository: String, at path: String, _ error: GitError) {
        let message = error.message.replacing("the repository \(path)", with: "the repository")
            .replacing(path, with: "its folder")
        self.init(.git(error.code), "repository \(repository): \(message)")
    }

    package var description: String { self.message }
}
