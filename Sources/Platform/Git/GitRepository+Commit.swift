internal import CGit2

/// Where a new commit goes.
package enum CommitTarget: Sendable, Hashable {
    /// The branch moves to it, if nobody else has moved it.
    case branch
    /// A private reference keeps it and the branch does not move: a server has to accept the commit first. The name is
    /// without ``GitRepository/privatePrefix``.
    case kept(String)
}

extension GitRepository {
    /// Creates a commit and moves its branch to it, or throws and leaves the branch unchanged.
    ///
    /// Touches the work tree only if the branch is checked out there: the change's files must then be clean, and are
    /// updated to the new commit. Others may have changes, as with `git commit -- FILES`.
    package func commit(_ change: GitChange, to target: CommitTarget = .branch) throws(GitError) -> GitObjectID {
        try GitName.checkBranch(change.branch)
        for path in change.files.keys { try GitName.checkPath(path) }
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        try unsafe self.checkState(repository)

        let (old, parent) = try unsafe self.base(of: change, repository)
        let tree = try unsafe self.tree(of: change, on: parent, repository)
        let isCheckedOut =
            target == .branch && old != nil ? try unsafe self.isCheckedOut(change.branch, repository) : false
        let paths = isCheckedOut ? Array(change.files.keys) : nil
        if let paths { try unsafe self.checkClean(change.branch, paths, repository) }

        return try unsafe self.publish(tree, parent: parent, old: old, as: change, to: target, paths, repository)
    }

    /// Creates a commit of an existing tree, ignoring the change's files, and moves the branch to it; otherwise as
    /// ``commit(_:)``.
    ///
    /// - Parameter target: Where the commit goes. Only `branch` changes the branch and the work tree.
    package func commit(
        tree: GitObjectID, as change: GitChange, to target: CommitTarget = .branch
    ) throws(GitError) -> GitObjectID {
        try GitName.checkBranch(change.branch)
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        try unsafe self.checkState(repository)
        let (old, parent) = try unsafe self.base(of: change, repository)
        let before = try unsafe self.treeHandle(parent, repository)
        defer { unsafe git_tree_free(before) }
        guard unsafe GitObjectID(git_tree_id(before).pointee) != tree else { throw Self.unchanged(change.branch) }
        var paths: [String]?
        if target == .branch, old != nil, try unsafe self.isCheckedOut(change.branch, repository) {
            let changed = try unsafe self.changedPaths(from: before, to: tree, repository)
            try unsafe self.checkClean(change.branch, changed, repository)
            paths = changed
        }
        return try unsafe self.publish(tree.raw, parent: parent, old: old, as: change, to: target, paths, repository)
    }

    /// Writes the tree of `base` with the change applied. Moves no branch, and does not touch the work tree.
    package func tree(of change: GitChange, on base: GitObjectID) throws(GitError) -> GitObjectID {
        for path in change.files.keys { try GitName.checkPath(path) }
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        return try unsafe GitObjectID(self.tree(of: change, on: base, repository))
    }
}

extension GitRepository {
    /// Creates the commit and moves the branch. `paths`: what to update in the work tree; nil unless the branch is checked
    /// out.
    private func publish(
        _ tree: git_oid, parent: GitObjectID, old: GitObjectID?, as change: GitChange, to target: CommitTarget,
        _ paths: [String]?, _ repository: OpaquePointer
    ) throws(GitError) -> GitObjectID {
        let message = change.fullMessage
        let id = try unsafe self.writeCommit(
            tree: tree, parents: [parent], author: change.author, committer: change.committer, message: message,
            repository)
        // The files first, because updating them can fail.
        if let paths { try unsafe self.update(change.branch, from: parent, to: id, paths, repository) }
        let subject = message.prefix { !$0.isNewline }
        do throws(GitError) {
            try unsafe self.move(
                target, change.branch, from: old, to: id, log: "commit: \(subject)", as: change.committer, repository)
        } catch {
            if let paths { try unsafe self.checkOut(parent, paths: paths, force: true, repository) }
            throw error
        }
        return id
    }
}

