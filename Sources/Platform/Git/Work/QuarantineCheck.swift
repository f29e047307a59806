internal import CGit2

/// What commits from a jail must fulfil beyond `git index-pack --strict`. Reads folders and the headers of files only.
struct QuarantineCheck {
    /// Paths that all commits together change.
    private static let mostPaths = 500_000
    /// Bytes of the files that all commits together add.
    private static let mostBytes = 1 << 30
    /// Bytes of the folders' objects that are read for all commits together, which takes some ten seconds.
    private static let mostFolderBytes = 4 << 30

    /// What the commits up to one have together.
    private struct Total {
        var paths = 0
        var bytes = 0
        var folderBytes = 0
        /// What comparing their files line by line costs; see ``LineCost``.
        var lines = 0.0
        var guessed = 0.0
    }

    private let store: GitObjects
    /// The repository that takes them over.
    private let known: GitObjects
    private let limit: Int
    /// A workspace has no larger files.
    private let fileBytes: Int
    private let filters: FilterCheck
    private let effort = RuleEffort()

    init(store: GitObjects, known: GitObjects, limit: Int, fileBytes: Int, settings: GitSettings) {
        self.filters = FilterCheck(store: store, settings: settings)
        self.store = store
        self.known = known
        self.limit = limit
        self.fileBytes = fileBytes
    }

