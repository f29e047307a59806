internal import CGit2

extension GitRepository {
    /// `id` and its ancestors, but for those that are in `base`, newest first. Fewer where they are too much to read; see
    /// ``HistoryEffort``.
    package func log(
        from id: GitObjectID, without base: GitObjectID? = nil, limit: Int
    ) throws(GitError) -> [GitCommit] {
        let store = try self.openStore()
        let effort = HistoryEffort()
        var walk = try CommitWalk(store, from: [id], without: base, effort)
        var commits: [GitCommit] = []
        var visited = 0
        while visited < limit, let next = try walk.next() {
            visited += 1
            // One with an enormous message hides no other.
            guard let commit = try? GitCommit(next.key.id, in: store) else { continue }
            guard effort.keep(commit) else { break }
            commits.append(commit)
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
        let store = try self.openStore()
        let branches = try unsafe self.branches(store.repository).filter { !$0.isRemote }
        let line = "\(trailer.key): \(trailer.value)"
        // The first branch by name that contains each commit, carried from children to parents on the way.
        var homes: [ObjectKey: Int] = [:]
        for (number, branch) in branches.enumerated() {
            let key = ObjectKey(branch.id)
            homes[key] = min(number, homes[key] ?? number)
        }
        let tips = homes
        let effort = HistoryEffort()
        var walk = try CommitWalk(store, from: branches.map(\.id), without: base, effort)
        var found: [(commit: GitCommit, branch: String)] = []
        var visited = 0
        while visited < limit, found.count < count, let next = try walk.next() {
            visited += 1
            let home = homes.removeValue(forKey: next.key) ?? 0
            for parent in next.parents { homes[parent] = min(home, homes[parent] ?? home) }
            // One with an enormous message hides no other.
            guard let handle = try? unsafe store.commit(next.key.id) else { continue }
            defer { unsafe git_commit_free(handle) }
            guard let message = unsafe git_commit_message(handle), unsafe cgit2_contains(message, line) == 1 else {
                continue
            }
            let commit = unsafe GitCommit(handle)
            // Before its trailers are looked for, which takes longer than reading it.
            guard effort.keep(commit) else { break }
            guard commit.trailers.contains(trailer) else { continue }
            found.append((commit, branches[tips[next.key] ?? home].name))
        }
        return found
    }

    /// The commit that last changed a file or folder, among a commit and its ancestors. Nil if it does not exist there,
    /// or if it has not changed in the last `limit` commits, or in those that can be read; see ``HistoryEffort``.
    package func lastChange(
        of path: String, at id: GitObjectID, limit: Int = 5_000
    ) throws(GitError) -> GitObjectID? {
        try GitName.checkPath(path)
        let store = try self.openStore()
        let effort = HistoryEffort()
        var walk = try CommitWalk(store, from: [id], effort)
        let lookup = PathLookup(store, [path], effort)
        guard var commit = try walk.commit(ObjectKey(id)) else { return nil }
        guard let wanted = try lookup.items(in: commit.tree).first??.key else { return nil }
        for _ in 0..<limit {
            // As in `git log -- PATH`, a commit in which the file equals that of any parent is not the change.
            var same: CommitWalk.Commit?
            for parent in commit.parents {
                guard let older = try walk.commit(parent) else { continue }
                guard try lookup.items(in: older.tree).first??.key == wanted else { continue }
                same = older
                break
            }
            guard !effort.isSpent else { return nil }
            guard let same else { return commit.key.id }
            commit = same
        }
        return nil
    }
}
