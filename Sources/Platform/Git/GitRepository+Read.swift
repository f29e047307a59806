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
        try Self.resolve(name, self.openStore())
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
        let store = try self.openStore()
        let item = try Self.item(path, at: id, in: store)
        guard item.isContent else { throw Self.missing(path, at: id, "is not a file") }
        let size = try store.header(item.key, .blob)
        guard size <= limit else {
            throw GitError(.tooLarge, "\(path) has \(size) bytes, over the limit of \(limit): use a clone")
        }
        return try store.read(item.key, .blob, limit: limit)
    }

    /// Whether there is a symbolic link at a commit.
    package func isLink(_ path: String, at id: GitObjectID) throws(GitError) -> Bool {
        try GitName.checkPath(path)
        let store = try self.openStore()
        return try store.item(at: path, in: store.root(of: id))?.kind == .link
    }

    /// Of the names of a directory that is shown, in bytes.
    private static let shownNameBytes = 4 << 20

    /// A directory's entries at a commit, directories first, each by the bytes of their names; "" is the root. Names of
    /// more than 255 bytes, which file systems cannot have, are left out, and so is what follows after 4 MiB of names.
    /// Throws ``GitError/Code/notFound``.
    package func entries(in path: String, at id: GitObjectID) throws(GitError) -> [GitTreeEntry] {
        if !path.isEmpty { try GitName.checkPath(path) }
        let store = try self.openStore()
        let limits = TreeLimits.show()
        let reader = try TreeReader(Self.folder(path, at: id, in: store), in: store)
        var entries: [GitTreeEntry] = []
        var nameBytes = 0
        while let item = try reader.next() {
            guard item.name.count <= GitName.longestPart else { continue }
            nameBytes += item.name.count
            guard nameBytes <= Self.shownNameBytes else { break }
            guard entries.count < limits.paths else { throw limits.tooManyFiles(path.isEmpty ? "the folder" : path) }
            entries.append(GitTreeEntry(item, in: store))
        }
        return entries.sorted { left, right in
            let isDirectory = (left.kind == .directory, right.kind == .directory)
            return isDirectory.0 == isDirectory.1 ? left.name.precedes(right.name) : isDirectory.0
        }
    }

    /// The names of all directories directly in `path` on any local or remote branch; of more than 1,000 branches, on
    /// the newest ones. At most 300,000 are read, counted on each branch that has others, and fewer where they are too much.
    package func directoryNames(in path: String) throws(GitError) -> [String] {
        try GitName.checkPath(path)
        let store = try self.openStore()
        let effort = HistoryEffort()
        var commits = try CommitWalk(store, effort)
        let lookup = PathLookup(store, [path], effort)
        // By bytes: as text, 100,000 long names of combining marks take seconds to compare.
        var names: Set<[UInt8]> = []
        var left = 300_000
        var seen: Set<ObjectKey> = []
        let all = try unsafe self.branches(store.repository)
        for place in try Self.newestPlaces(all, &commits) {
            guard let commit = try commits.commit(ObjectKey(all[place].id)) else { continue }
            // Most branches share most of their trees.
            guard let folder = try lookup.folder(in: commit.tree), seen.insert(folder).inserted else { continue }
            let found = try lookup.names(in: folder, limit: min(left, TreeLimits.show().paths))
            left -= found.count
            names.formUnion(found)
        }
        return names.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension GitTreeEntry {
    fileprivate init(_ item: TreeItem, in store: GitObjects) {
        let kind: Kind =
            switch item.kind {
            case .folder: .directory
            case .file: .file
            case .executable: .executable
            case .link: .symbolicLink
            case .submodule: .submodule
            }
        let isFile = kind == .file || kind == .executable
        self.init(
            name: String(decoding: item.name, as: UTF8.self), kind: kind, id: item.key.id,
            size: isFile ? (try? store.header(item.key, .blob)).map { Int64($0) } : nil)
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
            left.isRemote == right.isRemote ? left.name.precedes(right.name) : right.isRemote
        }
    }

    func read(_ id: GitObjectID, _ repository: OpaquePointer) throws(GitError) -> GitCommit {
        let commit = try unsafe self.commitHandle(id, repository)
        defer { unsafe git_commit_free(commit) }
        return unsafe GitCommit(commit)
    }

    private static func resolve(_ name: String, _ store: GitObjects) throws(GitError) -> GitObjectID {
        let shown = GitName.printable(name)
        if GitObjectID.isHexadecimal(name), 7...40 ~= name.utf8.count {
            var (id, full) = (git_oid(), git_oid())
            unsafe git_oid_fromstrn(&id, name, name.utf8.count)
            let status = unsafe git_odb_exists_prefix(&full, store.database, &id, name.utf8.count)
            if status == 0, try store.header(ObjectKey(full)).kind == GIT_OBJECT_COMMIT { return GitObjectID(full) }
            guard status == 0 || git_error_code(status) == GIT_ENOTFOUND else {
                throw GitLibrary.error(status, "the commit \(shown)")
            }
        }
        try GitName.checkBranch(name)
        for prefix in ["refs/heads/", "refs/tags/", "refs/remotes/"] {
            var id = git_oid()
            guard unsafe git_reference_name_to_id(&id, store.repository, prefix + name) == 0 else { continue }
            if let commit = try Self.peeled(ObjectKey(id), in: store) { return commit }
        }
        throw GitError(.notFound, "there is no commit, branch or tag \(shown): check its name")
    }

    /// Tags of tags, at most.
    private static let mostTags = 8

    /// The commit that an object is, or that it leads to as a tag. Nil for other objects, and beyond the limits: the
    /// library would read a chain of tags of any number and size.
    private static func peeled(_ key: ObjectKey, in store: GitObjects) throws(GitError) -> GitObjectID? {
        var key = key
        for tags in 0...Self.mostTags {
            let (kind, size) = try store.header(key)
            if kind == GIT_OBJECT_COMMIT { return key.id }
            guard kind == GIT_OBJECT_TAG, size <= TreeLimits.commitBytes, tags < Self.mostTags else { return nil }
            var id = key.raw
            let tag = try unsafe GitLibrary.make("the tag \(key.id.short)") {
                unsafe git_tag_lookup($0, store.repository, &id)
            }
            defer { unsafe git_tag_free(tag) }
            guard let target = unsafe git_tag_target_id(tag) else { return nil }
            key = unsafe ObjectKey(target.pointee)
        }
        return nil
    }

    /// What is at a path of a commit or tree. Throws ``GitError/Code/notFound``.
    private static func item(_ path: String, at id: GitObjectID, in store: GitObjects) throws(GitError) -> TreeItem {
        guard let item = try store.item(at: path, in: store.root(of: id)) else {
            throw self.missing(path, at: id, "was not found")
        }
        return item
    }

    /// The folder at a path of a commit or tree; "" is the root. Throws ``GitError/Code/notFound``.
    static func folder(_ path: String, at id: GitObjectID, in store: GitObjects) throws(GitError) -> ObjectKey {
        guard !path.isEmpty else { return try store.root(of: id) }
        guard let folder = try self.item(path, at: id, in: store).folder else {
            throw self.missing(path, at: id, "is not a directory")
        }
        return folder
    }

    private static func missing(_ path: String, at id: GitObjectID, _ what: String) -> GitError {
        GitError(.notFound, "\(path) at \(id.short) \(what): check its name")
    }
}
