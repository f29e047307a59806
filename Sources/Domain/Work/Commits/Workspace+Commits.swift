package import Chat
internal import EventLoop
internal import Git
internal import Repositories

extension Workspace {
    package func draft() async throws -> CommitDraft? {
        guard let repository = self.repository else { throw Self.noRepository }
        await repository.refreshIfPossible()
        return try await self.call { files in
            guard let (_, head) = try await self.head() else { return nil }
            try await self.follow(files)
            let trees = try await self.treesToCommit(files, head)
            guard trees.old != trees.new else { return nil }
            return CommitDraft(
                digest: CommitDraft.digest(of: (trees.old, trees.new)),
                sizes: try await files.sizes(from: trees.old, to: trees.new),
                diff: try await files.difference(from: trees.old, to: trees.new, limit: self.settings.diffBytes))
        }
    }

    package func commit(
        _ message: String, by author: Sender, turn: String, task: String? = nil, expecting digest: String? = nil
    ) async throws -> CommitNotice? {
        guard let repository = self.repository, let branch = self.branch else { throw Self.noRepository }
        var trailers = [GitTrailer("Jetbridge-Turn", turn)]
        if let task { trailers.append(GitTrailer("Jetbridge-Task", task)) }
        await repository.refreshIfPossible()
        for _ in 0..<Self.attempts {
            let attempt = try await self.commitOnce(message, author, trailers, digest, repository, branch)
            // Otherwise the server's branch has moved on, and the mirror knows that by now.
            if case .ended(let notice) = attempt { return notice }
        }
        throw WorkspaceFailure(
            "nothing was committed because other people keep moving the branch \(branch): try again in a minute")
    }

    private enum Attempt {
        /// With nil, there was nothing to commit.
        case ended(CommitNotice?)
        case moved
    }

    /// How often a server's branch may move while files are committed on it.
    private static let attempts = 5

    private func commitOnce(
        _ message: String, _ author: Sender, _ trailers: [GitTrailer], _ digest: String?,
        _ repository: LocalRepository, _ branch: String
    ) async throws -> Attempt {
        try await self.call { files in
            guard let (tip, head) = try await self.head() else { return .ended(nil) }
            if let inside = try await files.tip(of: branch), try await !self.isKnown(inside, at: head) {
                throw WorkspaceFailure(
                    "nothing was committed because the workspace has commits that are not taken over yet: "
                        + "take them over first, or undo them with `git reset --soft`")
            }
            try await self.follow(files)
            let trees = try await self.treesToCommit(files, head)
            if let digest, digest != CommitDraft.digest(of: (trees.old, trees.new)) { throw Self.hasChanged }
            guard trees.old != trees.new else { return .ended(nil) }
            // Afterwards its size is shown.
            try await files.checkCommit(from: trees.old, to: trees.new)
            try await files.send([trees.new], to: repository.git.path)
            let seconds = self.now() / 1_000
            let store = self.layout.store
            let turn = trailers.first?.value ?? self.session
            let author = try await repository.author(author, seconds: seconds)
            let id: GitObjectID
            do {
                id = try await repository.advance(branch, to: turn, from: tip, isDocuments: false) { git, target in
                    try await git.commit(
                        tree: trees.new, from: store, onto: head, branch: branch, expected: tip,
                        author: author, committer: .jetbridge(seconds: seconds),
                        message: message, trailers: trailers, to: target)
                }
            } catch let error as GitError where error.code == .conflict && repository.isMirror {
                return .moved
            }
            try await files.setHead(branch, to: id, index: self.layout.indexDraft)
            try await self.writeHead(id, of: branch)
            await self.report(submodules: trees.submodules)
            await self.report(unsigned: try await self.gitSettings())
            return .ended(try await self.notice(of: repository.git.commit(id), repository))
        }
    }

    /// The trees before and after a commit of what the files are now. Throws ``WorkspaceFailure`` if all changes are in
    /// submodules.
    private func treesToCommit(
        _ files: WorkFiles, _ head: GitObjectID
    ) async throws -> (old: GitObjectID, new: GitObjectID, submodules: [String]) {
        let trees = try await files.treeToCommit(on: head, as: self.gitSettings())
        guard trees.old != trees.new || trees.submodules.isEmpty else {
            throw WorkspaceFailure("nothing was committed: \(WorkspaceTexts.inSubmodules(trees.submodules))")
        }
        return trees
    }

    package func holdCommits() async throws {
        guard self.branch != nil else { return }
        try await self.write { (layout) throws(SystemError) in try layout.writeHold() }
    }

