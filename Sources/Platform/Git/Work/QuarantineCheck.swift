internal import CGit2

/// What commits from a jail must fulfil beyond `git index-pack --strict`.
struct QuarantineCheck {
    private struct Comparison: Hashable {
        let new: ObjectKey
        let old: ObjectKey?
    }

    private static let mostTrees = 500_000

    private let store: ObjectStore
    private let limit: Int

    init(store: ObjectStore, limit: Int) {
        self.store = store
        self.limit = limit
    }

    /// The commits after `base` up to `new` that none of the `known` ones contains, oldest first.
    func commits(
        from base: GitObjectID, to new: GitObjectID, without known: [GitObjectID]
    ) throws(GitError) -> [GitCommit] {
        var (baseID, newID) = (base.raw, new.raw)
        guard unsafe git_graph_descendant_of(self.store.repository, &newID, &baseID) == 1 else {
            throw GitError(
                .conflict,
                "the commits do not continue the branch's last commit \(base.short): put them on it with "
                    + "`git rebase --autostash \(base.short)`")
        }
        let walk = try unsafe GitLibrary.make("the log") { unsafe git_revwalk_new($0, self.store.repository) }
        defer { unsafe git_revwalk_free(walk) }
        unsafe git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL.rawValue | GIT_SORT_REVERSE.rawValue)
        try unsafe GitLibrary.check(git_revwalk_push(walk, &newID), "the commit \(new.short)")
        try unsafe GitLibrary.check(git_revwalk_hide(walk, &baseID), "the commit \(base.short)")
        for commit in known {
            var id = commit.raw
            try unsafe GitLibrary.check(git_revwalk_hide(walk, &id), "the commit \(commit.short)")
        }
        var commits: [GitCommit] = []
        var seen: Set<Comparison> = []
        var id = git_oid()
        while unsafe git_revwalk_next(&id, walk) == 0 {
            guard commits.count < self.limit else {
                throw GitError(.tooLarge, "there are more than \(self.limit) new commits: push them in smaller steps")
            }
            let commit = try GitCommit(GitObjectID(id), in: self.store)
            var old: ObjectKey?
            if let parent = commit.parents.first { old = try self.store.tree(ofCommit: parent) }
            try self.check(try self.store.tree(ofCommit: commit.id), old, commit, &seen)
            commits.append(commit)
        }
        return commits
    }

    /// Checks what a tree has and `old` has not.
    private func check(
        _ new: ObjectKey, _ old: ObjectKey?, _ commit: GitCommit, _ seen: inout Set<Comparison>
    ) throws(GitError) {
        guard new != old, seen.insert(Comparison(new: new, old: old)).inserted else { return }
        guard seen.count < Self.mostTrees else { throw Self.refusal(commit, "it changes too many folders") }
        let known = Dictionary(try self.store.tree(old).map { ($0.name, $0) }) { first, _ in first }
        for item in try self.store.tree(new) where known[item.name] != item {
            let name = GitName.printable(String(decoding: item.name, as: UTF8.self))
            guard TreeItem.isSafe(item.name) else {
                throw Self.refusal(commit, "it has a file or folder named \"\(name)\"")
            }
            if item.name == Array(".gitmodules".utf8) || item.kind == .submodule {
                throw Self.refusal(commit, "it changes a submodule (\(name))")
            }
            if item.kind == .folder {
                let inner = known[item.name].flatMap { $0.kind == .folder ? $0.key : nil }
                try self.check(item.key, inner, commit, &seen)
            } else if !self.store.has(item.key) {
                throw Self.refusal(commit, "the content of \(name) is missing")
            }
        }
    }

    private static func refusal(_ commit: GitCommit, _ reason: String) -> GitError {
        GitError(
            .invalidName,
            "the commit \(commit.id.short) is refused because \(reason): undo that with `git reset --soft`, then commit again"
        )
    }
}
