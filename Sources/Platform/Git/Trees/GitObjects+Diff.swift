internal import CGit2

extension GitObjects {
    /// Compares two trees line by line, after a walk has found that this stays within the limits: the library visits only
    /// the paths that differ. Nil if none do.
    ///
    /// - Parameters:
    ///   - subject: "the commit 1234567".
    ///   - isFindingRenames: Whether files that were removed here and added there, almost unchanged, are joined.
    func diff(
        _ old: ObjectKey?, _ new: ObjectKey?, of subject: String, _ limits: TreeLimits = .show(), flags: UInt32 = 0,
        findingRenames isFindingRenames: Bool
    ) throws(GitError) -> TreeDiff? {
        var found = FoundChanges()
        var walk = TreeWalk(self, limits, of: subject)
        try walk.compare(old, new) { visit throws(GitError) in found.take(visit) }
        guard !found.paths.isEmpty else { return nil }
        // The library looks for each of them in the whole list.
        guard found.submodules <= 1_000 else { throw limits.error(subject, "changes more than 1000 submodules") }
        var options = unsafe git_diff_options()
        unsafe git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION))
        unsafe options.flags = flags | GIT_DIFF_DISABLE_PATHSPEC_MATCH.rawValue
        unsafe options.max_size = Int64(limits.fileBytes)
        let left = try unsafe old.map { (tree) throws(GitError) in try unsafe self.handle(tree) }
        defer { unsafe git_tree_free(left) }
        let right = try unsafe new.map { (tree) throws(GitError) in try unsafe self.handle(tree) }
        defer { unsafe git_tree_free(right) }
        let diff = try unsafe GitLibrary.withStrings(found.paths) { paths throws(GitError) in
            unsafe options.pathspec = paths
            return try unsafe GitLibrary.make(subject) {
                unsafe git_diff_tree_to_tree($0, self.repository, left, right, &options)
            }
        }
        let made = unsafe TreeDiff(owning: diff, of: self)
        if isFindingRenames { try made.findRenames(mayRead: found.movableBytes <= Self.movableBytes, subject) }
        return made
    }

    /// The library compares the contents of files that were added and removed, of any size: so many bytes of all of them
    /// take a second at most.
    static let movableBytes = 64 << 20

    /// The caller frees it.
    func handle(_ tree: ObjectKey, _ what: @autoclosure () -> String = "the tree") throws(GitError) -> OpaquePointer {
        var raw = tree.raw
        return try unsafe GitLibrary.make(what()) { unsafe git_tree_lookup($0, self.repository, &raw) }
    }
}

/// The library's comparison of two trees.
@safe final class TreeDiff {
    /// It reads the files' contents only when they are asked for.
    private let store: GitObjects
    let handle: OpaquePointer

    init(owning handle: OpaquePointer, of store: GitObjects) {
        self.store = store
        unsafe self.handle = handle
    }

    deinit { unsafe git_diff_free(self.handle) }

    /// Files.
    var count: Int { unsafe git_diff_num_deltas(self.handle) }

    /// Counts what comparing the file at an index costs. False beyond the limit.
    func count(_ index: Int, in lines: inout LineCost) throws(GitError) -> Bool {
        guard let delta = unsafe git_diff_get_delta(self.handle, index)?.pointee else { return true }
        let old = try unsafe delta.status == GIT_DELTA_ADDED ? nil : self.file(delta.old_file)
        let new = try unsafe delta.status == GIT_DELTA_DELETED ? nil : self.file(delta.new_file)
        return try lines.add(old, new)
    }

    /// Nil for a submodule, and for a file that is too large to be read.
    private func file(_ side: git_diff_file) throws(GitError) -> LineCost.File? {
        guard unsafe side.mode != UInt16(GIT_FILEMODE_COMMIT.rawValue) else { return nil }
        let key = unsafe ObjectKey(GitObjectID(side.id))
        let size = try self.store.header(key, .blob)
        return size <= GitDiffLimits.standardFileBytes ? LineCost.File(key: key, size: size) : nil
    }

    func stat() throws(GitError) -> GitStat {
        let stats = try unsafe GitLibrary.make("the diff's summary") { unsafe git_diff_get_stats($0, self.handle) }
        defer { unsafe git_diff_stats_free(stats) }
        return unsafe GitStat(
            files: git_diff_stats_files_changed(stats), additions: git_diff_stats_insertions(stats),
            deletions: git_diff_stats_deletions(stats))
    }

    /// Added files, and removed ones, whose contents are compared.
    private static let mostCompared = 200
    /// For each added file the library visits all files. While it compares contents it begins anew, up to a hundred times,
    /// when a better match replaces another; searching for equal files takes one pass.
    private static let mostVisits = (similar: 200_000, equal: 20_000_000)

    /// Joins files that were removed here and added there, almost unchanged; only the same ones if files may not be read
    /// or there are many, and none of very many.
    fileprivate func findRenames(mayRead: Bool, _ what: String) throws(GitError) {
        // Each can be joined with a removed one and with an added one.
        let retyped = unsafe git_diff_num_deltas_of_type(self.handle, GIT_DELTA_TYPECHANGE)
        let added = unsafe git_diff_num_deltas_of_type(self.handle, GIT_DELTA_ADDED) + retyped
        let removed = unsafe git_diff_num_deltas_of_type(self.handle, GIT_DELTA_DELETED) + retyped
        let visits = added * self.count
        guard visits <= Self.mostVisits.equal else { return }
        let isExact = !mayRead || max(added, removed) > Self.mostCompared || visits > Self.mostVisits.similar
        var find = unsafe git_diff_find_options()
        unsafe git_diff_find_options_init(&find, UInt32(GIT_DIFF_FIND_OPTIONS_VERSION))
        unsafe find.flags =
            GIT_DIFF_FIND_RENAMES.rawValue | (isExact ? GIT_DIFF_FIND_EXACT_MATCH_ONLY.rawValue : 0)
        // It counts removed files for each added one; both were counted before.
        unsafe find.rename_limit = self.count
        try unsafe GitLibrary.check(git_diff_find_similar(self.handle, &find), what)
    }
}

/// What a comparison has to look at.
private struct FoundChanges {
    private(set) var paths: [[UInt8]] = []
    private(set) var submodules = 0
    private(set) var movableBytes = 0

    mutating func take(_ visit: TreeWalk.Visit) {
        let items = [visit.old, visit.new].compactMap(\.self)
        guard items.contains(where: \.isFile) else { return }
        self.paths.append(visit.path)
        if items.contains(where: { $0.kind == .submodule }) { self.submodules += 1 }
        self.movableBytes = visit.adding(to: self.movableBytes)
    }
}
