internal import CGit2

extension GitRepository {
    /// The files that differ between two commits, without a search for renames. Nil if they have more than `limit` bytes
    /// in all.
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