    package func releaseCommits() async throws {
        guard self.repository != nil, await self.layout.apart({ $0.isHolding }) else { return }
        try await self.call { files in
            if try await self.untaken(files) == nil { await self.layout.apart { $0.endHold() } }
        }
    }

    package func jailCommits() async throws -> JailCommits? {
        guard let repository = self.repository else { return nil }
        return try await self.call { files -> JailCommits? in
            guard let (_, head, inside) = try await self.untaken(files) else {
                await self.layout.apart { $0.endHold() }
                return nil
            }
            return try await self.withQuarantine(head, inside, repository) { path in
                let commits = try await self.check(path, head, inside, repository)
                let objects = WorkFiles(folder: self.folder, store: path, rules: self.settings.scan)
                let trees = (old: try await objects.tree(of: head), new: try await objects.tree(of: inside))
                let changes = CommitDraft(
                    digest: JailCommits.digest(from: head, to: inside),
                    sizes: try await objects.sizes(from: trees.old, to: trees.new),
                    diff: try await objects.difference(from: trees.old, to: trees.new, limit: self.settings.diffBytes))
                return JailCommits(subjects: commits.map(\.subject), changes: changes)
            }
        }
    }

    package func takeOverCommits(
        _ right: JailCommitsRight, by author: Sender, turn: String
    ) async throws -> [CommitNotice] {
        guard let repository = self.repository, let branch = self.branch else { return [] }
        return try await self.call { files in
            guard let (tip, head, inside) = try await self.untaken(files) else { return [] }
            switch right {
            case .all: break
            case .ofPeople: if await self.layout.apart({ $0.isHolding }) { throw Self.isHeld }
            case .decided(let digest):
                guard digest == JailCommits.digest(from: head, to: inside) else { throw Self.hasChanged }
            }
            return try await self.withQuarantine(head, inside, repository) { path in
                let seconds = self.now() / 1_000
                let committer = GitSignature.jetbridge(seconds: seconds)
                let commits = try await self.check(path, head, inside, repository)
                let objects = WorkFiles(folder: self.folder, store: path, rules: self.settings.scan)
                try await objects.send(commits: commits.map(\.id), to: repository.git.path)
                let new =
                    try await repository.git.adopt(
                        commits, from: path, author: repository.author(author, seconds: seconds),
                        committer: committer, trailers: [GitTrailer("Jetbridge-Turn", turn)]) ?? inside
                let move = BranchMove(from: inside, to: new).text
                try await self.write { (layout) throws(SystemError) in try layout.writeTakeOver(move) }
                _ = try await repository.advance(branch, to: "workspace-\(self.session)", from: tip, isDocuments: false)
                {
                    git, target in
                    try await git.move(
                        branch, from: tip, to: new, log: "jetbridge: take over \(commits.count) commits", as: committer,
                        to: target)
                    return new
                }
                try await self.writeHead(new, of: branch)
                try await files.moveTip(of: branch, from: inside, to: new)
                await self.layout.apart { $0.endHold() }
                await self.report(unsigned: try await self.gitSettings())
                return try await self.notices(
                    of: repository.git.log(from: new, without: head, limit: 1_000), repository)
            }
        }
    }

    /// The commits in a quarantine, if they may be taken over.
    private func check(
        _ quarantine: String, _ head: GitObjectID, _ inside: GitObjectID, _ repository: LocalRepository
    ) async throws -> [GitCommit] {
        try await repository.git.quarantined(
            in: quarantine, after: head, upTo: inside, fileBytes: Int(self.settings.scan.fileBytes))
    }

    /// The branch in the repository and in the jail, if the jail has commits that the repository's branch has not.
    private func untaken(
        _ files: WorkFiles
    ) async throws -> (tip: GitObjectID?, head: GitObjectID, inside: GitObjectID)? {
        try await self.completeTakeOver(files)
        guard let branch = self.branch, let inside = try await files.tip(of: branch),
            let (tip, head) = try await self.head(), inside != head, let git = self.repository?.git
        else { return nil }
        // The repository's branch moved on; the workspace has nothing new.
        if try await git.hasAll([inside]), try await git.isAncestor(inside, of: head) { return nil }
        return (tip, head, inside)
    }

    /// Whether nothing of a commit of the jail would be lost without it.
    func isKnown(_ inside: GitObjectID, at head: GitObjectID) async throws -> Bool {
        guard inside != head, let git = self.repository?.git else { return true }
        return try await git.hasAll([inside])
    }

