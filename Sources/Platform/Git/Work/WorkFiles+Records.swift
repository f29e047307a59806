internal import CGit2
internal import Glibc
internal import Primitives

/// One changed file.
package struct WorkspaceChange: Sendable, Hashable {
    package enum Kind: String, Sendable { case added, modified, deleted }

    package let kind: Kind
    package let path: String
    /// The Git hash of the new content, hexadecimal; nil for a deleted file.
    package let digest: String?

    package init(kind: Kind, path: String, digest: String?) {
        self.kind = kind
        self.path = path
        self.digest = digest
    }

    /// The digest of a file with this content.
    package static func digest(of bytes: [UInt8]) -> String? { GitObjectID.blob(bytes)?.hex }
}

extension WorkFiles {
    /// A commit of the store under a name of its own: neither a branch nor a tag.
    package struct Record: Sendable, Hashable {
        /// The reference's last part.
        package let name: String
        package let commit: GitObjectID
        package let tree: GitObjectID
        /// Seconds since 1970.
        package let seconds: Int64
        package let message: String
    }

    /// Keeps a tree as a commit without parents at the reference `reference`, which must not exist.
    package func keep(_ tree: GitObjectID, at reference: String, message: String, by signature: GitSignature)
        throws(GitError)
    {
        let store = try ObjectStore(path: self.store)
        let person = "\(signature.name) <\(signature.mail)> \(signature.seconds) +0000"
        let text = "tree \(tree.hex)\nauthor \(person)\ncommitter \(person)\n\n\(message)\n"
        var id = try store.write(Array(text.utf8), .commit).raw
        var made: OpaquePointer?
        defer { unsafe git_reference_free(made) }
        let status = unsafe git_reference_create(&made, store.repository, reference, &id, 0, nil)
        try GitLibrary.check(status, "the snapshot")
    }

    /// The commits kept below `prefix` (with a slash at the end), in no particular order.
    package func records(below prefix: String) throws(GitError) -> [Record] {
        let store = try ObjectStore(path: self.store)
        let iterator = try unsafe GitLibrary.make("the list of snapshots") {
            unsafe git_reference_iterator_glob_new($0, store.repository, prefix + "*")
        }
        defer { unsafe git_reference_iterator_free(iterator) }
        var records: [Record] = []
        var reference: OpaquePointer?
        while unsafe git_reference_next(&reference, iterator) == 0 {
            defer { unsafe git_reference_free(reference) }
            guard let target = unsafe git_reference_target(reference),
                let name = unsafe git_reference_name(reference).map({ unsafe String(cString: $0) })
            else { continue }
            var id = unsafe target.pointee
            var commit: OpaquePointer?
            // One damaged by a power failure does not hide the others.
            guard unsafe git_commit_lookup(&commit, store.repository, &id) == 0 else { continue }
            defer { unsafe git_commit_free(commit) }
            guard let tree = unsafe git_commit_tree_id(commit) else { continue }
            unsafe records.append(
                Record(
                    name: String(name.dropFirst(prefix.count)), commit: GitObjectID(id),
                    tree: GitObjectID(tree.pointee),
                    seconds: GitSignature.bounded(git_commit_time(commit)),
                    message: git_commit_message(commit).map { unsafe String(cString: $0) } ?? ""))
        }
        return records
    }

    package func drop(_ reference: String) throws(GitError) {
        let store = try ObjectStore(path: self.store)
        unsafe git_reference_remove(store.repository, reference)
    }

    /// What differs between two trees, sorted by path.
    package func changes(from old: GitObjectID, to new: GitObjectID) throws(GitError) -> [WorkspaceChange] {
        let store = try ObjectStore(path: self.store)
        let diff = try unsafe Self.diff(old, new, store)
        defer { unsafe git_diff_free(diff) }
        return unsafe (0..<git_diff_num_deltas(diff)).compactMap { index in
            guard let delta = unsafe git_diff_get_delta(diff, index)?.pointee else { return nil }
            let isDeleted = unsafe delta.status == GIT_DELTA_DELETED
            let side = unsafe isDeleted ? delta.old_file : delta.new_file
            let kind: WorkspaceChange.Kind =
                unsafe delta.status == GIT_DELTA_ADDED ? .added : isDeleted ? .deleted : .modified
            return unsafe WorkspaceChange(
                kind: kind, path: side.path.map { unsafe String(cString: $0) } ?? "",
                digest: isDeleted ? nil : GitObjectID(side.id).hex)
        }
    }

    /// The lines that a file gains and loses.
    package struct Size: Sendable, Equatable {
        /// As `QuotedPath` writes it.
        package let path: String
        package let additions: Int
        package let deletions: Int
        package let isBinary: Bool
    }

