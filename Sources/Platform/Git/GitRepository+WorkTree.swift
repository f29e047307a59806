internal import CGit2

extension GitRepository {
    /// Whether the branch is checked out in this work tree. Throws if it is checked out in another one.
    func isCheckedOut(_ branch: String, _ repository: OpaquePointer) throws(GitError) -> Bool {
        let reference = try unsafe GitLibrary.make("the branch \(branch)") {
            unsafe git_reference_lookup($0, repository, "refs/heads/" + branch)
        }
        defer { unsafe git_reference_free(reference) }
        if unsafe git_branch_is_head(reference) == 1 { return unsafe git_repository_is_bare(repository) == 0 }
        // libgit2 counts a bare repository's HEAD as checked out; only other work trees matter here.
        guard unsafe git_repository_is_bare(repository) == 0, unsafe git_branch_is_checked_out(reference) == 1 else {
            return false
        }
        throw GitError(
            .dirtyWorkTree,
            "the branch \(branch) is checked out in another work tree: switch that one to another branch (`git worktree list`)"
        )
    }

    /// Throws if a tracked file differs from the branch's tip.
    func checkClean(_ branch: String, _ repository: OpaquePointer) throws(GitError) {
        var options = unsafe git_status_options()
        unsafe git_status_options_init(&options, UInt32(GIT_STATUS_OPTIONS_VERSION))
        unsafe options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR
        unsafe options.flags = 0
        let list = try unsafe GitLibrary.make("the status of the work tree") {
            unsafe git_status_list_new($0, repository, &options)
        }
        defer { unsafe git_status_list_free(list) }
        let count = unsafe git_status_list_entrycount(list)
        guard count > 0 else { return }
        throw GitError(
            .dirtyWorkTree,
            "the branch \(branch) is checked out with \(count) changed \(count == 1 ? "file" : "files"): commit or stash them, or switch to another branch"
        )
    }

    /// Updates `paths` in the work tree and the index to a commit. Without `force`, a conflicting file is an error and
    /// nothing changes.
    func checkOut(
        _ id: GitObjectID, paths: [String], force: Bool, _ repository: OpaquePointer
    ) throws(GitError) {
        let commit = try unsafe self.commitHandle(id, repository)
        defer { unsafe git_commit_free(commit) }
        var options = unsafe git_checkout_options()
        unsafe git_checkout_options_init(&options, UInt32(GIT_CHECKOUT_OPTIONS_VERSION))
        unsafe options.checkout_strategy =
            (force ? GIT_CHECKOUT_FORCE : GIT_CHECKOUT_SAFE).rawValue | GIT_CHECKOUT_DISABLE_PATHSPEC_MATCH.rawValue
            | (force ? GIT_CHECKOUT_REMOVE_UNTRACKED.rawValue : 0)
        var names: [UnsafeMutablePointer<CChar>?] = unsafe []
        defer { unsafe names.forEach { unsafe $0?.deallocate() } }
        for path in paths { unsafe names.append(GitLibrary.copy(path)) }
        let status = unsafe names.withUnsafeMutableBufferPointer { names in
            unsafe options.paths = git_strarray(strings: names.baseAddress, count: names.count)
            return unsafe git_checkout_tree(repository, commit, &options)
        }
        try GitLibrary.check(status, "the work tree")
    }
}
