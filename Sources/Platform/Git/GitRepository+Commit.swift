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
        try self.commit(nil, as: change, to: target)
    }

    /// Creates a commit of an existing tree, ignoring the change's files, and moves the branch to it; otherwise as
    /// ``commit(_:)``.
    ///
    /// - Parameter target: Where the commit goes. Only `branch` changes the branch and the work tree.
    package func commit(
        tree: GitObjectID, as change: GitChange, to target: CommitTarget = .branch
    ) throws(GitError) -> GitObjectID {
        try self.commit(tree, as: change, to: target)
    }

    /// Merges `other`, whose merged tree is `tree`, into the change's branch: the branch moves to `other` where its own
    /// commit is in that history, else to a commit with both as parents. Otherwise as ``commit(_:)``.
    package func merge(
        _ other: GitObjectID, tree: GitObjectID, as change: GitChange
    ) throws(GitError) -> GitObjectID {
        try self.commit(tree, as: change, to: .branch, merging: other)
    }

    /// Writes the tree of `base` with the change applied. Moves no branch, and does not touch the work tree.
    package func tree(of change: GitChange, on base: GitObjectID) throws(GitError) -> GitObjectID {
        for path in change.files.keys { try GitName.checkPath(path) }
        return try self.tree(of: change, on: base, self.openStore()).id
    }
}

extension GitRepository {
    /// - Parameters:
    ///   - tree: Nil for the parent's with the change's files.
    ///   - other: The commit that is merged into the branch.
    private func commit(
        _ tree: GitObjectID?, as change: GitChange, to target: CommitTarget,
        merging other: GitObjectID? = nil
    ) throws(GitError) -> GitObjectID {
        try GitName.checkBranch(change.branch)
        if tree == nil { for path in change.files.keys { try GitName.checkPath(path) } }
        let store = try self.openStore()
        defer { withExtendedLifetime(store) {} }
        let repository = unsafe store.repository
        try unsafe self.checkState(repository)
        let (old, parent) = try unsafe self.base(of: change, repository)
        let before = try store.root(of: parent)
        let new = if let tree { ObjectKey(tree) } else { try self.tree(of: change, on: parent, store) }
        guard new != before || other != nil else { throw Self.unchanged(change.branch) }
        // What to update in the work tree; nil unless the branch is checked out.
        var paths: [String]?
        if target == .branch, old != nil, try unsafe self.isCheckedOut(change.branch, repository) {
            let changed = try self.updatable(from: before, to: new, store)
            try unsafe self.checkClean(change.branch, changed, repository)
            paths = changed
        }
        let message = change.fullMessage
        let id: GitObjectID
        if let other, try self.isAncestor(parent, of: other) {
            id = other
        } else {
            id = try unsafe self.writeCommit(
                tree: new.raw, parents: [parent, other].compactMap(\.self), author: change.author,
                committer: change.committer, message: message, repository)
        }
        // The files first, because updating them can fail.
        if let paths { try unsafe self.update(change.branch, from: parent, to: id, paths, repository) }
        let subject = message.prefix { !$0.isNewline }
        do throws(GitError) {
            try unsafe self.move(
                target, change.branch, from: old, to: id, log: "\(other == nil ? "commit" : "merge"): \(subject)",
                as: change.committer, repository)
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
        of change: GitChange, on parent: GitObjectID, _ store: GitObjects
    ) throws(GitError) -> ObjectKey {
        let before = try store.root(of: parent)
        // Reads the folders above the files, so that the library gets none that are too large.
        let modes = try change.files.map { (path, content) throws(GitError) in
            (path, try self.mode(of: path, in: before, store, isDeletion: content == nil))
        }
        let baseline = try unsafe store.handle(before, "the tree of \(parent.short)")
        defer { unsafe git_tree_free(baseline) }
        var updates: [git_tree_update] = unsafe []
        var names: [UnsafeMutablePointer<CChar>] = unsafe []
        defer { unsafe names.forEach { unsafe $0.deallocate() } }
        // Sorted, so that libgit2 sees a path and those below it in one pass.
        for (path, mode) in modes.sorted(by: { $0.0.precedes($1.0) }) {
            let content = change.files[path] ?? nil
            let name = unsafe GitLibrary.copy(path)
            unsafe names.append(name)
            let blob = if let content { try self.writeBlob(content, path, store) } else { git_oid() }
            unsafe updates.append(
                git_tree_update(
                    action: content == nil ? GIT_TREE_UPDATE_REMOVE : GIT_TREE_UPDATE_UPSERT, id: blob,
                    filemode: mode, path: name))
        }
        var tree = git_oid()
        let status = unsafe git_tree_create_updated(&tree, store.repository, baseline, updates.count, updates)
        try GitLibrary.check(status, "the tree of the commit")
        guard ObjectKey(tree) != before else { throw Self.unchanged(change.branch) }
        return ObjectKey(tree)
    }

    private static func unchanged(_ branch: String) -> GitError {
        GitError(.unchanged, "the commit would change nothing on \(branch): nothing to commit")
    }

    /// The file's existing or new mode. Throws if a file and a directory would share a name, and for a link or submodule,
    /// which a file would replace unseen.
    private func mode(
        of path: String, in tree: ObjectKey, _ store: GitObjects, isDeletion: Bool
    ) throws(GitError) -> git_filemode_t {
        let parts = GitName.components(of: path)
        for count in 1..<parts.count where parts.count > 1 {
            let parent = parts.prefix(count).joined(separator: "/")
            guard let item = try store.item(at: parent, in: tree) else { break }
            guard item.kind == .folder else {
                throw GitError(
                    .invalidName, "\(path) can't be written because \(parent) is a file: choose another path")
            }
        }
        switch try store.item(at: path, in: tree)?.kind {
        case .folder?:
            throw GitError(.invalidName, "\(path) is a directory, not a file: choose another path")
        case .link? where !isDeletion:
            throw GitError(
                .invalidName,
                "\(path) is a symbolic link: write to the file that it leads to, or replace the link first")
        case .submodule? where !isDeletion:
            throw GitError(.invalidName, "\(path) is a submodule, not a file: choose another path")
        case .executable?: return GIT_FILEMODE_BLOB_EXECUTABLE
        case nil where isDeletion:
            throw GitError(.notFound, "\(path) can't be deleted because it doesn't exist: check its name")
        default: return GIT_FILEMODE_BLOB
        }
    }

    private func writeBlob(
        _ content: [UInt8], _ path: String, _ store: GitObjects
    ) throws(GitError) -> git_oid {
        var id = git_oid()
        let status = unsafe content.withUnsafeBytes {
            unsafe git_blob_create_from_buffer(&id, store.repository, $0.baseAddress, $0.count)
        }
        try GitLibrary.check(status, "the file \(path)")
        return id
    }
}
