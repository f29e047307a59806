internal import CGit2
internal import Primitives

extension GitRepository {
    /// The differences between two commits. Throws ``GitError/Code/tooLarge`` for more than can be shown.
    package func diff(
        from old: GitObjectID, to new: GitObjectID, limits: GitDiffLimits = GitDiffLimits()
    ) throws(GitError) -> GitDiff {
        let store = try self.openStore()
        let trees = try (old: store.root(of: old), new: store.root(of: new))
        return try Self.diff(trees, of: "the difference from \(old.short) to \(new.short)", limits, store)
    }

    /// A commit's changes relative to its first parent, or to an empty tree if it has none. Throws
    /// ``GitError/Code/tooLarge`` for more than can be shown.
    package func diff(of id: GitObjectID, limits: GitDiffLimits = GitDiffLimits()) throws(GitError) -> GitDiff {
        let store = try self.openStore()
        return try Self.diff(store.change(by: id), of: "the commit \(id.short)", limits, store)
    }

    /// The size of a commit's changes relative to its first parent. Throws ``GitError/Code/tooLarge`` for more than can be
    /// shown.
    package func stat(of id: GitObjectID) throws(GitError) -> GitStat {
        let store = try self.openStore()
        let (old, new) = try store.change(by: id)
        return try store.stat(old, new, of: "the commit \(id.short)", findingRenames: true)
    }

    /// The paths of the files that a commit changes, relative to its first parent. Throws ``GitError/Code/tooLarge`` for
    /// more than can be shown.
    package func paths(changedBy id: GitObjectID) throws(GitError) -> [String] {
        let store = try self.openStore()
        let (old, new) = try store.change(by: id)
        return try store.paths(from: old, to: new, of: "the commit \(id.short)")
    }

    /// Of all paths of a difference that is shown, in bytes: one path may have a megabyte.
    private static let shownPathBytes = 1 << 20

    private static func diff(
        _ trees: (old: ObjectKey?, new: ObjectKey), of subject: String, _ limits: GitDiffLimits, _ store: GitObjects
    ) throws(GitError) -> GitDiff {
        let diff = try store.diff(
            trees.old, trees.new, of: subject, .show(fileBytes: limits.fileBytes),
            flags: GIT_DIFF_INCLUDE_TYPECHANGE.rawValue, findingRenames: true)
        guard let diff else { return GitDiff(files: [], stat: .none, isCut: false) }
        let stat = try diff.stat()
        var reader = GitPatchReader(limits: limits)
        var files: [GitFileChange] = []
        var pathBytes = 0
        for index in 0..<min(diff.count, limits.files) {
            let file = try unsafe reader.file(index, of: diff.handle)
            pathBytes += file.path.utf8.count + (file.oldPath?.utf8.count ?? 0)
            guard pathBytes <= Self.shownPathBytes else { break }
            files.append(file)
        }
        return GitDiff(files: files, stat: stat, isCut: files.count < stat.files || files.contains { $0.isCut })
    }
}

extension GitObjects {
    /// The trees of a commit's first parent, if it has one, and of the commit.
    func change(by id: GitObjectID) throws(GitError) -> (old: ObjectKey?, new: ObjectKey) {
        var old: ObjectKey?
        if let parent = try GitCommit(id, in: self).parents.first { old = try self.tree(ofCommit: parent) }
        return (old, try self.tree(ofCommit: id))
    }

    func stat(
        _ old: ObjectKey?, _ new: ObjectKey?, of subject: String, findingRenames isFindingRenames: Bool
    ) throws(GitError) -> GitStat {
        let flags = isFindingRenames ? GIT_DIFF_INCLUDE_TYPECHANGE.rawValue : 0
        return try self.diff(old, new, of: subject, flags: flags, findingRenames: isFindingRenames)?.stat() ?? .none
    }

    /// The paths of the files that differ between two trees, sorted.
    func paths(
        from old: ObjectKey?, to new: ObjectKey?, of subject: String, _ limits: TreeLimits = .show(),
        _ check: (TreeWalk.Visit) throws(GitError) -> Void = { _ in }
    ) throws(GitError) -> [String] {
        var walk = TreeWalk(self, limits, of: subject)
        var paths: [String] = []
        try walk.compare(old, new) { visit throws(GitError) in
            try check(visit)
            guard visit.old?.isFile == true || visit.new?.isFile == true else { return }
            paths.append(String(decoding: visit.path, as: UTF8.self))
        }
        return paths.sorted { $0.precedes($1) }
    }
}

extension GitStat {
    static let none = GitStat(files: 0, additions: 0, deletions: 0)
}

/// Reads patches up to the limits of a whole diff.
struct GitPatchReader {
    private let limits: GitDiffLimits
    private var linesLeft: Int

    init(limits: GitDiffLimits) {
        self.limits = limits
        self.linesLeft = limits.lines
    }

    mutating func file(_ index: Int, of diff: OpaquePointer) throws(GitError) -> GitFileChange {
        var patch: OpaquePointer?
        try unsafe GitLibrary.check(git_patch_from_diff(&patch, diff, index), "the diff")
        defer { unsafe git_patch_free(patch) }
        guard let delta = unsafe git_diff_get_delta(diff, index)?.pointee else {
            throw GitLibrary.error(-1, "the diff")
        }
        var additions = 0
        var deletions = 0
        var hunks: [GitHunk] = []
        var isCut = false
        if let patch = unsafe patch {
            unsafe git_patch_line_stats(nil, &additions, &deletions, patch)
            (hunks, isCut) = unsafe self.hunks(of: patch)
        }
        let status = unsafe Self.status(delta.status)
        let oldPath = unsafe delta.old_file.path.map { unsafe String(cString: $0) }
        let newPath = unsafe delta.new_file.path.map { unsafe String(cString: $0) }
        return unsafe GitFileChange(
            status: status, oldPath: status == .added ? nil : oldPath, path: newPath ?? oldPath ?? "",
            isBinary: delta.flags & GIT_DIFF_FLAG_BINARY.rawValue != 0, additions: additions, deletions: deletions,
            hunks: hunks, isCut: isCut)
    }

