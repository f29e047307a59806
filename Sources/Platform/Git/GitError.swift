/// Why a repository operation failed.
package struct GitError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The path does not exist or is not a repository.
        case notARepository
        /// The path, or a directory above it, is a file.
        case pathIsFile
        /// No permission, or a read-only file system.
        case notWritable
        case diskFull
        /// The repository belongs to another user of the machine.
        case foreignOwner
        /// The branch has no commit yet.
        case unborn
        /// HEAD does not name a branch.
        case detached
        /// A merge, rebase or similar operation is unfinished.
        case unfinished
        /// Another program holds a lock.
        case locked
        /// The branch is not where it was expected to be.
        case conflict
        /// The branch already exists.
        case exists
        /// No such commit, branch or file.
        case notFound
        /// The name can't be used in a repository.
        case invalidName
        /// Git would run a program over a file's content, which is not done here.
        case needsFilter
        /// The branch is checked out and its files have changes.
        case dirtyWorkTree
        /// Larger than the caller's limit.
        case tooLarge
        /// The commit would change nothing.
        case unchanged
        /// The server can't be reached, took too long, or can't answer now.
        case unreachable
        /// The server refused the credentials, or demands some.
        case unauthorised
        /// The server knows who asks, and does not allow it; or it does not say whether the repository exists.
        case forbidden
        /// The server's rules forbid the push.
        case rejected
        case corrupt
        /// The task was cancelled.
        case cancelled
        case failed
    }

    package let code: Code
    /// One line: what failed, why, what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }

    static let cancelled = GitError(.cancelled, "it was cancelled")
}