    /// The size of what differs between two trees, sorted by path.
    package func sizes(from old: GitObjectID, to new: GitObjectID) throws(GitError) -> [Size] {
        let store = try ObjectStore(path: self.store)
        let diff = try unsafe Self.diff(old, new, store)
        defer { unsafe git_diff_free(diff) }
        return unsafe (0..<git_diff_num_deltas(diff)).compactMap { index -> Size? in
            var patch: OpaquePointer?
            // Before the delta is read: only then it is known whether the file is binary.
            let status = unsafe git_patch_from_diff(&patch, diff, index)
            defer { unsafe git_patch_free(patch) }
            guard let delta = unsafe git_diff_get_delta(diff, index)?.pointee else { return nil }
            var (additions, deletions) = (0, 0)
            if status == 0, let patch = unsafe patch {
                unsafe git_patch_line_stats(nil, &additions, &deletions, patch)
            }
            let path = unsafe (delta.new_file.path ?? delta.old_file.path).map { unsafe String(cString: $0).utf8 }
            return unsafe Size(
                path: QuotedPath.text(of: path.map(Array.init) ?? []), additions: additions, deletions: deletions,
                isBinary: delta.flags & GIT_DIFF_FLAG_BINARY.rawValue != 0)
        }
    }

    /// The size of what differs between two trees.
    package func stat(from old: GitObjectID, to new: GitObjectID) throws(GitError) -> GitStat {
        if old == new { return GitStat(files: 0, additions: 0, deletions: 0) }
        let store = try ObjectStore(path: self.store)
        let diff = try unsafe Self.diff(old, new, store)
        defer { unsafe git_diff_free(diff) }
        return try unsafe GitRepository.stat(diff)
    }

    /// A unified diff of two trees, with renamed files, cut at the end of a line after `limit` bytes.
    package func difference(from old: GitObjectID, to new: GitObjectID, limit: Int) throws(GitError) -> String {
        let store = try ObjectStore(path: self.store)
        let diff = try unsafe Self.diff(old, new, store)
        defer { unsafe git_diff_free(diff) }
        try unsafe GitLibrary.findRenames(in: diff, "the diff")
        var bytes: [UInt8] = []
        for index in 0..<(unsafe git_diff_num_deltas(diff)) where bytes.count <= limit {
            var patch: OpaquePointer?
            guard unsafe git_patch_from_diff(&patch, diff, index) == 0 else { continue }
            defer { unsafe git_patch_free(patch) }
            var text = unsafe git_buf()
            guard unsafe git_patch_to_buf(&text, patch) == 0 else { continue }
            defer { unsafe git_buf_dispose(&text) }
            unsafe bytes += UnsafeRawBufferPointer(start: text.ptr, count: min(text.size, limit + 1 - bytes.count))
        }
        if bytes.count > limit {
            let end = bytes[..<limit].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? limit
            bytes.removeSubrange(end...)
            bytes += Array("… the diff is longer than \(limit >> 10) KB\n".utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func diff(
        _ old: GitObjectID, _ new: GitObjectID, _ store: ObjectStore
    ) throws(GitError) -> OpaquePointer {
        var trees: [OpaquePointer] = unsafe []
        defer { unsafe trees.forEach { unsafe git_tree_free($0) } }
        for id in [old, new] {
            var raw = id.raw
            unsafe trees.append(
                try unsafe GitLibrary.make("the tree \(id.short)") {
                    unsafe git_tree_lookup($0, store.repository, &raw)
                })
        }
        var options = unsafe git_diff_options()
        unsafe git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION))
        unsafe options.max_size = 1 << 20
        let (left, right) = unsafe (trees[0], trees[1])
        return try unsafe GitLibrary.make("the diff") {
            unsafe git_diff_tree_to_tree($0, store.repository, left, right, &options)
        }
    }

    /// An index file with a tree's files, for a Git in the jail. `draft` is a path that only the host writes.
    package func index(of commit: GitObjectID, draft: String) throws(GitError) -> [UInt8] {
        let store = try ObjectStore(path: self.store)
        var raw = try store.tree(ofCommit: commit).raw
        unsafe unlink(draft)
        let index = try unsafe GitLibrary.make("the index") { unsafe git_index_open($0, draft) }
        defer {
            unsafe git_index_free(index)
            unsafe unlink(draft)
        }
        let tree = try unsafe GitLibrary.make("the tree") { unsafe git_tree_lookup($0, store.repository, &raw) }
        defer { unsafe git_tree_free(tree) }
        try unsafe GitLibrary.check(git_index_read_tree(index, tree), "the index")
        try unsafe GitLibrary.check(git_index_write(index), "the index")
        let number = unsafe open(draft, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw GitError(system: errno, "read", "the index") }
        defer { _ = close(number) }
        guard let size = Folder.facts(of: number)?.size, let bytes = Folder.read(number, atMost: Int(size)) else {
            throw GitError(system: errno, "read", "the index")
        }
        return bytes
    }
}
