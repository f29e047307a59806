internal import CGit2
internal import Glibc

/// A file with which a program locks part of a repository.
package struct GitLock: Hashable, Sendable {
    /// Relative to the repository's `.git`, such as `index.lock`.
    package let name: String
    /// When it was made, in seconds since 1970.
    package let seconds: Int64

    /// Nil if the file does not exist.
    init?(_ name: String, in folder: String) {
        var facts = stat()
        guard unsafe stat(folder + name, &facts) == 0 else { return nil }
        self.name = name
        self.seconds = GitSignature.bounded(Int64(facts.st_mtim.tv_sec))
    }
}

extension GitRepository {
    /// The locks that prevent a commit on `branch`.
    package func locks(on branch: String) throws(GitError) -> [GitLock] {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        return unsafe self.heldLocks(branch, repository)
    }

    /// Removes the locks that a killed program left on the branches that `isOwn` accepts. Call it only for branches
    /// that no other program writes, and while this one writes none.
    package func removeLocks(ofBranches isOwn: @Sendable (String) -> Bool) throws(GitError) {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        guard let common = unsafe git_repository_commondir(repository) else { return }
        Self.removeLocks(in: unsafe String(cString: common) + "refs/heads", where: isOwn)
    }

    /// - Parameter isRemoved: Gets the reference's name below `folder`.
    static func removeLocks(
        in folder: String, below prefix: String = "", depth: Int = 0, where isRemoved: (String) -> Bool
    ) {
        guard depth < 64 else { return }
        for name in Self.names(in: folder) {
            let path = "\(folder)/\(name)"
            if name.hasSuffix(".lock") {
                if isRemoved(prefix + name.dropLast(5)) { unsafe unlink(path) }
            } else if case .directory = PathKind(path) {
                Self.removeLocks(in: path, below: "\(prefix)\(name)/", depth: depth + 1, where: isRemoved)
            }
        }
    }

    func heldLocks(_ branch: String, _ repository: OpaquePointer) -> [GitLock] {
        guard let own = unsafe git_repository_path(repository), let common = unsafe git_repository_commondir(repository)
        else { return [] }
        let places = unsafe [
            (String(cString: own), "index.lock"), (String(cString: own), "HEAD.lock"),
            (String(cString: common), "refs/heads/\(branch).lock"), (String(cString: common), "packed-refs.lock"),
        ]
        return places.compactMap { GitLock($0.1, in: $0.0) }
    }
}
