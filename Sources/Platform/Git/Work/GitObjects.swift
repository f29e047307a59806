internal import CGit2
internal import Glibc
internal import Primitives

/// The objects of one repository, read and written without its work tree, index, hooks or filters.
///
/// Small objects are written without waiting for the disk, as the `git` program writes them by default.
@safe final class GitObjects {
    enum Kind {
        case blob, tree, commit

        var name: String {
            switch self {
            case .blob: "blob"
            case .tree: "tree"
            case .commit: "commit"
            }
        }

        var raw: git_object_t {
            switch self {
            case .blob: GIT_OBJECT_BLOB
            case .tree: GIT_OBJECT_TREE
            case .commit: GIT_OBJECT_COMMIT
            }
        }
    }

    /// Objects up to this size are written in one piece.
    static let smallSize = 256 * 1_024

    let repository: OpaquePointer
    let database: OpaquePointer
    /// The folder of the objects, with a slash at the end.
    let folder: String
    private var madeFolders: Set<String> = []
    /// Looked up before an object is written; nil for no limit.
    var room: (() -> DiskRoom)?

    /// Opens the repository at a path that only the host writes.
    convenience init(path: String) throws(GitError) {
        _ = GitLibrary.executor
        try unsafe self.init(owning: GitLibrary.open(path, "the store"), at: path)
    }

    /// Frees `repository`, also when it fails.
    init(owning repository: OpaquePointer, at path: String) throws(GitError) {
        unsafe self.repository = repository
        var database: OpaquePointer?
        guard unsafe git_repository_odb(&database, repository) == 0, let database = unsafe database,
            let common = unsafe git_repository_commondir(repository)
        else {
            unsafe git_repository_free(repository)
            throw GitError(.notARepository, "the objects of \(path) can't be opened: look at it with `git fsck`")
        }
        unsafe self.database = database
        self.folder = unsafe String(cString: common) + "objects/"
    }

    deinit {
        unsafe git_odb_free(self.database)
        unsafe git_repository_free(self.repository)
    }

    func has(_ key: ObjectKey) -> Bool {
        var id = key.raw
        return unsafe git_odb_exists_ext(self.database, &id, GIT_ODB_LOOKUP_NO_REFRESH.rawValue) == 1
    }

    /// The size of an object in bytes, which takes no expansion of what is packed. Throws for one of another kind.
    func header(_ key: ObjectKey, _ kind: Kind) throws(GitError) -> Int {
        let (found, size) = try self.header(key)
        guard found == kind.raw else {
            throw GitError(.corrupt, "the object \(key.id.short) is of another kind: run `git fsck`")
        }
        return size
    }

    func header(_ key: ObjectKey) throws(GitError) -> (kind: git_object_t, size: Int) {
        var id = key.raw
        var size = 0
        var kind = GIT_OBJECT_INVALID
        try unsafe GitLibrary.check(
            git_odb_read_header(&size, &kind, self.database, &id), "the object \(key.id.short)")
        // In C it has no sign.
        return (kind, size < 0 ? .max : size)
    }

    /// An object of at most `limit` bytes; the caller frees it. Reads nothing of a larger one.
    func open(_ key: ObjectKey, _ kind: Kind, limit: Int) throws(GitError) -> OpaquePointer {
        let size = try self.header(key, kind)
        let name = key.id.short
        guard size <= limit else {
            throw GitError(.tooLarge, "the object \(name) has \(size) bytes, over the limit of \(limit): use a clone")
        }
        var id = key.raw
        return try unsafe GitLibrary.make("the object \(name)") { unsafe git_odb_read($0, self.database, &id) }
    }

