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

/// The changed files between two trees.
package struct WorkspaceChanges: Sendable, Equatable {
    /// Sorted by path. Of very many only a part; see ``WorkFiles/changes(from:to:)``.
    package let files: [WorkspaceChange]
    /// All, also those that are not in ``files``.
    package let count: Int

    package init(files: [WorkspaceChange], count: Int) {
        self.files = files
        self.count = count
    }
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
        let store = try GitObjects(path: self.store)
        let person = "\(signature.name) <\(signature.mail)> \(signature.seconds) +0000"
        let text = "tree \(tree.hex)\nauthor \(person)\ncommitter \(person)\n\n\(message)\n"
        let commit = try store.write(Array(text.utf8), .commit).id
        try unsafe GitLibrary.setReference(
            reference, to: commit, in: store.repository, mayReplace: false, "the snapshot")
    }

    /// The commits kept below `prefix` (with a slash at the end), in no particular order.
    package func records(below prefix: String) throws(GitError) -> [Record] {
        let store = try GitObjects(path: self.store)
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
        let store = try GitObjects(path: self.store)
        unsafe git_reference_remove(store.repository, reference)
    }

    /// Changed files that are listed, and the bytes of their paths: a command may change all files of a workspace, and
    /// choose long names.
    private static let listed = (files: 10_000, pathBytes: 4 << 20)

    /// What differs between two trees of scans. Lists at most 10,000 files with 4 MiB of paths, and counts all.
    package func changes(from old: GitObjectID, to new: GitObjectID) throws(GitError) -> WorkspaceChanges {
        let store = try GitObjects(path: self.store)
        var walk = TreeWalk(store, .scans(entries: self.rules.entries), of: "what has changed")
        var files: [WorkspaceChange] = []
        var (count, pathBytes) = (0, 0)
        try walk.compare(ObjectKey(old), ObjectKey(new)) { visit throws(GitError) in
            let items = (old: visit.old?.isFile == true, new: visit.new.flatMap { $0.isFile ? $0 : nil })
            guard items.old || items.new != nil else { return }
            count += 1
            pathBytes += visit.path.count
            guard count <= Self.listed.files, pathBytes <= Self.listed.pathBytes else { return }
            let kind: WorkspaceChange.Kind = items.new == nil ? .deleted : items.old ? .modified : .added
            let path = String(decoding: visit.path, as: UTF8.self)
            files.append(WorkspaceChange(kind: kind, path: path, digest: items.new?.key.id.hex))
        }
        files.sort { $0.path.precedes($1.path) }
        return WorkspaceChanges(files: files, count: count)
    }

    /// The lines that a file gains and loses.
    package struct Size: Sendable, Equatable {
        /// As `QuotedPath` writes it.
        package let path: String
        package let additions: Int
        package let deletions: Int
        package let isBinary: Bool
    }

    /// The size of what differs between two trees, sorted by path. Throws ``GitError/Code/tooLarge`` for more than can be
    /// shown.
    package func sizes(from old: GitObjectID, to new: GitObjectID) throws(GitError) -> [Size] {
        guard let diff = try self.diff(old, new, findingRenames: false) else { return [] }
        return (0..<diff.count).compactMap { index -> Size? in
            var patch: OpaquePointer?
            // Before the delta is read: only then it is known whether the file is binary.
            let status = unsafe git_patch_from_diff(&patch, diff.handle, index)
            defer { unsafe git_patch_free(patch) }
            guard let delta = unsafe git_diff_get_delta(diff.handle, index)?.pointee else { return nil }
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

    /// The size of what differs between two trees. Throws ``GitError/Code/tooLarge`` for more than can be shown.
    package func stat(from old: GitObjectID, to new: GitObjectID) throws(GitError) -> GitStat {
        try GitObjects(path: self.store).stat(
            ObjectKey(old), ObjectKey(new), of: Self.difference, findingRenames: false)
    }

    /// A unified diff of two trees, with renamed files, cut at the end of a line after `limit` bytes. Throws
    /// ``GitError/Code/tooLarge`` for more files than can be shown.
    package func difference(from old: GitObjectID, to new: GitObjectID, limit: Int) throws(GitError) -> String {
        guard let diff = try self.diff(old, new, .show(isWhole: false), findingRenames: true) else { return "" }
        var bytes: [UInt8] = []
        var read = 0
        var lines = LineCost(try GitObjects(path: self.store))
        var isCheap = true
        for index in 0..<diff.count where bytes.count <= limit && read <= TreeLimits.changedBytes {
            isCheap = try diff.count(index, in: &lines)
            guard isCheap else { break }
            var patch: OpaquePointer?
            guard unsafe git_patch_from_diff(&patch, diff.handle, index) == 0 else { continue }
            defer { unsafe git_patch_free(patch) }
            // Larger files were not read.
            if let delta = unsafe git_patch_get_delta(patch)?.pointee {
                read += unsafe min(Int(clamping: delta.old_file.size), GitDiffLimits.standardFileBytes)
                read += unsafe min(Int(clamping: delta.new_file.size), GitDiffLimits.standardFileBytes)
            }
            guard let text = unsafe try? PatchText.bytes(of: patch, Self.difference) else { continue }
            bytes += text.prefix(limit + 1 - bytes.count)
        }
        if bytes.count > limit {
            let end = bytes[..<limit].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? limit
            bytes.removeSubrange(end...)
            bytes += Array("… the diff is longer than \(limit >> 10) KB\n".utf8)
        } else if !isCheap {
            bytes += Array("… the diff has too many short lines to compare\n".utf8)
        } else if read > TreeLimits.changedBytes {
            bytes += Array("… the diff is of more than \(TreeLimits.changedBytes >> 20) MB of files\n".utf8)
        }
        return StreamSafeText.of(String(decoding: bytes, as: UTF8.self))
    }

    /// Throws ``GitError/Code/tooLarge`` if what differs between two trees could not be shown.
    package func checkCommit(from old: GitObjectID, to new: GitObjectID) throws(GitError) {
        var walk = try TreeWalk(GitObjects(path: self.store), .commit, of: "the commit")
        try walk.compare(ObjectKey(old), ObjectKey(new))
    }

    private static let difference = "the difference"

    private func diff(
        _ old: GitObjectID, _ new: GitObjectID, _ limits: TreeLimits = .show(), findingRenames isFindingRenames: Bool
    ) throws(GitError) -> TreeDiff? {
        try GitObjects(path: self.store).diff(
            ObjectKey(old), ObjectKey(new), of: Self.difference, limits, findingRenames: isFindingRenames)
    }

    /// An index file with a tree's files, for a Git in the jail. `draft` is a path that only the host writes.
    ///
    /// In the jail, nothing is done about a file that the folder can't have: its entry says that it need not be there.
    package func index(of commit: GitObjectID, draft: String) throws(GitError) -> [UInt8] {
        let store = try GitObjects(path: self.store)
        let key = try store.tree(ofCommit: commit)
        let unheld = try self.unheld(in: key, store)
        unsafe unlink(draft)
        let index = try unsafe GitLibrary.make("the index") { unsafe git_index_open($0, draft) }
        defer {
            unsafe git_index_free(index)
            unsafe unlink(draft)
        }
        let tree = try unsafe store.handle(key)
        defer { unsafe git_tree_free(tree) }
        try unsafe GitLibrary.check(git_index_read_tree(index, tree), "the index")
        for path in unheld.keys {
            let name = path.map { CChar(bitPattern: $0) } + [0]
            guard var entry = unsafe git_index_get_bypath(index, name, 0)?.pointee else { continue }
            unsafe entry.flags_extended |= UInt16(GIT_INDEX_ENTRY_SKIP_WORKTREE.rawValue)
            try unsafe GitLibrary.check(git_index_add(index, &entry), "the index")
        }
        try unsafe GitLibrary.check(git_index_write(index), "the index")
        let number = unsafe open(draft, O_RDONLY | O_CLOEXEC)
        guard number >= 0, let file = OpenFile(FileDescriptor(owning: number)),
            let bytes = file.read(at: 0, upTo: file.size)
        else { throw GitError(system: errno, "read", "the index") }
        return bytes
    }
}
