internal import CGit2

extension GitRepository {
    /// The differences between two commits.
    package func diff(
        from old: GitObjectID, to new: GitObjectID, limits: GitDiffLimits = GitDiffLimits()
    ) throws(GitError) -> GitDiff {
        let what = "the diff from \(old.short) to \(new.short)"
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let oldTree = try unsafe self.treeHandle(old, repository)
        defer { unsafe git_tree_free(oldTree) }
        let newTree = try unsafe self.treeHandle(new, repository)
        defer { unsafe git_tree_free(newTree) }
        var options = unsafe git_diff_options()
        unsafe git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION))
        unsafe options.flags = GIT_DIFF_INCLUDE_TYPECHANGE.rawValue
        unsafe options.max_size = limits.fileBytes
        let diff = try unsafe GitLibrary.make(what) {
            unsafe git_diff_tree_to_tree($0, repository, oldTree, newTree, &options)
        }
        defer { unsafe git_diff_free(diff) }
        try unsafe GitLibrary.findRenames(in: diff, what)
        let stat = try unsafe Self.stat(diff)
        var reader = GitPatchReader(limits: limits)
        let count = min(unsafe git_diff_num_deltas(diff), limits.files)
        let files = try (0..<count).map { (index) throws(GitError) in
            try unsafe reader.file(index, of: diff)
        }
        return GitDiff(files: files, stat: stat, isCut: count < stat.files || files.contains { $0.isCut })
    }

    /// A commit's changes relative to its first parent, or to an empty tree if it has none.
    package func diff(of id: GitObjectID, limits: GitDiffLimits = GitDiffLimits()) throws(GitError) -> GitDiff {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let diff = try unsafe self.diffHandle(of: id, limits, repository)
        defer { unsafe git_diff_free(diff) }
        let stat = try unsafe Self.stat(diff)
        var reader = GitPatchReader(limits: limits)
        let count = min(unsafe git_diff_num_deltas(diff), limits.files)
        let files = try (0..<count).map { (index) throws(GitError) in
            try unsafe reader.file(index, of: diff)
        }
        let isCut = count < stat.files || files.contains { $0.isCut }
        return GitDiff(files: files, stat: stat, isCut: isCut)
    }

    /// The size of a commit's changes relative to its first parent.
    package func stat(of id: GitObjectID) throws(GitError) -> GitStat {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let diff = try unsafe self.diffHandle(of: id, GitDiffLimits(), repository)
        defer { unsafe git_diff_free(diff) }
        return try unsafe Self.stat(diff)
    }

    private func diffHandle(
        of id: GitObjectID, _ limits: GitDiffLimits, _ repository: OpaquePointer
    ) throws(GitError) -> OpaquePointer {
        let what = "the diff of \(id.short)"
        let commit = try unsafe self.commitHandle(id, repository)
        defer { unsafe git_commit_free(commit) }
        let new = try unsafe GitLibrary.make(what) { unsafe git_commit_tree($0, commit) }
        defer { unsafe git_tree_free(new) }
        var old: OpaquePointer?
        defer { unsafe git_tree_free(old) }
        if unsafe git_commit_parentcount(commit) > 0 {
            let parent = try unsafe GitLibrary.make(what) { unsafe git_commit_parent($0, commit, 0) }
            defer { unsafe git_commit_free(parent) }
            unsafe old = try unsafe GitLibrary.make(what) { unsafe git_commit_tree($0, parent) }
        }
        var options = unsafe git_diff_options()
        unsafe git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION))
        unsafe options.flags = GIT_DIFF_INCLUDE_TYPECHANGE.rawValue
        unsafe options.max_size = limits.fileBytes
        let diff = try unsafe GitLibrary.make(what) { unsafe git_diff_tree_to_tree($0, repository, old, new, &options) }
        do throws(GitError) {
            try unsafe GitLibrary.findRenames(in: diff, what)
        } catch {
            unsafe git_diff_free(diff)
            throw error
        }
        return unsafe diff
    }

    static func stat(_ diff: OpaquePointer) throws(GitError) -> GitStat {
        let stats = try unsafe GitLibrary.make("the diff's summary") { unsafe git_diff_get_stats($0, diff) }
        defer { unsafe git_diff_stats_free(stats) }
        return unsafe GitStat(
            files: git_diff_stats_files_changed(stats), additions: git_diff_stats_insertions(stats),
            deletions: git_diff_stats_deletions(stats))
    }
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
        let text = unsafe String(decoding: bytes.prefix(self.limits.lineBytes), as: UTF8.self) + (isLong ? "…" : "")
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

extension GitLibrary {
    /// Joins files that were removed here and added there, almost unchanged.
    static func findRenames(in diff: OpaquePointer, _ what: String) throws(GitError) {
        var find = unsafe git_diff_find_options()
        unsafe git_diff_find_options_init(&find, UInt32(GIT_DIFF_FIND_OPTIONS_VERSION))
        unsafe find.flags = GIT_DIFF_FIND_RENAMES.rawValue
        // Comparing each deleted file with each added one gets slow; libgit2's default limit is 1000 targets.
        unsafe find.rename_limit = 200
        try unsafe GitLibrary.check(git_diff_find_similar(diff, &find), what)
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
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let before = try unsafe self.treeHandle(old, repository)
        defer { unsafe git_tree_free(before) }
        let after = try unsafe self.treeHandle(new, repository)
        defer { unsafe git_tree_free(after) }
        let diff = try unsafe GitLibrary.make("the commit's files") {
            unsafe git_diff_tree_to_tree($0, repository, before, after, nil)
        }
        defer { unsafe git_diff_free(diff) }
        var changes: [GitWrittenFile] = []
        var total = 0
        for index in unsafe 0..<git_diff_num_deltas(diff) {
            guard let delta = unsafe git_diff_get_delta(diff, index)?.pointee,
                let name = unsafe delta.new_file.path, let path = unsafe String(validatingCString: name)
            else { return nil }
            let modes = unsafe [delta.old_file.mode, delta.new_file.mode].filter { $0 != 0 }
            let isPlain = modes.allSatisfy { UInt32($0) == GIT_FILEMODE_BLOB.rawValue }
            guard unsafe delta.status != GIT_DELTA_DELETED else {
                changes.append(GitWrittenFile(path: path, bytes: nil, isPlain: isPlain))
                continue
            }
            guard isPlain else {
                changes.append(GitWrittenFile(path: path, bytes: [], isPlain: false))
                continue
            }
            var id = unsafe delta.new_file.id
            let blob = try unsafe GitLibrary.make("the file \(GitName.printable(path))") {
                unsafe git_blob_lookup($0, repository, &id)
            }
            defer { unsafe git_blob_free(blob) }
            let size = Int(unsafe git_blob_rawsize(blob))
            total += size
            guard total <= limit else { return nil }
            let content = unsafe UnsafeRawBufferPointer(start: git_blob_rawcontent(blob), count: size)
            changes.append(GitWrittenFile(path: path, bytes: unsafe Array(content), isPlain: true))
        }
        return changes
    }
}