    /// Completes a take-over after which the host was killed: the repository's branch has the commits, the jail's not yet.
    func completeTakeOver(_ files: WorkFiles) async throws {
        guard let branch = self.branch, let git = self.repository?.git,
            let move = await self.layout.apart({ $0.readTakeOver() }), let taken = BranchMove(move[...]),
            try await files.tip(of: branch) == taken.old, let (_, head) = try await self.head(),
            try await git.hasAll([taken.new]), try await git.isAncestor(taken.new, of: head)
        else { return }
        try await files.moveTip(of: branch, from: taken.old, to: taken.new)
    }

    /// Has the jail's commits packed into a quarantine for the time of `body`.
    private func withQuarantine<Value>(
        _ head: GitObjectID, _ inside: GitObjectID, _ repository: LocalRepository,
        _ body: (_ path: String) async throws -> Value
    ) async throws -> Value {
        guard let packer = self.packer else {
            throw WorkspaceFailure("commits can't be taken over without a jail: see `status` for what it lacks")
        }
        let quarantine = try await Quarantine.make(
            in: self.layout.host, sharing: repository.git.objectsFolder(), limit: self.settings.packBytes)
        do {
            let session = self.session
            try await quarantine.fill { piece in try await packer(session, head.hex, inside.hex, piece) }
            let value = try await body(quarantine.path)
            await quarantine.remove()
            return value
        } catch {
            await quarantine.remove()
            throw error
        }
    }

    @concurrent
    func write(_ body: @Sendable (WorkspaceLayout) throws(SystemError) -> Void) async throws {
        do throws(SystemError) {
            try body(self.layout)
        } catch {
            throw WorkspaceFailure("the workspace's state can't be saved (\(error.message)): check the data directory")
        }
    }

    /// Where the branch is in the repository (nil before its first commit), and the commit that the next one continues.
    func head() async throws -> (tip: GitObjectID?, head: GitObjectID)? {
        guard let repository = self.repository, let branch = self.branch, let base = self.base else { return nil }
        let tip = try await repository.git.tip(of: branch)
        return (tip, tip ?? base)
    }

    /// Why the workspace must not be removed: work that exists nowhere else. Nil if there is none.
    package func unsavedWork() async throws -> UnsavedWork? {
        let saved = await self.layout.apart { $0.readArchived() }
        return try await self.call { files in
            if try await self.hasForeignCommits() { return .commits }
            let now = try await files.scan()
            if now.tree.hex == saved { return nil }
            if let head = try await self.position() {
                let trees = try await files.treeToCommit(on: head, as: self.gitSettings(), isChecked: false)
                return trees.old == trees.new ? nil : .changes
            }
            return now.entries == 0 ? nil : .files
        }
    }

    /// Whether the jail has commits that the repository does not have.
    func hasForeignCommits() async throws -> Bool {
        // The store reads the repository's objects also while the repository is not configured.
        let git = self.repository?.git ?? GitRepository(path: self.layout.store)
        return try await !git.hasAll(self.files.tips())
    }

    /// Oldest first, of commits whose newest is first. Those that are too large to show are other people's: they came by a
    /// merge, or have the turn's trailer. Where counting lines takes too long, later ones have no numbers of them.
    func notices(of commits: [GitCommit], _ repository: LocalRepository) async throws -> [CommitNotice] {
        let budget = GitStatBudget()
        var notices: [CommitNotice] = []
        for commit in commits.reversed() {
            do {
                notices.append(try await self.notice(of: commit, repository, within: budget))
            } catch let error as GitError where error.code == .tooLarge {
                continue
            }
        }
        return notices
    }

    private func notice(
        of commit: GitCommit, _ repository: LocalRepository, within budget: GitStatBudget = GitStatBudget()
    ) async throws -> CommitNotice {
        try await MadeCommit(
            commit.id, on: self.branch ?? "", of: repository.name, repository.git, within: budget
        ).notice
    }

    private static let hasChanged = WorkspaceFailure(
        "nothing was committed because the files or the branch have changed since the commit was prepared: look at what "
            + "has changed, then commit again")
    private static let isHeld = WorkspaceFailure(
        "commits that the model's commands made in the jail are not on the branch, because nobody has allowed it: take "
            + "them over with `commit`, or undo them with `git reset --soft`")
    private static let noRepository = WorkspaceFailure(
        "nothing was committed because this thread has no repository: choose one with `repo NAME`")
}
