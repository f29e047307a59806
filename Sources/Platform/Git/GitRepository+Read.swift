internal import CGit2

/// An entry of a directory in a commit.
package struct GitTreeEntry: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case directory, file, executable, symbolicLink, submodule
    }

    package let name: String
    package let kind: Kind
    package let id: GitObjectID
    /// In bytes; nil unless it is a file.
    package let size: Int64?
}

extension GitRepository {
    /// Local branches, then known remote branches, each sorted by name.
    package func branches() throws(GitError) -> [Branch] {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        return try unsafe self.branches(repository)
    }

    /// Resolves a full or short hash (at least 7 digits), a branch or a tag. No other revision syntax.
    package func resolve(_ name: String) throws(GitError) -> GitObjectID {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        return try unsafe self.resolve(name, repository)
    }

    /// Throws ``GitError/Code/notFound``.
    package func commit(_ id: GitObjectID) throws(GitError) -> GitCommit {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        return try unsafe self.read(id, repository)
    }

    /// A file's content at a commit. Throws ``GitError/Code/notFound`` and, over `limit` bytes,
    /// ``GitError/Code/tooLarge``.
    package func file(_ path: String, at id: GitObjectID, limit: Int) throws(GitError) -> [UInt8] {
        try GitName.checkPath(path)
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let blob = try unsafe self.object(path, at: id, GIT_OBJECT_BLOB, repository)
        defer { unsafe git_object_free(blob) }
        let size = unsafe git_blob_rawsize(blob)
        guard size <= UInt64(limit) else {
            throw GitError(.tooLarge, "\(path) has \(size) bytes, over the limit of \(limit): use a clone")
        }
        return unsafe Array(UnsafeRawBufferPointer(start: git_blob_rawcontent(blob), count: Int(size)))
    }

    /// Whether there is a symbolic link at a commit.
    package func isLink(_ path: String, at id: GitObjectID) throws(GitError) -> Bool {
        try GitName.checkPath(path)
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let tree = try unsafe self.treeHandle(id, repository)
        defer { unsafe git_tree_free(tree) }
        return unsafe Self.entryMode(path, in: tree) == GIT_FILEMODE_LINK
    }

    /// A directory's entries at a commit, directories first; "" is the root. Throws ``GitError/Code/notFound``.
    package func entries(in path: String, at id: GitObjectID) throws(GitError) -> [GitTreeEntry] {
        if !path.isEmpty { try GitName.checkPath(path) }
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let tree = try unsafe self.object(path, at: id, GIT_OBJECT_TREE, repository)
        defer { unsafe git_object_free(tree) }
        let entries = unsafe (0..<git_tree_entrycount(tree)).compactMap { index in
            unsafe git_tree_entry_byindex(tree, index).map { unsafe Self.entry($0, repository) }
        }
        return entries.sorted { left, right in
            let isDirectory = (left.kind == .directory, right.kind == .directory)
            return isDirectory.0 == isDirectory.1 ? left.name < right.name : isDirectory.0
        }
    }

    /// The names of all directories directly in `path` on any local or remote branch.
    package func directoryNames(in path: String) throws(GitError) -> Set<String> {
        try GitName.checkPath(path)
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        var names: Set<String> = []
        var seen: Set<GitObjectID> = []
        for branch in try unsafe self.branches(repository) {
            guard let tree = try? unsafe self.object(path, at: branch.id, GIT_OBJECT_TREE, repository) else { continue }
            defer { unsafe git_object_free(tree) }
            // Most branches share most of their trees.
            guard unsafe seen.insert(GitObjectID(git_object_id(tree).pointee)).inserted else { continue }
            for index in 0..<(unsafe git_tree_entrycount(tree)) {
                guard let entry = unsafe git_tree_entry_byindex(tree, index),
                    unsafe git_tree_entry_type(entry) == GIT_OBJECT_TREE, let name = unsafe git_tree_entry_name(entry)
                else { continue }
                unsafe names.insert(String(cString: name))
            }
        }
        return names
    }
}

