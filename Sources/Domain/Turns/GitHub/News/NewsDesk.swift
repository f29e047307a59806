internal import Chat
package import GitHub
internal import JSON
internal import Posts
internal import Primitives
internal import Schedules
internal import Sessions
internal import Store
internal import Threads

/// Decides within a transaction which threads learn what, and stores it. Times are milliseconds since 1970.
package struct NewsDesk: Sendable {
    /// The repositories on GitHub by their names in the configuration.
    package let repositories: [String: GitHubRepositoryName]
    /// The names in the configuration by those on GitHub in lower case.
    private let namesOnGitHub: [String: [String]]
    /// Their branches that are in forks, by the same names.
    var forks: [String: GitHubForks]
    /// Called with the ids of watches that missed something, and have to be polled; with none, when something waits that
    /// polling tells.
    package var onGap: @Sendable ([String]) -> Void = { _ in }
    /// Shared by all copies.
    let outsiders = Protected(Outsiders())

    package init(repositories: [String: GitHubRepositoryName], forks: [String: GitHubForks] = [:]) {
        self.repositories = repositories
        self.namesOnGitHub = Dictionary(grouping: repositories, by: { Self.key($0.value) }).mapValues { $0.map(\.key) }
        self.forks = forks
    }

    /// Whether a watch could concern this event at all.
    func isOurs(_ event: NewsEvent) -> Bool { !self.names(of: event.repository).isEmpty }

    /// What a repository on GitHub is called in the configuration.
    func names(of repository: String) -> [String] {
        self.namesOnGitHub[repository.lowercased()] ?? []
    }

    private static func key(_ repository: GitHubRepositoryName) -> String { repository.description.lowercased() }

    /// The most watches of one transaction, and the most events and commits that they look at together: other writes wait
    /// for it.
    private static let watchLimit = 50
    private static let costLimit = 1_000

    /// Stores what is new in a snapshot for each of these watches, and posts the lines about it.
    ///
    /// A thread's news are stored together with their keys, so a thread that gets them again, because the program ended
    /// between two transactions, is not told twice.
    ///
    /// - Parameter finish: Runs in the last transaction.
    func tell(
        _ snapshot: NewsSnapshot, to watches: [GitHubWatch], through posts: ThreadPosts,
        finish: @escaping @Sendable (Ledger) throws -> Void = { _ in }
    ) async throws {
        let (index, now) = (NewsIndex(snapshot), posts.environment.now())
        let parts = self.parts(of: watches, for: index)
        for (number, part) in parts.enumerated() {
            let isLast = number == parts.count - 1
            let waiting = Protected<Set<String>>([])
            let isDue = Protected(false)
            try await posts.tell(for: .gitHub) { ledger in
                if isLast {
                    try finish(ledger)
                    let runs = try self.runSchedules(at: snapshot.events, in: ledger, at: now)
                    isDue.withLock { $0 = runs }
                }
                return try self.news(of: index, for: part, in: ledger, at: now) { session in
                    waiting.withLock { _ = $0.insert(session) }
                }
            }
            if isDue.withLock({ $0 }) { await posts.schedules.wakeAll() }
            let sessions = waiting.withLock { $0 }
            guard !sessions.isEmpty else { continue }
            self.outsiders.withLock { $0.wait(sessions) }
            self.onGap([])
        }
    }

    /// The watches that a snapshot may concern, by transactions; at least one.
    func parts(of watches: [GitHubWatch], for index: NewsIndex) -> [[GitHubWatch]] {
        var parts: [[GitHubWatch]] = [[]]
        var total = 0
        for watch in watches {
            guard let branch = self.branch(of: watch) else { continue }
            let cost = index.cost(of: branch)
            guard cost > 0 || index.hasMoved(branch) else { continue }
            let count = parts[parts.count - 1].count
            if count == Self.watchLimit || (count > 0 && total + cost > Self.costLimit) {
                parts.append([])
                total = 0
            }
            parts[parts.count - 1].append(watch)
            total += cost
        }
        return parts
    }

    /// Stores what is new for these watches, and returns the lines about it.
    ///
    /// - Parameter onWait: Called with the session of a thread that has to wait for some of it.
    func news(
        of index: NewsIndex, for watches: [GitHubWatch], in ledger: Ledger, at now: Int64,
        onWait: (String) -> Void = { _ in }
    ) throws -> [ThreadNews] {
        let snapshot = index.snapshot
        // The same for all watches.
        var own: [String: Bool] = [:]
        let isOwn = { (sha: String) throws -> Bool in
            if let known = own[sha] { return known }
            let answer = try ledger.isOwnCommit(sha)
            own[sha] = answer
            return answer
        }
        var gaps: [String] = []
        defer { if !gaps.isEmpty { self.onGap(gaps) } }
        return try self.current(watches, in: ledger).compactMap { watch in
            guard var branch = self.branch(of: watch) else { return nil }
            let decision = self.decision(for: watch.session, isOwn: isOwn, in: ledger)
            let events = index.events(for: branch)
            if branch.head == nil { branch.head = snapshot.heads[watch.branch] }
            if branch.pull == nil { branch.pull = snapshot.pulls[watch.branch] }
            let tellsOutsiders = self.outsiders.withLock { $0.mayTell(watch.session, at: now) }
            var fresh: [NewsEvent] = []
            var isWaiting = false
            var checks: [String: [NewsEvent]] = [:]
            for event in events where NewsDecision.concerns(event, branch) {
                if let news = try decision.news(of: event, for: branch),
                    try self.insert(news, for: watch.session, in: ledger, at: now)
                {
                    if news.isByOutsider, !tellsOutsiders {
                        try self.keep(news, for: watch.session, in: ledger, at: now)
                        isWaiting = true
                    } else {
                        fresh.append(news)
                    }
                    try self.settle(commitsOf: event, for: watch.session, in: ledger, at: now)
                    // Only if they have been read: else they will be read with this one.
                    if news.kind == .check, let sha = news.sha { checks[sha]?.append(news) }
                }
                if event.kind == .check, event.state == "success" {
                    try self.settle(event, &checks, for: watch.session, in: ledger)
                }
                branch = NewsDecision.updated(branch, by: event)
            }
            if let head = snapshot.heads[watch.branch] {
                branch.head = head
            } else if self.catchUp(&branch, with: events) {
                gaps.append(watch.id)
            }
            try self.store(branch, of: watch, isActive: !fresh.isEmpty || isWaiting, in: ledger, at: now)
            if !fresh.isEmpty || isWaiting {
                try ledger.limitOpenGitHubNews(of: watch.session, except: Self.waitingKind)
            }
            if isWaiting { onWait(watch.session) }
            if fresh.contains(where: \.isByOutsider) { self.outsiders.withLock { $0.told(watch.session, at: now) } }
            return fresh.isEmpty ? nil : Self.news(fresh, for: watch.session)
        }
    }

    /// - Parameter others: How many earlier ones are only counted.
    static func news(_ events: [NewsEvent], others: Int = 0, for session: String) -> ThreadNews {
        ThreadNews(session: session) { sign in
            var lines = NewsLine.lines(for: events) { sign.command($0) }
            if others > 0 {
                lines.append("Before these, people who may not push wrote \(others.counted("other comment")).")
            }
            return lines.joined(separator: "\n\n")
        }
    }

    /// These watches as they are stored: they may have changed during requests.
    private func current(_ watches: [GitHubWatch], in ledger: Ledger) throws -> [GitHubWatch] {
        var stored: [String: GitHubWatch] = [:]
        for session in Set(watches.map(\.session)) {
            for watch in try ledger.gitHubWatches(of: session) { stored[watch.id] = watch }
        }
        return watches.compactMap { stored[$0.id] }
    }

    /// Follows pushes whose deliveries came in another order. Returns whether one is missing.
    private func catchUp(_ branch: inout WatchedBranch, with events: [NewsEvent]) -> Bool {
        let pushes = events.filter { $0.kind == .push && NewsDecision.concerns($0, branch) }
        for _ in pushes {
            for push in pushes { branch = NewsDecision.updated(branch, by: push) }
        }
        let head = branch
        return pushes.contains { NewsDecision.leavesGap($0, head) } && !pushes.contains { $0.sha == head.head }
    }

    /// GitHub's clock may be behind, and its times are whole seconds.
    private static let leeway: Int64 = 60_000

    /// What is to be found out for a watch. Nil for a repository that is not on GitHub, and for a branch in a fork as long
    /// as nothing shows it in the repository itself: a pull request does.
    func branch(of watch: GitHubWatch) -> WatchedBranch? {
        guard let repository = self.repositories[watch.repository],
            watch.pull != nil || self.forks[watch.repository]?.fork(of: watch.branch) == nil
        else { return nil }
        return WatchedBranch(
            session: watch.session, repository: repository, branch: watch.branch, pull: watch.pull, head: watch.head,
            since: watch.createdAt - Self.leeway)
    }

    private func decision(
        for session: String, isOwn: @escaping (String) throws -> Bool, in ledger: Ledger
    ) -> NewsDecision {
        NewsDecision(
            isKnown: { try ledger.hasGitHubNews($0, in: session) }, isOwn: isOwn,
            hasFailedCheck: {
                try ledger.hasGitHubNews(ofKind: NewsEvent.Kind.check.rawValue, about: $0, in: session)
            })
    }

    /// A push that polling found may be several pushes, each with a delivery that comes later.
    private func settle(commitsOf push: NewsEvent, for session: String, in ledger: Ledger, at now: Int64) throws {
        for commit in push.commits where commit.sha != push.sha {
            _ = try self.insert(push.part(upTo: commit.sha), for: session, in: ledger, at: now)
        }
    }

    /// A check that has passed after all needs no repair.
    ///
    /// - Parameter failed: The open checks by commit, read at the first one that has passed: there may be many.
    private func settle(
        _ event: NewsEvent, _ failed: inout [String: [NewsEvent]], for session: String, in ledger: Ledger
    ) throws {
        guard let sha = event.sha else { return }
        let checks =
            try failed[sha]
            ?? ledger.openGitHubNews(of: session, kind: NewsEvent.Kind.check.rawValue, about: sha).compactMap(\.event)
        let hasPassed = { (check: NewsEvent) in check.name == event.name && check.key != event.key }
        try ledger.answerGitHubNews(checks.filter(hasPassed).map(\.key), in: session)
        failed[sha] = checks.filter { !hasPassed($0) }
    }

    private func insert(_ event: NewsEvent, for session: String, in ledger: Ledger, at now: Int64) throws -> Bool {
        let isOpen =
            switch event.kind {
            case .push, .pull: false
            case .review: event.state == "changes_requested" || event.text?.isEmpty == false
            case .lineComment, .comment, .check, .workflow: true
            }
        return try ledger.insert(
            GitHubNewsRow(
                session: session, key: event.key, kind: event.kind.rawValue, sha: event.sha, item: event.json.text,
                state: isOpen ? .open : .answered, createdAt: now))
    }

    private func store(
        _ branch: WatchedBranch, of watch: GitHubWatch, isActive: Bool, in ledger: Ledger, at now: Int64
    ) throws {
        guard isActive || branch.head != watch.head || branch.pull != watch.pull else { return }
        var watch = watch
        watch.head = branch.head
        watch.pull = branch.pull
        if isActive { watch.activeAt = now }
        try ledger.set(watch)
    }
}

extension GitHubNewsRow {
    /// What it is about; nil if that cannot be read.
    var event: NewsEvent? { (try? JSON.parse(self.item)).flatMap { NewsEvent(json: $0) } }
}
