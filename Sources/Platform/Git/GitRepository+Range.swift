internal import CGit2

extension GitRepository {
    /// The newest commit that both have in their history; nil if their histories are separate.
    package func mergeBase(_ first: GitObjectID, _ second: GitObjectID) throws(GitError) -> GitObjectID? {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        var (firstID, secondID) = (first.raw, second.raw)
        var base = git_oid()
        let status = unsafe git_merge_base(&base, repository, &firstID, &secondID)
        if git_error_code(status) == GIT_ENOTFOUND { return nil }
        try GitLibrary.check(status, "the common ancestor of \(first.short) and \(second.short)")
        return GitObjectID(base)
    }

    /// What differs between two commits.
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
}
