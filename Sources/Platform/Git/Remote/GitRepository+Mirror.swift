internal import CGit2
internal import Glibc

// A mirror: a bare repository whose branches are those of a server.
extension GitRepository {
    /// Creates an empty mirror at the path, including parent directories, unless it exists.
    package func createMirror() throws(GitError) {
        do throws(GitError) {
            unsafe git_repository_free(try self.open())
            return
        } catch  where error.code == .notARepository || PathKind.isAbsentOrEmpty(self.path) {}
        try Self.createMirror(self.path)
    }

    /// Removes partial packs, drafts of objects and locks left by a killed fetch. Only for a mirror: no other process writes
    /// there, and this one's writers run on this actor, except for the one fetch, which has not begun.
    func removeLeftovers() throws(GitError) {
        let packs = self.path + "/objects/pack"
        for name in Self.names(in: packs) where name.hasPrefix("pack_git2_") || name.hasSuffix(".lock") {
            unsafe unlink("\(packs)/\(name)")
        }
        let objects = self.path + "/objects"
        for name in Self.names(in: objects) where name.hasPrefix("tmp_object") { unsafe unlink("\(objects)/\(name)") }
        for name in ["HEAD.lock", "packed-refs.lock", "config.lock"] { unsafe unlink("\(self.path)/\(name)") }
        for folder in ["/refs/heads", "/refs/jetbridge"] { Self.removeLocks(in: self.path + folder) { _ in true } }
    }

    static func names(in folder: String) -> [String] { FolderTree.names(in: folder, limit: 100_000) }

    // MARK: References

    /// The branches and private references, and what HEAD names. Any thread.
    static func references(at path: String) throws(GitError) -> GitServerReferences {
        let repository = try unsafe GitLibrary.open(path, "the mirror \(path)")
        defer { unsafe git_repository_free(repository) }
        let iterator = try unsafe GitLibrary.make("the mirror's references") {
            unsafe git_reference_iterator_new($0, repository)
        }
        defer { unsafe git_reference_iterator_free(iterator) }
        var found = GitServerReferences()
        while true {
            var reference: OpaquePointer?
            let status = unsafe git_reference_next(&reference, iterator)
            if git_error_code(status) == GIT_ITEROVER { break }
            try GitLibrary.check(status, "the mirror's references")
            defer { unsafe git_reference_free(reference) }
            guard let name = unsafe git_reference_name(reference), let id = unsafe git_reference_target(reference)
            else { continue }
            unsafe found.ids[String(cString: name)] = GitObjectID(id.pointee)
        }
        var head: OpaquePointer?
        if unsafe git_reference_lookup(&head, repository, "HEAD") == 0 {
            found.headTarget = unsafe git_reference_symbolic_target(head).map { unsafe String(cString: $0) }
            unsafe git_reference_free(head)
        }
        return found
    }

    /// The commit at a reference, in full.
    func commitID(at reference: String) throws(GitError) -> GitObjectID {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        var id = git_oid()
        try GitLibrary.check(
            unsafe git_reference_name_to_id(&id, repository, reference), GitName.printable(reference))
        return GitObjectID(id)
    }

    /// Changes the mirror's references after everything has arrived.
    nonisolated func apply(_ plan: GitFetchPlan) async throws(GitError) {
        // In batches, because each change waits for the disk and commits of other repositories wait for the thread.
        var rest = plan.changes[...]
        while !rest.isEmpty {
            try await self.apply(Array(rest.prefix(16)))
            rest = rest.dropFirst(16)
        }
        if let head = plan.head { try await self.point(head: head) }
    }

    private func apply(_ changes: [GitFetched.Change]) throws(GitError) {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        for change in changes {
            if let new = change.new, change.name.hasPrefix(GitServerReferences.branchPrefix) {
                // A branch can name nothing but a commit.
                unsafe git_commit_free(try self.commitHandle(new, repository))
            }
            try unsafe GitLibrary.setReference(
                change.name, to: change.new, in: repository, GitName.printable(change.name))
        }
    }

    private func point(head branch: String) throws(GitError) {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        var reference: OpaquePointer?
        defer { unsafe git_reference_free(reference) }
        try GitLibrary.check(
            unsafe git_reference_symbolic_create(
                &reference, repository, "HEAD", GitServerReferences.branchPrefix + branch, 1, nil), "HEAD")
    }

    /// The server has accepted a push. Changes nothing if a fetch has already moved the branch.
    func accepted(_ branch: String, from old: GitObjectID?, to new: GitObjectID) throws(GitError) {
        guard try self.tip(of: branch) == old else { return }
        try self.apply([.init(name: GitServerReferences.branchPrefix + branch, old: old, new: new)])
    }
}
