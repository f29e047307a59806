internal import CGit2

extension GitRepository {
    /// `id` and its ancestors, newest first.
    package func log(from id: GitObjectID, limit: Int) throws(GitError) -> [GitCommit] {
        try self.log(from: id, without: nil, limit: limit)
    }

    /// `id` and those of its ancestors that are not in `base`, newest first.
    package func log(
        from id: GitObjectID, without base: GitObjectID?, limit: Int
    ) throws(GitError) -> [GitCommit] {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        var commits: [GitCommit] = []
        try unsafe self.walk(from: [id], without: base, limit: limit, repository) { (handle) throws(GitError) in
            unsafe commits.append(GitCommit(handle))
            return true
        }
        return commits
    }

    /// The newest commit with `trailer` among the newest `limit` commits of all local branches, and a branch that
    /// contains it, preferably one whose tip it is.
    package func find(
        _ trailer: GitTrailer, limit: Int = 5_000
    ) throws(GitError) -> (commit: GitCommit, branch: String)? {
        try self.findAll(trailer, limit: limit, count: 1).first
    }

    /// The commits with `trailer` among the newest `limit` commits of all local branches, newest first, each with a
    /// branch that contains it: preferably one whose tip it is, else the first by name. Those that `base` contains are
    /// left out.
    package func findAll(
        _ trailer: GitTrailer, without base: GitObjectID? = nil, limit: Int = 5_000, count: Int = 1_000
    ) throws(GitError) -> [(commit: GitCommit, branch: String)] {
        let repository = try unsafe self.open()
        defer { unsafe git_repository_free(repository) }
        let branches = try unsafe self.branches(repository).filter { !$0.isRemote }
        let line = "\(trailer.key): \(trailer.value)"
        // The first branch by name that contains each commit, carried from children to parents on the way.
        var homes: [ObjectKey: Int] = [:]
        for (number, branch) in branches.enumerated() {
            let key = ObjectKey(branch.id)
            homes[key] = min(number, homes[key] ?? number)
        }
        var found: [(commit: GitCommit, branch: String)] = []
        try unsafe self.walk(from: branches.map(\.id), without: base, limit: limit, repository) {
            (handle) throws(GitError) in
            guard let raw = unsafe git_commit_id(handle) else { return true }
            let home = unsafe homes.removeValue(forKey: ObjectKey(raw.pointee)) ?? 0
            for index in 0..<(unsafe git_commit_parentcount(handle)) {
                guard let parent = unsafe git_commit_parent_id(handle, index) else { continue }
                let older = unsafe ObjectKey(parent.pointee)
                homes[older] = min(home, homes[older] ?? home)
            }
            guard let message = unsafe git_commit_message(handle), unsafe cgit2_contains(message, line) == 1 else {
                return true
            }
            let commit = unsafe GitCommit(handle)
            guard commit.trailers.contains(trailer) else { return true }
            found.append((commit, (branches.first { $0.id == commit.id } ?? branches[home]).name))
            return found.count < count
        }
        return found
    }

    /// The commit that last changed a file or folder, among a commit and its ancestors. Nil if it does not exist there,
    /// or if it has not changed in the last `limit` commits.
    package func lastChange(
        of path: String, at id: GitObjectID, limit: Int = 5_000
    ) throws(GitError) -> GitObjectID? {
        try GitName.checkPath(path)
        let store = try self.openStore()
        var commit = try GitCommit(id, in: store)
        guard let wanted = Self.entry(at: path, of: id, store) else { return nil }
        for _ in 0..<limit {
            // As in `git log -- PATH`, a commit in which the file equals that of any parent is not the change.
            guard let older = commit.parents.first(where: { Self.entry(at: path, of: $0, store) == wanted }) else {
                return commit.id
            }
            commit = try GitCommit(older, in: store)
        }
        return nil
    }

    private static func entry(at path: String, of commit: GitObjectID, _ store: ObjectStore) -> ObjectKey? {
        try? store.item(at: path, in: store.tree(ofCommit: commit))?.key
    }

    /// Visits `starts` and their ancestors, newest first, until `visit` returns false.
    private func walk(
        from starts: [GitObjectID], without hidden: GitObjectID?, limit: Int, _ repository: OpaquePointer,
        visit: (OpaquePointer) throws(GitError) -> Bool
    ) throws(GitError) {
        let walk = try unsafe GitLibrary.make("the log") { unsafe git_revwalk_new($0, repository) }
        defer { unsafe git_revwalk_free(walk) }
        // The order of `git log`, which the library finds while walking. Any other order reads the whole history first
        // and may put a commit after its parents.
        unsafe git_revwalk_sorting(walk, GIT_SORT_NONE.rawValue)
        for start in starts {
            var id = start.raw
            try unsafe GitLibrary.check(git_revwalk_push(walk, &id), "the commit \(start.short)")
        }
        if var id = hidden?.raw {
            try unsafe GitLibrary.check(git_revwalk_hide(walk, &id), "the commit \(hidden?.short ?? "")")
        }
        var id = git_oid()
        var count = 0
        while count < limit, unsafe git_revwalk_next(&id, walk) == 0 {
            count += 1
            do throws(GitError) {
                let commit = try unsafe self.commitHandle(GitObjectID(id), repository)
                defer { unsafe git_commit_free(commit) }
                guard try unsafe visit(commit) else { return }
            } catch  where error.code == .tooLarge {
                // One with an enormous message hides no other.
            }
        }
    }
}