    private mutating func hunks(of patch: OpaquePointer) -> ([GitHunk], isCut: Bool) {
        var hunks: [GitHunk] = []
        for index in 0..<(unsafe git_patch_num_hunks(patch)) {
            guard self.linesLeft > 0 else { return (hunks, true) }
            var hunk: UnsafePointer<git_diff_hunk>?
            var count = 0
            guard unsafe git_patch_get_hunk(&hunk, &count, patch, index) == 0, let raw = unsafe hunk?.pointee else {
                return (hunks, true)
            }
            let taken = min(count, self.linesLeft)
            self.linesLeft -= taken
            let lines = (0..<taken).compactMap { unsafe self.line($0, ofHunk: index, patch) }
            let header = unsafe withUnsafeBytes(of: raw.header) { bytes in
                unsafe String(decoding: bytes.prefix(Int(raw.header_len)), as: UTF8.self)
            }
            hunks.append(GitHunk(header: header.filter { !$0.isNewline }, lines: lines))
            if taken < count { return (hunks, true) }
        }
        return (hunks, false)
    }

    private func line(_ index: Int, ofHunk hunk: Int, _ patch: OpaquePointer) -> GitDiffLine? {
        var raw: UnsafePointer<git_diff_line>?
        guard unsafe git_patch_get_line_in_hunk(&raw, patch, hunk, index) == 0, let line = unsafe raw?.pointee else {
            return nil
        }
        let kind: GitDiffLine.Kind
        switch unsafe UInt8(bitPattern: line.origin) {
        case UInt8(ascii: "+"): kind = .added
        case UInt8(ascii: "-"): kind = .deleted
        case UInt8(ascii: " "): kind = .context
        default: kind = .noNewline
        }
        var bytes = unsafe UnsafeRawBufferPointer(start: line.content, count: line.content_len)[...]
        if unsafe bytes.last == UInt8(ascii: "\n") { unsafe bytes.removeLast() }
        if unsafe bytes.last == UInt8(ascii: "\r") { unsafe bytes.removeLast() }
        let isLong = unsafe bytes.count > self.limits.lineBytes
        let shown = unsafe String(decoding: bytes.prefix(self.limits.lineBytes), as: UTF8.self)
        let text = StreamSafeText.of(shown) + (isLong ? "…" : "")
        return unsafe GitDiffLine(
            kind: kind, oldNumber: line.old_lineno > 0 ? Int(line.old_lineno) : nil,
            newNumber: line.new_lineno > 0 ? Int(line.new_lineno) : nil,
            text: kind == .noNewline ? "No newline at end of file" : text)
    }

    private static func status(_ status: git_delta_t) -> GitFileChange.Status {
        switch status {
        case GIT_DELTA_ADDED: .added
        case GIT_DELTA_DELETED: .deleted
        case GIT_DELTA_RENAMED: .renamed
        case GIT_DELTA_COPIED: .copied
        case GIT_DELTA_TYPECHANGE: .typeChanged
        default: .modified
        }
    }
}

/// A commit's change to one file.
package struct GitWrittenFile: Sendable, Hashable {
    package let path: String
    /// The new content; nil if the file is deleted.
    package let bytes: [UInt8]?
    /// Whether the file is and was a regular, non-executable file, and not a link or submodule.
    package let isPlain: Bool
}

extension GitRepository {
    /// The files that differ between two commits, without a search for renames. Nil if they total more than `limit`
    /// bytes.
    package func fileChanges(
        from old: GitObjectID, to new: GitObjectID, limit: Int
    ) throws(GitError) -> [GitWrittenFile]? {
        let store = try self.openStore()
        let what = "the difference from \(old.short) to \(new.short)"
        var found: [(path: String, new: TreeItem?, size: Int, isPlain: Bool)] = []
        var (isReadable, total) = (true, 0)
        var walk = TreeWalk(store, .show(), of: what)
        do throws(GitError) {
            try walk.compare(store.root(of: old), store.root(of: new)) { visit throws(GitError) in
                let items = [visit.old, visit.new].compactMap(\.self)
                guard items.contains(where: \.isFile) else { return }
                guard let path = String(validating: visit.path, as: UTF8.self) else {
                    isReadable = false
                    return
                }
                let isPlain = items.allSatisfy { $0.kind == .file }
                let size = isPlain ? visit.newSize ?? 0 : 0
                total = size <= limit - total ? total + size : limit + 1
                found.append((path, visit.new, size, isPlain))
            }
        } catch  where error.code == .tooLarge {
            return nil
        }
        guard isReadable, total <= limit else { return nil }
        return try found.sorted { $0.path.precedes($1.path) }.map { (file) throws(GitError) in
            let bytes = try file.new.map { (item) throws(GitError) -> [UInt8] in
                file.isPlain ? try store.read(item.key, .blob, limit: file.size) : []
            }
            return GitWrittenFile(path: file.path, bytes: bytes, isPlain: file.isPlain)
        }
    }
}