    /// The commits after `base` up to `new` that none of the `known` ones contains, oldest first.
    func commits(
        from base: GitObjectID, to new: GitObjectID, without known: [GitObjectID]
    ) throws(GitError) -> [GitCommit] {
        try self.checkCount(from: new)
        var search = try CommonAncestor(of: base, new, in: self.store)
        guard base != new, try search.isFirstContained() else {
            throw GitError(
                .conflict,
                "the commits do not continue the branch's last commit \(base.short): put them on it with "
                    + "`git rebase --autostash \(base.short)`")
        }
        let walk = try unsafe self.store.walk(from: [new], without: [base] + known, of: "the log")
        defer { unsafe git_revwalk_free(walk) }
        unsafe git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL.rawValue | GIT_SORT_REVERSE.rawValue)
        var commits: [GitCommit] = []
        var total = Total()
        var id = git_oid()
        while unsafe git_revwalk_next(&id, walk) == 0 {
            guard commits.count < self.limit else { throw self.tooMany }
            if Task.isCancelled { throw GitError.cancelled }
            let commit = try self.commit(GitObjectID(id))
            do throws(GitError) {
                try self.check(commit, &total)
            } catch  where error.code == .notFound {
                throw Self.refusal(commit, "the content of a file or folder is missing")
            }
            commits.append(commit)
        }
        return commits
    }

    /// Looks at the headers of the new commits before the library reads them.
    private func checkCount(from new: GitObjectID) throws(GitError) {
        var seen: Set<GitObjectID> = []
        var waiting = [new]
        while let id = waiting.popLast() {
            guard !self.known.has(ObjectKey(id)), seen.insert(id).inserted else { continue }
            guard seen.count <= self.limit else { throw self.tooMany }
            // One that is missing does not lead to the branch, which is found out next.
            guard self.store.has(ObjectKey(id)) else { continue }
            if Task.isCancelled { throw GitError.cancelled }
            waiting += Set(try self.commit(id).parents).subtracting(seen)
        }
    }

    /// Throws for one with more parents than are read: the library follows all of them, and the commit that is made
    /// anew would lose some.
    private func commit(_ id: GitObjectID) throws(GitError) -> GitCommit {
        let handle = try unsafe self.store.commit(id)
        defer { unsafe git_commit_free(handle) }
        let commit = unsafe GitCommit(handle)
        guard unsafe git_commit_parentcount(handle) <= UInt32(GitCommit.mostParents) else {
            throw Self.refusal(commit, "it has more than \(GitCommit.mostParents) parents")
        }
        return commit
    }

    private var tooMany: GitError {
        GitError(
            .tooLarge,
            "too large to take over: there are more than \(self.limit) new commits: push them in smaller steps")
    }

    /// Checks what a commit has and its first parent has not.
    private func check(_ commit: GitCommit, _ total: inout Total) throws(GitError) {
        let subject = "the commit \(commit.id.short)"
        let (old, new) = try self.store.change(by: commit.id)
        var walk = TreeWalk(self.store, .takeOver, of: subject, isCancellable: true, guessed: total.guessed)
        var bytes = total.bytes
        var attributes = try WalkedAttributes(store: self.store, top: new, self.effort)
        try walk.compare(old, new) { visit throws(GitError) in
            if let folder = visit.new?.folder { try attributes.enter(visit.path, folder) }
            if let item = visit.new { try self.check(item, visit, commit) }
            guard let size = visit.newSize else { return try self.checkRemoval(visit, by: commit) }
            guard size <= Self.mostBytes - bytes else {
                throw TreeLimits.takeOver.error("what is new", "has more than \(Self.mostBytes >> 20) MB of files")
            }
            bytes += size
            if let item = visit.new, item.isContent, item.kind != .link, item.key != visit.old?.key {
                try self.checkFilter(item, try attributes.attributes(of: visit.path), visit, commit)
            }
        }
        total.bytes = bytes
        total.paths += walk.paths
        guard total.paths <= Self.mostPaths else {
            throw TreeLimits.takeOver.error("what is new", "changes more than \(Self.mostPaths) files and folders")
        }
        total.folderBytes += walk.folderBytes
        guard total.folderBytes <= Self.mostFolderBytes else {
            throw TreeLimits.takeOver.error("what is new", "has folders with too many files to read")
        }
        total.lines += walk.lines.total
        total.guessed = walk.lines.guessed
        guard total.lines <= LineCost.limit else { throw TreeLimits.takeOver.tooManyLines("what is new") }
    }

    private func check(_ item: TreeItem, _ visit: TreeWalk.Visit, _ commit: GitCommit) throws(GitError) {
        let name = GitName.printable(String(decoding: item.name, as: UTF8.self))
        guard TreeItem.isSafe(item.name) else {
            throw Self.refusal(commit, "it has a file or folder named \"\(name)\"")
        }
        if item.name == Array(".gitmodules".utf8) || item.kind == .submodule {
            throw Self.refusal(commit, "it changes a submodule (\(name))")
        }
        guard let size = visit.newSize, size > self.fileBytes else { return }
        throw TreeLimits.takeOver.error(
            "the commit \(commit.id.short)", "has the file \(name) of more than \(self.fileBytes >> 20) MB")
    }

    private func checkFilter(
        _ item: TreeItem, _ attributes: FileAttributes, _ visit: TreeWalk.Visit, _ commit: GitCommit
    ) throws(GitError) {
        guard let reason = try self.filters.obstacle(to: item, attributes) else { return }
        let path = GitName.printable(String(decoding: visit.path, as: UTF8.self))
        throw GitError(
            .needsFilter,
            "the commit \(commit.id.short) is refused because of \(path): \(reason). Undo the commit with "
                + "`git reset --soft`")
    }

    /// A file that the workspace can't have is not in it, which does not mean that anybody has removed it.
    private func checkRemoval(_ visit: TreeWalk.Visit, by commit: GitCommit) throws(GitError) {
        guard visit.new?.isFile != true, let size = visit.oldSize, size > self.fileBytes else { return }
        let path = String(decoding: visit.path, as: UTF8.self)
        for parent in commit.parents.dropFirst() {
            // Then another branch has removed it, with which this commit merges.
            if try self.store.item(at: path, in: self.store.tree(ofCommit: parent)) == nil { return }
        }
        let name = GitName.printable(path)
        throw Self.refusal(
            commit,
            "it removes \(name), which is too large for the workspace and so was not in it (`git restore --staged` "
                + "takes it back)")
    }

    private static func refusal(_ commit: GitCommit, _ reason: String) -> GitError {
        GitError(
            .invalidName,
            "the commit \(commit.id.short) is refused because \(reason): undo that with `git reset --soft`, then commit again"
        )
    }
}
