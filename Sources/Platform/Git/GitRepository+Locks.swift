internal import CGit2

extension GitRepository {
    /// The locks that keep a commit on `branch` from being made.
    package func locks(on branch: String) throws(GitError) -> [GitLock] {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        return unsafe self.heldLocks(branch, repository)
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