extension GitRepository {
    func writeCommit(
        tree: git_oid, parents: [GitObjectID], author: GitSignature, committer: GitSignature, message: String,
        _ repository: OpaquePointer
    ) throws(GitError) -> GitObjectID {
        var treeID = tree
        let tree = try unsafe GitLibrary.make("the tree") { unsafe git_tree_lookup($0, repository, &treeID) }
        defer { unsafe git_tree_free(tree) }
        var parentHandles: [OpaquePointer?] = unsafe []
        defer { unsafe parentHandles.forEach { unsafe git_commit_free($0) } }
        for parent in parents { try unsafe parentHandles.append(self.commitHandle(parent, repository)) }
        let author = try unsafe Self.signature(author)
        defer { unsafe git_signature_free(author) }
        let committer = try unsafe Self.signature(committer)
        defer { unsafe git_signature_free(committer) }
        var id = git_oid()
        let status = unsafe parentHandles.withUnsafeMutableBufferPointer {
            unsafe git_commit_create(
                &id, repository, nil, author, committer, nil, message, tree, $0.count, $0.baseAddress)
        }
        try GitLibrary.check(status, "the commit")
        return GitObjectID(id)
    }

    /// Moves the branch, or keeps the commit at its private reference.
    func move(
        _ target: CommitTarget, _ branch: String, from old: GitObjectID?, to new: GitObjectID, log: String,
        as committer: GitSignature, _ repository: OpaquePointer
    ) throws(GitError) {
        switch target {
        case .branch:
            try unsafe self.moveBranch(branch, from: old, to: new, log: log, as: committer, repository)
        case .kept(let reference):
            try unsafe self.setPrivate(reference, to: new, repository)
        }
    }

    /// Moves a branch if it is at `old`; if `old` is nil, the branch must not exist.
    func moveBranch(
        _ branch: String, from old: GitObjectID?, to new: GitObjectID, log: String, as committer: GitSignature,
        _ repository: OpaquePointer
    ) throws(GitError) {
        let name = "refs/heads/" + branch
        unsafe git_repository_set_ident(repository, committer.name, committer.mail)
        var reference: OpaquePointer?
        defer { unsafe git_reference_free(reference) }
        var id = new.raw
        let status: Int32
        if var expected = old?.raw {
            status = unsafe git_reference_create_matching(&reference, repository, name, &id, 1, &expected, log)
        } else {
            status = unsafe git_reference_create(&reference, repository, name, &id, 0, log)
        }
        try GitLibrary.check(status, "the branch \(branch)")
    }

    private static func signature(_ value: GitSignature) throws(GitError) -> UnsafeMutablePointer<git_signature> {
        var signature: UnsafeMutablePointer<git_signature>?
        let status = unsafe git_signature_new(
            &signature, value.name, value.mail, value.seconds, Int32(clamping: value.offsetMinutes))
        try GitLibrary.check(status, "the signature of \(value.name)")
        guard let signature = unsafe signature else { throw GitLibrary.error(-1, "the signature of \(value.name)") }
        return unsafe signature
    }

    /// The branch's expected commit (nil if the branch must not exist) and the new commit's parent.
    private func base(
        of change: GitChange, _ repository: OpaquePointer
    ) throws(GitError) -> (old: GitObjectID?, parent: GitObjectID) {
        switch change.base {
        case .new(let start):
            var id = git_oid()
            guard unsafe git_reference_name_to_id(&id, repository, "refs/heads/" + change.branch) != 0 else {
                throw GitError(.exists, "the branch \(change.branch) already exists: choose another name")
            }
            return (nil, start)
        case .at(let expected):
            guard try unsafe self.tip(of: change.branch, repository) == expected else {
                throw GitError(
                    .conflict, "the branch \(change.branch) was moved by another program in the meantime: try again")
            }
            return (expected, expected)
        case .tip:
            let tip = try unsafe self.tip(of: change.branch, repository)
            return (tip, tip)
        }
    }