extension GitRepository {
    func branches(_ repository: OpaquePointer) throws(GitError) -> [Branch] {
        let iterator = try unsafe GitLibrary.make("the list of branches") {
            unsafe git_branch_iterator_new($0, repository, GIT_BRANCH_ALL)
        }
        defer { unsafe git_branch_iterator_free(iterator) }
        var branches: [Branch] = []
        var reference: OpaquePointer?
        var kind = GIT_BRANCH_LOCAL
        while unsafe git_branch_next(&reference, &kind, iterator) == 0 {
            defer { unsafe git_reference_free(reference) }
            var name: UnsafePointer<CChar>?
            // A remote's HEAD is symbolic and refers to one of the others.
            guard let target = unsafe git_reference_target(reference), unsafe git_branch_name(&name, reference) == 0,
                let name = unsafe name
            else { continue }
            unsafe branches.append(
                Branch(
                    name: String(cString: name), id: GitObjectID(target.pointee), isRemote: kind == GIT_BRANCH_REMOTE))
        }
        return branches.sorted { left, right in
            left.isRemote == right.isRemote ? left.name < right.name : right.isRemote
        }
    }

    func read(_ id: GitObjectID, _ repository: OpaquePointer) throws(GitError) -> GitCommit {
        let commit = try unsafe self.commitHandle(id, repository)
        defer { unsafe git_commit_free(commit) }
        return unsafe GitCommit(commit)
    }

    private func resolve(_ name: String, _ repository: OpaquePointer) throws(GitError) -> GitObjectID {
        let shown = GitName.printable(name)
        if GitObjectID.isHexadecimal(name), 7...40 ~= name.utf8.count {
            var id = git_oid()
            unsafe git_oid_fromstrn(&id, name, name.utf8.count)
            var commit: OpaquePointer?
            let status = unsafe git_commit_lookup_prefix(&commit, repository, &id, name.utf8.count)
            defer { unsafe git_commit_free(commit) }
            if status == 0, let found = unsafe git_commit_id(commit) { return unsafe GitObjectID(found.pointee) }
            guard git_error_code(status) == GIT_ENOTFOUND else { throw GitLibrary.error(status, "the commit \(shown)") }
        }
        try GitName.checkBranch(name)
        for prefix in ["refs/heads/", "refs/tags/", "refs/remotes/"] {
            var reference: OpaquePointer?
            guard unsafe git_reference_lookup(&reference, repository, prefix + name) == 0 else { continue }
            defer { unsafe git_reference_free(reference) }
            let commit = try unsafe GitLibrary.make("the commit of \(shown)") {
                unsafe git_reference_peel($0, reference, GIT_OBJECT_COMMIT)
            }
            defer { unsafe git_object_free(commit) }
            return unsafe GitObjectID(git_object_id(commit).pointee)
        }
        throw GitError(.notFound, "there is no commit, branch or tag \(shown): check its name")
    }

    /// A file or directory at a commit or in a tree; the caller frees it.
    func object(
        _ path: String, at id: GitObjectID, _ kind: git_object_t, _ repository: OpaquePointer
    ) throws(GitError) -> OpaquePointer {
        let tree = try unsafe self.treeHandle(id, repository)
        if path.isEmpty, kind == GIT_OBJECT_TREE { return unsafe tree }
        defer { unsafe git_tree_free(tree) }
        let entry = try unsafe GitLibrary.make("\(path) at \(id.short)") {
            unsafe git_tree_entry_bypath($0, tree, path)
        }
        defer { unsafe git_tree_entry_free(entry) }
        guard unsafe git_tree_entry_type(entry) == kind else {
            let wanted = kind == GIT_OBJECT_TREE ? "directory" : "file"
            throw GitError(.notFound, "\(path) at \(id.short) is not a \(wanted): check its name")
        }
        return try unsafe GitLibrary.make("\(path) at \(id.short)") {
            unsafe git_tree_entry_to_object($0, repository, entry)
        }
    }

    private static func entry(_ entry: OpaquePointer, _ repository: OpaquePointer) -> GitTreeEntry {
        let kind: GitTreeEntry.Kind =
            switch unsafe git_tree_entry_filemode(entry) {
            case GIT_FILEMODE_TREE: .directory
            case GIT_FILEMODE_BLOB_EXECUTABLE: .executable
            case GIT_FILEMODE_LINK: .symbolicLink
            case GIT_FILEMODE_COMMIT: .submodule
            default: .file
            }
        var size: Int64?
        if kind == .file || kind == .executable {
            var blob: OpaquePointer?
            if unsafe git_tree_entry_to_object(&blob, repository, entry) == 0 {
                size = unsafe Int64(clamping: git_blob_rawsize(blob))
                unsafe git_object_free(blob)
            }
        }
        let name = unsafe git_tree_entry_name(entry).map { unsafe String(cString: $0) } ?? ""
        return unsafe GitTreeEntry(
            name: name, kind: kind, id: GitObjectID(git_tree_entry_id(entry).pointee), size: size)
    }
}