    /// The object's content, at most `limit` bytes.
    func read(_ key: ObjectKey, _ kind: Kind, limit: Int) throws(GitError) -> [UInt8] {
        let object = try unsafe self.open(key, kind, limit: limit)
        defer { unsafe git_odb_object_free(object) }
        return unsafe Array(
            UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
    }

    /// The entries of a tree; of none, no entries.
    func tree(_ key: ObjectKey?) throws(GitError) -> [TreeItem] {
        guard let key else { return [] }
        let reader = try TreeReader(key, in: self, limit: Self.largestScan)
        var items: [TreeItem] = []
        while let item = try reader.next() { items.append(item) }
        return items
    }

    /// Bytes of the tree of a folder that was scanned, at most: as many files as are recorded, with names of any length.
    private static let largestScan = 64 << 20

    /// The tree of a commit.
    func tree(ofCommit id: GitObjectID) throws(GitError) -> ObjectKey {
        let commit = try unsafe self.commit(id)
        defer { unsafe git_commit_free(commit) }
        guard let tree = unsafe git_commit_tree_id(commit) else {
            throw GitLibrary.error(-1, "the commit \(id.short)")
        }
        return unsafe ObjectKey(tree.pointee)
    }

    /// The caller frees it.
    func commit(_ id: GitObjectID) throws(GitError) -> OpaquePointer {
        try unsafe GitLibrary.commit(id, in: self.repository, self.database)
    }

    /// The library's walk through commits and their ancestors; the caller frees it.
    ///
    /// - Parameter known: Commits that are left out, with their ancestors.
    func walk(
        from ids: [GitObjectID], without known: [GitObjectID], of subject: String
    ) throws(GitError) -> OpaquePointer {
        let walk = try unsafe GitLibrary.make(subject) { unsafe git_revwalk_new($0, self.repository) }
        do throws(GitError) {
            for id in ids {
                var raw = id.raw
                try unsafe GitLibrary.check(git_revwalk_push(walk, &raw), "the commit \(id.short)")
            }
            for id in known {
                var raw = id.raw
                try unsafe GitLibrary.check(git_revwalk_hide(walk, &raw), "the commit \(id.short)")
            }
        } catch {
            unsafe git_revwalk_free(walk)
            throw error
        }
        return unsafe walk
    }

    /// A builder for a pack of the objects here, which ends when the task is cancelled; the caller frees it.
    func packBuilder(_ what: String) throws(GitError) -> OpaquePointer {
        let builder = try unsafe GitLibrary.make(what) { unsafe git_packbuilder_new($0, self.repository) }
        _ = unsafe git_packbuilder_set_threads(builder, 1)
        unsafe git_packbuilder_set_callbacks(builder, { _, _, _, _ in Task.isCancelled ? GIT_EUSER.rawValue : 0 }, nil)
        return unsafe builder
    }

    /// The tree of a commit, or the tree itself.
    func root(of id: GitObjectID) throws(GitError) -> ObjectKey {
        let key = ObjectKey(id)
        return try self.header(key).kind == GIT_OBJECT_TREE ? key : self.tree(ofCommit: id)
    }

    /// What is at a path below a tree; nil if nothing is.
    func item(at path: String, in tree: ObjectKey) throws(GitError) -> TreeItem? {
        var folder = tree
        // By bytes: a slash followed by a combining mark is a different `Character`.
        var parts = path.utf8.split(separator: UInt8(ascii: "/"))[...]
        while let name = parts.popFirst() {
            let found = try TreeReader(folder, in: self).find(name)
            if parts.isEmpty { return found }
            guard let next = found?.folder else { return nil }
            folder = next
        }
        return nil
    }

    // MARK: Writing

    /// Writes an object unless it is there.
    func write(_ bytes: [UInt8], _ kind: Kind) throws(GitError) -> ObjectKey {
        var id = git_oid()
        let status = unsafe bytes.withUnsafeBytes {
            unsafe git_odb_hash(&id, $0.baseAddress, $0.count, kind.raw)
        }
        try GitLibrary.check(status, "an object")
        let key = ObjectKey(id)
        if self.has(key) { return key }
        try self.checkRoom(Int64(bytes.count))
        guard bytes.count <= Self.smallSize else {
            let status = unsafe bytes.withUnsafeBytes {
                unsafe git_odb_write(&id, self.database, $0.baseAddress, $0.count, kind.raw)
            }
            try GitLibrary.check(status, "an object")
            return key
        }
        try self.writeLoose(LooseObject.encoded(Array("\(kind.name) \(bytes.count)\0".utf8) + bytes), key.id.hex)
        return key
    }

    /// Writes the content of an open file as a blob. Nil if the file has become shorter than `size`.
    func write(contentOf descriptor: Int32, size: Int64) throws(GitError) -> ObjectKey? {
        try self.checkRoom(size)
        var stream: UnsafeMutablePointer<git_odb_stream>?
        try unsafe GitLibrary.check(
            git_odb_open_wstream(&stream, self.database, git_object_size_t(size), GIT_OBJECT_BLOB), "an object")
        guard let stream = unsafe stream else { return nil }
        defer { unsafe git_odb_stream_free(stream) }
        var left = Int(size)
        while left > 0 {
            guard let bytes = FileDescriptor.read(descriptor, upTo: min(left, 1 << 18)), !bytes.isEmpty else {
                return nil
            }
            let status = unsafe bytes.withUnsafeBytes { bytes in
                unsafe git_odb_stream_write(
                    stream, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
            }
            try GitLibrary.check(status, "an object")
            left -= bytes.count
        }
        var id = git_oid()
        try unsafe GitLibrary.check(git_odb_stream_finalize_write(&id, stream), "an object")
        return ObjectKey(id)
    }

    /// Sets a value that the library reads only from the repository's configuration.
    func configure(_ name: String, _ value: Int64) throws(GitError) {
        let what = "the store's configuration"
        let configuration = try unsafe GitLibrary.make(what) { unsafe git_repository_config($0, self.repository) }
        defer { unsafe git_config_free(configuration) }
        var current: Int64 = 0
        if unsafe git_config_get_int64(&current, configuration, name) == 0, current == value { return }
        try unsafe GitLibrary.check(git_config_set_int64(configuration, name, value), what)
    }

    private func checkRoom(_ size: Int64) throws(GitError) {
        try self.room?().check(size, "the workspace's files can't be recorded")
    }

    private func writeLoose(_ bytes: [UInt8], _ hex: String) throws(GitError) {
        let folder = "\(self.folder)\(hex.prefix(2))"
        if self.madeFolders.insert(folder).inserted, unsafe mkdir(folder, 0o755) != 0, errno != EEXIST {
            throw GitError(system: errno, "write", "an object")
        }
        let draft = "\(folder)/tmp_obj_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        let number = unsafe Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o444)
        guard number >= 0 else { throw GitError(system: errno, "write", "an object") }
        let file = FileDescriptor(owning: number)
        var status = FileDescriptor.write(bytes, to: file.rawValue)
        if status == 0 { status = unsafe rename(draft, "\(folder)/\(hex.dropFirst(2))") == 0 ? 0 : errno }
        guard status == 0 else {
            unsafe unlink(draft)
            throw GitError(system: status, "write", "an object")
        }
    }
}
