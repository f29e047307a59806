internal import CGit2

// References that only Jetbridge uses. They are not branches: `git push` and `git clone` skip them.
extension GitRepository {
    /// The prefix of every private reference.
    package static let privatePrefix = "refs/jetbridge/"

    /// Creates a commit of a tree with the message, the people and the trailers of `change`, and stores it at a private
    /// reference, replacing any previous commit there. Moves no branch.
    package func keep(
        tree: GitObjectID, parent: GitObjectID, as change: GitChange, at reference: String
    ) throws(GitError) -> GitObjectID {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let id = try unsafe self.writeCommit(
            tree: tree.raw, parents: [parent], author: change.author, committer: change.committer,
            message: change.fullMessage, repository)
        try unsafe self.setPrivate(reference, to: id, repository)
        return id
    }

    /// Sets a branch of a mirror to the commit that the server's branch has; nil if the server has no such branch. Does
    /// not touch a work tree: a mirror has none.
    package func setBranch(_ branch: String, to id: GitObjectID?) throws(GitError) {
        try GitName.checkBranch(branch)
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        try unsafe GitLibrary.setReference("refs/heads/" + branch, to: id, in: repository, "the branch \(branch)")
    }

    func setPrivate(_ reference: String, to id: GitObjectID, _ repository: OpaquePointer) throws(GitError) {
        try unsafe GitLibrary.setReference(
            Self.privatePrefix + reference, to: id, in: repository, "the private reference \(reference)")
    }

    /// The commit at a private reference.
    package func kept(at reference: String) throws(GitError) -> GitCommit? {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        var id = git_oid()
        let status = unsafe git_reference_name_to_id(&id, repository, Self.privatePrefix + reference)
        if git_error_code(status) == GIT_ENOTFOUND { return nil }
        try GitLibrary.check(status, "the private reference \(reference)")
        return try unsafe self.read(GitObjectID(id), repository)
    }

    /// Removes a private reference if it exists and refers to this commit.
    package func drop(_ reference: String, at id: GitObjectID? = nil) throws(GitError) {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        var handle: OpaquePointer?
        let status = unsafe git_reference_lookup(&handle, repository, Self.privatePrefix + reference)
        if git_error_code(status) == GIT_ENOTFOUND { return }
        try GitLibrary.check(status, "the private reference \(reference)")
        defer { unsafe git_reference_free(handle) }
        if let id {
            guard let target = unsafe git_reference_target(handle), unsafe GitObjectID(target.pointee) == id else {
                return
            }
        }
        try unsafe GitLibrary.check(git_reference_delete(handle), "the private reference \(reference)")
    }
}
