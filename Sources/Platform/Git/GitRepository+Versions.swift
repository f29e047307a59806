internal import CGit2
internal import Primitives

extension GitRepository {
    /// The commits that changed a file or folder, from `id` back, newest first. A merge counts only where the result
    /// differs from all its parents. Reads at most `visits` commits, and fewer where they are too much to read; see
    /// ``HistoryEffort``.
    package func history(
        of path: String, from id: GitObjectID, limit: Int, visits: Int = 5_000
    ) throws(GitError) -> Bounded<GitCommit> {
        var found = Bounded<GitCommit>(items: [], isCut: false)
        found.isCut = try self.changes(of: [path], from: id, visits: visits) { _, commit in
            guard found.items.count < limit else { return false }
            found.items.append(commit)
            return true
        }
        return found
    }

    /// For each file or folder the newest commit, from `id` back, that changed it. Leaves out those that do not exist
    /// at `id`, and those that none of the newest `visits` commits changed.
    package func lastChanges(
        of paths: [String], from id: GitObjectID, visits: Int = 5_000
    ) throws(GitError) -> [String: GitCommit] {
        var found: [String: GitCommit] = [:]
        _ = try self.changes(of: paths, from: id, visits: visits) { path, commit in
            if found[path] == nil { found[path] = commit }
            return found.count < paths.count
        }
        return found
    }

    /// The changes of a file between two commits, as a unified diff; empty without changes. A missing file counts as
    /// an empty one. Throws ``GitError/Code/tooLarge`` over `limit` bytes.
    package func patch(
        of path: String, from old: GitObjectID?, to new: GitObjectID, limit: Int = 1 << 20
    ) throws(GitError) -> String {
        var before: [UInt8] = []
        if let old { before = try self.content(of: path, at: old, limit: limit) }
        let after = try self.content(of: path, at: new, limit: limit)
        guard before != after else { return "" }
        guard LineCost.allows(before, after) else {
            throw GitError(.tooLarge, "\(GitName.printable(path)) has too many short lines to compare")
        }
        let what = "the diff of \(GitName.printable(path))"
        return try unsafe PatchText.between(before, after, path: path, what) { (patch) throws(GitError) in
            try unsafe StreamSafeText.of(String(decoding: PatchText.bytes(of: patch, what), as: UTF8.self))
        }
    }

    private func content(of path: String, at id: GitObjectID, limit: Int) throws(GitError) -> [UInt8] {
        do throws(GitError) {
            return try self.file(path, at: id, limit: limit)
        } catch  where error.code == .notFound {
            return []
        }
    }

    /// Calls `take` for each change until it returns false; returns whether commits are left.
    private func changes(
        of paths: [String], from id: GitObjectID, visits: Int, take: (String, GitCommit) -> Bool
    ) throws(GitError) -> Bool {
        for path in paths { try GitName.checkPath(path) }
        let store = try self.openStore()
        let effort = HistoryEffort()
        var walk = try CommitWalk(store, from: [id], effort)
        let lookup = PathLookup(store, paths, effort)
        var visited = 0
        while let next = try walk.next() {
            guard visited < visits else { return true }
            visited += 1
            let entries = try lookup.items(in: next.tree).map { $0?.key }
            var changed = Array(paths.indices)
            if next.parents.isEmpty { changed.removeAll { entries[$0] == nil } }
            for parent in next.parents where !changed.isEmpty {
                var older = [ObjectKey?](repeating: nil, count: paths.count)
                if let commit = try walk.commit(parent) { older = try lookup.items(in: commit.tree).map { $0?.key } }
                changed.removeAll { older[$0] == entries[$0] }
            }
            guard !effort.isSpent else { return true }
            // One with an enormous message hides no other.
            guard !changed.isEmpty, let commit = try? GitCommit(next.key.id, in: store) else { continue }
            guard effort.keep(commit) else { return true }
            for index in changed {
                guard take(paths[index], commit) else { return true }
            }
        }
        return walk.isCut
    }
}
