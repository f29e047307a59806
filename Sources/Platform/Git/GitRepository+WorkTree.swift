internal import CGit2
internal import Glibc

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

    /// Throws if one of the tracked files at `paths` differs from the branch's tip, or while another program changes them.
    func checkClean(_ branch: String, _ paths: [String], _ repository: OpaquePointer) throws(GitError) {
        var options = unsafe git_status_options()
        unsafe git_status_options_init(&options, UInt32(GIT_STATUS_OPTIONS_VERSION))
        unsafe options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR
        unsafe options.flags = GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH.rawValue
        let list = try unsafe GitLibrary.withStrings(paths.map { Array($0.utf8) }) { names throws(GitError) in
            unsafe options.pathspec = names
            return try unsafe GitLibrary.make("the status of the work tree") {
                unsafe git_status_list_new($0, repository, &options)
            }
        }
        defer { unsafe git_status_list_free(list) }
        let count = unsafe git_status_list_entrycount(list)
        guard count > 0 else { return }
        // In the middle of a `git switch`, files differ for a moment.
        try unsafe self.checkUnlocked(branch, repository)
        let names = (0..<min(count, Self.namedFiles)).compactMap { unsafe Self.path($0, of: list) }
        let shown = names.joined(separator: ", ") + (count > names.count ? ", …" : "")
        throw GitError(
            .dirtyWorkTree,
            "the branch \(branch) is checked out with \(count) changed \(count == 1 ? "file" : "files") (\(shown)): commit or stash them, or switch to another branch"
        )
    }

    private static let namedFiles = 3

    private static func path(_ index: Int, of list: OpaquePointer) -> String? {
        guard let entry = unsafe git_status_byindex(list, index)?.pointee,
            let delta = unsafe (entry.index_to_workdir ?? entry.head_to_index)?.pointee,
            let path = unsafe delta.new_file.path ?? delta.old_file.path
        else { return nil }
        return unsafe GitName.printable(String(cString: path))
    }

    /// Throws if an untracked file is in the place of one of the commit's.
    private func checkUntracked(_ paths: [String], _ repository: OpaquePointer) throws(GitError) {
        guard let folder = unsafe git_repository_workdir(repository) else { return }
        let root = unsafe String(cString: folder)
        let index = try unsafe GitLibrary.make("the index") { unsafe git_repository_index($0, repository) }
        defer { unsafe git_index_free(index) }
        let found = paths.sorted { $0.precedes($1) }.filter { path in
            unsafe git_index_get_bypath(index, path, 0) == nil && access(root + path, F_OK) == 0
        }
        guard !found.isEmpty else { return }
        let shown = found.prefix(Self.namedFiles).map { GitName.printable($0) }.joined(separator: ", ")
        throw GitError(
            .dirtyWorkTree,
            "the branch is checked out, and untracked files are in the way of the commit's (\(shown)): move them away, or switch to another branch"
        )
    }

    /// The paths that differ between two trees, if they may be updated in the work tree.
    func updatable(
        from old: ObjectKey, to new: ObjectKey, _ store: GitObjects
    ) throws(GitError) -> [String] {
        var size: Int64 = 0
        let paths = try store.paths(from: old, to: new, of: "the commit", .update) { visit throws(GitError) in
            guard let bytes = visit.newSize else { return }
            size += Int64(bytes)
            guard bytes <= TreeLimits.updatedFileBytes else {
                let name = GitName.printable(String(decoding: visit.path, as: UTF8.self))
                throw TreeLimits.update.error(
                    name, "is a file of more than \(TreeLimits.updatedFileBytes >> 20) MB")
            }
        }
        if let folder = unsafe git_repository_workdir(store.repository) {
            try DiskRoom(path: unsafe String(cString: folder)).check(size, "the branch's files can't be written")
        }
        try unsafe self.checkLinks(paths, store.repository)
        return paths
    }

    /// Throws if a folder of a path is a symbolic link in the work tree, though not in the repository: the library would
    /// write through it, perhaps outside of the work tree.
    private func checkLinks(_ paths: [String], _ repository: OpaquePointer) throws(GitError) {
        guard let workdir = unsafe git_repository_workdir(repository) else { return }
        let root = unsafe String(cString: workdir)
        // By bytes: other names may be the same characters.
        let known = Set(paths.map { Array($0.utf8)[...] })
        var seen: Set<ArraySlice<UInt8>> = []
        for path in known {
            var folder = path
            while let slash = folder.lastIndex(of: UInt8(ascii: "/")) {
                folder = folder[..<slash]
                guard seen.insert(folder).inserted else { break }
                // One that is in the repository is replaced with what takes its place.
                if known.contains(folder) { continue }
                let name = String(decoding: folder, as: UTF8.self)
                var target: CChar = 0
                guard unsafe readlink(root + name, &target, 1) >= 0 else { continue }
                throw GitError(
                    .dirtyWorkTree,
                    "the branch is checked out, and \(GitName.printable(name)) is a symbolic link there but a folder in the commit: move it away, or switch to another branch"
                )
            }
        }
    }

    /// Updates `paths` of a checked-out branch's clean work tree, or throws and leaves them as they are.
    func update(
        _ branch: String, from old: GitObjectID, to new: GitObjectID, _ paths: [String], _ repository: OpaquePointer
    ) throws(GitError) {
        // Checked here because the library takes this lock only after writing the files.
        try unsafe self.checkUnlocked(branch, repository)
        do throws(GitError) {
            try unsafe self.checkOut(new, paths: paths, force: false, repository)
        } catch  where error.code == .locked {
            // Another program was faster: the index still has the old files.
            try unsafe self.checkOut(old, paths: paths, force: true, updatingIndex: false, repository)
            throw error
        }
    }

    private func checkUnlocked(_ branch: String, _ repository: OpaquePointer) throws(GitError) {
        guard unsafe self.heldLocks(branch, repository).contains(where: { $0.name == "index.lock" }) else { return }
        throw GitError(.locked, "the work tree is locked (.git/index.lock): another program is writing")
    }

    /// Updates `paths` in the work tree and the index to a commit. Without `force`, a conflicting file is an error and
    /// nothing changes; one that is ignored is somebody's too, such as `.env`.
    func checkOut(
        _ id: GitObjectID, paths: [String], force: Bool, updatingIndex: Bool = true, _ repository: OpaquePointer
    ) throws(GitError) {
        let commit = try unsafe self.commitHandle(id, repository)
        defer { unsafe git_commit_free(commit) }
        var options = unsafe git_checkout_options()
        unsafe git_checkout_options_init(&options, UInt32(GIT_CHECKOUT_OPTIONS_VERSION))
        unsafe options.checkout_strategy =
            GIT_CHECKOUT_DISABLE_PATHSPEC_MATCH.rawValue
            | (force
                ? GIT_CHECKOUT_FORCE.rawValue | GIT_CHECKOUT_REMOVE_UNTRACKED.rawValue
                : GIT_CHECKOUT_SAFE.rawValue | GIT_CHECKOUT_DONT_OVERWRITE_IGNORED.rawValue)
            | (updatingIndex ? 0 : GIT_CHECKOUT_DONT_UPDATE_INDEX.rawValue)
        let status = unsafe GitLibrary.withStrings(paths.map { Array($0.utf8) }) { names in
            unsafe options.paths = names
            return unsafe git_checkout_tree(repository, commit, &options)
        }
        let error = status < 0 ? GitLibrary.error(status, "the work tree") : nil
        if error?.code == .dirtyWorkTree { try unsafe self.checkUntracked(paths, repository) }
        if let error { throw error }
    }
}
