/// Why a repository did not do what was asked.
package struct GitError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Nothing at the path, or no repository.
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
        /// HEAD names no branch.
        case detached
        /// A merge, rebase or the like was begun and not ended.
        case unfinished
        /// Another program holds a lock.
        case locked
        /// The branch is not where it was expected to be.
        case conflict
        /// The branch exists already.
        case exists
        /// No such commit, branch, file.
        case notFound
        /// The name can't be used in a repository.
        case invalidName
        /// The branch is checked out and its files were changed.
        case dirtyWorkTree
        /// Larger than the caller wants.
        case tooLarge
        /// The commit would change nothing.
        case unchanged
        case corrupt
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
}
