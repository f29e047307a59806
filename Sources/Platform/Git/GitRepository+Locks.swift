internal import CGit2
internal import Glibc

extension GitRepository {
    /// The locks that keep a commit on `branch` from being made.
    package func locks(on branch: String) throws(GitError) -> [GitLock] {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        return unsafe self.heldLocks(branch, repository)
    }

    /// Removes the locks of branches that `isOwn` names: a killed program leaves them for ever. Only for branches that no
    /// other program makes, and while this one makes none.
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
