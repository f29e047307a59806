internal import GitHub
package import Store
internal import Threads

/// What threads watch on GitHub, and what they have learnt from it.
package struct GitHubNewsStore: Sendable {
    private let store: SessionStore
    private let now: @Sendable () -> Int64
    /// Called when there is another watch.
    private let changed: @Sendable () -> Void

    package init(
        store: SessionStore, now: @escaping @Sendable () -> Int64, changed: @escaping @Sendable () -> Void = {}
    ) {
        self.store = store
        self.now = now
        self.changed = changed
    }

    // MARK: Watches

    /// Lets a thread learn what happens to a branch and its pull request from now on; a second call adds the number of
    /// the pull request. The head of a watched branch stays: what was pushed since may not be known yet.
    ///
    /// - Parameters:
    ///   - repository: the name in the configuration.
    ///   - head: the commit that the branch has on GitHub.
    func watch(
        _ branch: String, in repository: String, for session: String, pull: Int? = nil, head: String? = nil
    ) async throws {
        let now = self.now()
        try await self.store.write(ofSession: session) { ledger in
            guard try ledger.session(id: session) != nil else { return }
            // News may move the head.
            try ledger.lockGitHubWatches(of: session)
            let known = try ledger.gitHubWatches(of: session).first {
                $0.repository == repository && $0.branch == branch
            }
            let watch = GitHubWatch(
                session: session, repository: repository, branch: branch, pull: pull, head: known?.head ?? head,
                createdAt: now, activeAt: now)
            try ledger.set(watch)
        }
        self.changed()
    }

    func watches(of session: String) async throws -> [GitHubWatch] {
        try await self.store.read { ledger in try ledger.gitHubWatches(of: session) }
    }

    func unwatch(_ session: String) async throws {
        try await self.store.write(ofSession: session) { ledger in try ledger.removeGitHubWatches(of: session) }
        self.changed()
    }

    /// Records a commit before it is pushed, so that no thread takes it for somebody else's.
    func willPush(_ sha: String) async throws {
        let now = self.now()
        try await self.store.write { ledger in try ledger.insertGitHubPush(of: sha, at: now) }
    }

    // MARK: Answers

    /// Reviews, comments and failed checks that nobody has answered, oldest first. Checks of commits that are no longer
    /// the branch's last are left out.
    func pending(_ session: String) async throws -> [NewsEvent] {
        try await self.store.read { ledger in
            let heads = try Set(ledger.gitHubWatches(of: session).compactMap(\.head))
            return try ledger.openGitHubNews(of: session).compactMap { row in
                guard row.kind != NewsDesk.waitingKind, let event = row.event else { return nil }
                let isPast = event.isFailure && !heads.isEmpty && !heads.contains(event.sha ?? "")
                return isPast ? nil : event
            }
        }
    }

    /// Marks items as answered, by their ``NewsEvent/key``.
    func markAnswered(_ keys: [String], in session: String) async throws {
        try await self.store.write(ofSession: session) { ledger in try ledger.answerGitHubNews(keys, in: session) }
    }
}
