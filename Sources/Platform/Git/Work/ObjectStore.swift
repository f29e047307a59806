internal import CGit2
internal import Glibc
internal import Primitives

/// The objects of one repository, read and written without its work tree, index, hooks or filters.
///
/// Small objects are written without waiting for the disk, as the `git` program writes them by default.
@safe final class ObjectStore {
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
    private let folder: String
    private var madeFolders: Set<String> = []

    /// Opens the repository at a path that only the host writes.
    init(path: String) throws(GitError) {
        _ = GitLibrary.executor
        let repository = try unsafe GitLibrary.make("the store") {
            unsafe git_repository_open_ext($0, path, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil)
        }
        unsafe self.repository = repository
        var database: OpaquePointer?
        guard unsafe git_repository_odb(&database, repository) == 0, let database = unsafe database,
            let common = unsafe git_repository_commondir(repository)
        else {
            unsafe git_repository_free(repository)
            throw GitError(.notARepository, "the store at \(path) can't be opened: remove it")
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

    /// The object's content, at most `limit` bytes.
    func read(_ key: ObjectKey, _ kind: Kind, limit: Int) throws(GitError) -> [UInt8] {
        var id = key.raw
        var size = 0
        var found = GIT_OBJECT_INVALID
        let name = key.id.short
        try unsafe GitLibrary.check(
            git_odb_read_header(&size, &found, self.database, &id), "the object \(name)")
        guard found == kind.raw else {
            throw GitError(.corrupt, "the object \(name) is of another kind: run `git fsck`")
        }
        guard size <= limit else {
            throw GitError(.tooLarge, "the object \(name) has \(size) bytes, over the limit of \(limit): use a clone")
        }
        let object = try unsafe GitLibrary.make("the object \(name)") {
            unsafe git_odb_read($0, self.database, &id)
        }
        defer { unsafe git_odb_object_free(object) }
        return unsafe Array(
            UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
    }

    /// The entries of a tree; of none, no entries.
    func tree(_ key: ObjectKey?) throws(GitError) -> [TreeItem] {
        guard let key else { return [] }
        guard let items = TreeItem.parsed(try self.read(key, .tree, limit: 64 << 20)) else {
            throw GitError(.corrupt, "the tree \(key.id.short) is damaged: run `git fsck` in the repository")
        }
        return items
    }

    /// The tree of a commit.
    func tree(ofCommit id: GitObjectID) throws(GitError) -> ObjectKey {
        var raw = id.raw
        let commit = try unsafe GitLibrary.make("the commit \(id.short)") {
            unsafe git_commit_lookup($0, self.repository, &raw)
        }
        defer { unsafe git_commit_free(commit) }
        guard let tree = unsafe git_commit_tree_id(commit) else {
            throw GitLibrary.error(-1, "the commit \(id.short)")
        }
        return unsafe ObjectKey(tree.pointee)
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
        var stream: UnsafeMutablePointer<git_odb_stream>?
        try unsafe GitLibrary.check(
            git_odb_open_wstream(&stream, self.database, git_object_size_t(size), GIT_OBJECT_BLOB), "an object")
        guard let stream = unsafe stream else { return nil }
        defer { unsafe git_odb_stream_free(stream) }
        var left = Int(size)
        while left > 0 {
            guard let bytes = Folder.read(descriptor, atMost: min(left, 1 << 18)), !bytes.isEmpty else { return nil }
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

    private func writeLoose(_ bytes: [UInt8], _ hex: String) throws(GitError) {
        let folder = "\(self.folder)\(hex.prefix(2))"
        if self.madeFolders.insert(folder).inserted, unsafe mkdir(folder, 0o755) != 0, errno != EEXIST {
            throw GitError(system: errno, "write", "an object")
        }
        let draft = "\(folder)/tmp_obj_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        let number = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o444)
        guard number >= 0 else { throw GitError(system: errno, "write", "an object") }
        let file = FileDescriptor(owning: number)
        var status = Folder.writeAll(bytes, to: file.rawValue)
        if status == 0 { status = unsafe rename(draft, "\(folder)/\(hex.dropFirst(2))") == 0 ? 0 : errno }
        guard status == 0 else {
            unsafe unlink(draft)
            throw GitError(system: status, "write", "an object")
        }
    }
}
