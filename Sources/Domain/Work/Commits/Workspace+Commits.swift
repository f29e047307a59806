package import Chat
internal import Git
internal import Repositories

extension Workspace {
    package func draft() async throws -> CommitDraft? {
        guard let repository = self.repository else { throw Self.noRepository }
        await repository.refreshIfPossible()
        return try await self.call { files in
            guard let (_, head) = try await self.head() else { return nil }
            try await self.follow(files)
            let trees = try await files.treeToCommit(on: head)
            guard trees.old != trees.new else { return nil }
            return CommitDraft(
                trees, sizes: try await files.sizes(from: trees.old, to: trees.new),
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
            if let inside = try await files.tip(of: branch), inside != head,
                try await !repository.git.hasAll([inside])
            {
                throw WorkspaceFailure(
                    "nothing was committed because the workspace has commits that are not taken over yet: "
                        + "take them over first, or undo them with `git reset --soft`")
            }
            try await self.follow(files)
            let trees = try await files.treeToCommit(on: head)
            if let digest, digest != CommitDraft.digest(of: trees) { throw Self.hasChanged }
            guard trees.old != trees.new else { return .ended(nil) }
            let seconds = self.now() / 1_000
            let store = self.layout.store
            let turn = trailers.first?.value ?? self.session
            let id: GitObjectID
            do {
                id = try await repository.advance(branch, to: turn, from: tip, isDocuments: false) { git, target in
                    try await git.commit(
                        tree: trees.new, from: store, onto: head, branch: branch, expected: tip,
                        author: GitSignature(person: author, seconds: seconds), committer: .jetbridge(seconds: seconds),
                        message: message, trailers: trailers, to: target)
                }
            } catch let error as GitError where error.code == .conflict && repository.isMirror {
                return .moved
            }
            try await files.setHead(branch, to: id, index: self.layout.indexDraft)
            try await self.writeHead(id, of: branch)
            return .ended(try await self.notice(of: repository.git.commit(id), repository))
        }
    }

    package func takeOverCommits() async throws -> [CommitNotice] {
        guard let repository = self.repository, let branch = self.branch else { return [] }
        return try await self.call { files in
            guard let inside = try await files.tip(of: branch), let (tip, head) = try await self.head(),
                inside != head
            else { return [] }
            // The repository's branch moved on; the workspace has nothing new.
            if try await repository.git.hasAll([inside]), try await repository.git.isAncestor(inside, of: head) {
                return []
            }
            guard let packer = self.packer else {
                throw WorkspaceFailure("commits can't be taken over without a jail: see `status` for what it lacks")
            }
            let quarantine = try await Quarantine.make(
                in: self.layout.host, sharing: repository.git.objectsFolder(), limit: self.settings.packBytes)
            do {
                let session = self.session
                try await quarantine.fill { piece in try await packer(session, head.hex, inside.hex, piece) }
                let committer = GitSignature.jetbridge(seconds: self.now() / 1_000)
                try await self.writeTakeOver(from: head, to: inside)
                _ = try await repository.advance(
                    branch, to: "workspace-\(session)", from: tip, isDocuments: false
                ) { git, target in
                    _ = try await git.takeOver(
                        from: quarantine.path, branch: branch, base: head, expected: tip, new: inside,
                        committer: committer, to: target)
                    return inside
                }
                let commits = try await repository.git.log(from: inside, without: head, limit: 1_000).reversed()
                await quarantine.remove()
                try await self.writeHead(inside, of: branch)
                var notices: [CommitNotice] = []
                for commit in commits { notices.append(try await self.notice(of: commit, repository)) }
                return notices
            } catch {
                await quarantine.remove()
                throw error
            }
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
        let saved = await self.archived()
        return try await self.call { files in
            if try await self.hasForeignCommits() { return .commits }
            let now = try await files.scan()
            if now.tree.hex == saved { return nil }
            if let head = try await self.position() {
                let trees = try await files.treeToCommit(on: head)
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

    /// The tree that the last archive has.
    @concurrent
    private func archived() async -> String? { self.layout.readArchived() }

    func notice(of commit: GitCommit, _ repository: LocalRepository) async throws -> CommitNotice {
        let stat = try await repository.git.stat(of: commit.id)
        return CommitNotice(
            repository: repository.name, sha: commit.id.hex, branch: self.branch ?? "", subject: commit.subject,
            files: stat.files, additions: stat.additions, deletions: stat.deletions)
    }

    private static let hasChanged = WorkspaceFailure(
        "nothing was committed because the files or the branch have changed since the commit was prepared: look at what "
            + "has changed, then commit again")
    private static let noRepository = WorkspaceFailure(
        "nothing was committed because this thread has no repository: choose one with `repo NAME`")
}