    private func tree(
        of change: GitChange, on parent: GitObjectID, _ repository: OpaquePointer
    ) throws(GitError) -> git_oid {
        let commit = try unsafe self.commitHandle(parent, repository)
        defer { unsafe git_commit_free(commit) }
        let baseline = try unsafe GitLibrary.make("the tree of \(parent.short)") { unsafe git_commit_tree($0, commit) }
        defer { unsafe git_tree_free(baseline) }
        var tree = unsafe git_tree_id(baseline).pointee
        let before = GitObjectID(tree)
        var updates: [git_tree_update] = unsafe []
        var names: [UnsafeMutablePointer<CChar>] = unsafe []
        defer { unsafe names.forEach { unsafe $0.deallocate() } }
        // Sorted, so that libgit2 sees a path and those below it in one pass.
        for (path, content) in change.files.sorted(by: { $0.key < $1.key }) {
            let mode = try unsafe self.mode(of: path, in: baseline, isDeletion: content == nil)
            let name = unsafe GitLibrary.copy(path)
            unsafe names.append(name)
            let blob = if let content { try unsafe self.writeBlob(content, path, repository) } else { git_oid() }
            unsafe updates.append(
                git_tree_update(
                    action: content == nil ? GIT_TREE_UPDATE_REMOVE : GIT_TREE_UPDATE_UPSERT, id: blob,
                    filemode: mode, path: name))
        }
        let status = unsafe git_tree_create_updated(&tree, repository, baseline, updates.count, updates)
        try GitLibrary.check(status, "the tree of the commit")
        guard GitObjectID(tree) != before else { throw Self.unchanged(change.branch) }
        return tree
    }

    private static func unchanged(_ branch: String) -> GitError {
        GitError(.unchanged, "the commit would change nothing on \(branch): nothing to commit")
    }

    private func changedPaths(
        from old: OpaquePointer, to new: GitObjectID, _ repository: OpaquePointer
    ) throws(GitError) -> [String] {
        let tree = try unsafe self.treeHandle(new, repository)
        defer { unsafe git_tree_free(tree) }
        let diff = try unsafe GitLibrary.make("the commit's files") {
            unsafe git_diff_tree_to_tree($0, repository, old, tree, nil)
        }
        defer { unsafe git_diff_free(diff) }
        return unsafe (0..<git_diff_num_deltas(diff)).compactMap { index in
            // Without a search for renames, both sides have the same path.
            guard let path = unsafe git_diff_get_delta(diff, index)?.pointee.new_file.path else { return nil }
            return unsafe String(cString: path)
        }
    }

    /// The file's existing or new mode. Throws if a file and a directory would share a name, and for a link or submodule,
    /// which a file would replace unseen.
    private func mode(
        of path: String, in tree: OpaquePointer, isDeletion: Bool
    ) throws(GitError) -> git_filemode_t {
        let parts = GitName.components(of: path)
        for count in 1..<parts.count where parts.count > 1 {
            let parent = parts.prefix(count).joined(separator: "/")
            guard let mode = unsafe Self.entryMode(parent, in: tree) else { break }
            guard mode == GIT_FILEMODE_TREE else {
                throw GitError(
                    .invalidName, "\(path) can't be written because \(parent) is a file: choose another path")
            }
        }
        switch unsafe Self.entryMode(path, in: tree) {
        case GIT_FILEMODE_TREE?:
            throw GitError(.invalidName, "\(path) is a directory, not a file: choose another path")
        case GIT_FILEMODE_LINK? where !isDeletion:
            throw GitError(
                .invalidName,
                "\(path) is a symbolic link: write to the file that it leads to, or replace the link first")
        case GIT_FILEMODE_COMMIT? where !isDeletion:
            throw GitError(.invalidName, "\(path) is a submodule, not a file: choose another path")
        case GIT_FILEMODE_BLOB_EXECUTABLE?: return GIT_FILEMODE_BLOB_EXECUTABLE
        case nil where isDeletion:
            throw GitError(.notFound, "\(path) can't be deleted because it doesn't exist: check its name")
        default: return GIT_FILEMODE_BLOB
        }
    }

    /// Nil where the tree has nothing.
    static func entryMode(_ path: String, in tree: OpaquePointer) -> git_filemode_t? {
        var entry: OpaquePointer?
        guard unsafe git_tree_entry_bypath(&entry, tree, path) == 0 else { return nil }
        defer { unsafe git_tree_entry_free(entry) }
        return unsafe git_tree_entry_filemode(entry)
    }

    private func writeBlob(
        _ content: [UInt8], _ path: String, _ repository: OpaquePointer
    ) throws(GitError) -> git_oid {
        var id = git_oid()
        let status = unsafe content.withUnsafeBytes {
            unsafe git_blob_create_from_buffer(&id, repository, $0.baseAddress, $0.count)
        }
        try GitLibrary.check(status, "the file \(path)")
        return id
    }
}
