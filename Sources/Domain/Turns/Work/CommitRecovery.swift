package import Audit
internal import Chat
internal import JSON
package import Logging
package import Posts
internal import Primitives
package import Repositories
internal import Sessions
package import Store
internal import Threads
package import Work

/// Reports commits that the last run made and had no time to report: a turn's own are found by their trailer, those from
/// the jail by what the workspace remembers. A turn that is repeated finds its commits of documents itself.
package struct CommitRecovery: Sendable {
    let posts: ThreadPosts
    let workspaces: Workspaces
    let repositories: RepositoryCatalog
    let audit: AuditLog
    let logger: Logger

    package init(
        posts: ThreadPosts, workspaces: Workspaces, repositories: RepositoryCatalog, audit: AuditLog, logger: Logger
    ) {
        self.posts = posts
        self.workspaces = workspaces
        self.repositories = repositories
        self.audit = audit
        self.logger = logger
    }

    private var store: SessionStore { self.posts.store }
    private var underWay: UnderWay { UnderWay(store: self.store) }

    /// What may have committed.
    struct Work: Sendable {
        let turn: String
        let kind: TurnKind
        /// The id in the commits' trailer.
        let work: String
        let session: String
        let actor: String

        init(_ turn: TurnRecord) {
            self.turn = turn.id
            self.kind = turn.kind
            self.work = turn.work
            self.session = turn.session
            self.actor = turn.sender.id
        }

        /// Whether the files of the workspace are committed in it, or only documents.
        var isInWorkspace: Bool {
            [.chat, .run, .commit, .implement, .fix].contains(self.kind)
        }
    }

    /// What the last run left without an end.
    package struct Interrupted: Sendable {
        fileprivate let works: [Work]
    }

    /// Stores the lines of commits that are known here, which the bridge's recovery of these places posts. Call it before
    /// that.
    package func keepKnown(in places: Places = .all) async throws -> Interrupted {
        let all = try await self.store.read { ledger in
            let turns = try ledger.openTurns(in: places).filter { $0.state == .running }.map { Work($0) }
            let jobs = try ledger.runningJobs(in: places).compactMap { job in
                try ledger.turn(id: job.job.turn).map { Work($0) }
            }
            var known: Set<String> = []
            return (turns + jobs).filter { known.insert($0.turn).inserted }
        }
        let works = all.filter(\.isInWorkspace)
        for start in stride(from: 0, to: works.count, by: Self.page) {
            try await self.keepKnown(of: works[start..<min(start + Self.page, works.count)])
        }
        return Interrupted(works: all)
    }

    /// Looks that are counted with one transaction: the host does not serve before all have been made.
    private static let page = 100

    private func keepKnown(of works: ArraySlice<Work>) async throws {
        // Those of which the process may have died come first and one by one, so that only the one of which it dies again
        // is counted twice.
        let suspects = try await self.underWay.interrupted(.commits, works.map(\.turn))
        for work in works where suspects.contains(work.turn) {
            await self.trying(work) {
                let done: Void? = try await self.underWay.run(.commits, work.turn) {
                    try await self.keepKnown(of: work)
                }
                if done == nil { try await self.giveUp(work) }
            }
        }
        let others = works.filter { !suspects.contains($0.turn) }
        _ = try await self.underWay.begin(.commits, others.map(\.turn))
        for work in others { await self.trying(work) { try await self.keepKnown(of: work) } }
        try await self.underWay.end(.commits, others.map(\.turn))
    }

    private func keepKnown(of work: Work) async throws {
        let commits = try await self.workspaces.lastKnownCommits(of: work.work, in: work.session)
        for commit in try await self.unknown(commits, work) {
            await self.record(commit, of: work)
            try await self.posts.keep(commit, ofTurn: work.turn)
        }
    }

    /// Posts commits that only servers know, and those of documents whose turns are not repeated. Call it after the
    /// bridge has recovered; it may wait for servers.
    package func reportOthers(of interrupted: Interrupted) async {
        var left = interrupted.works
        var pause = Self.firstPause
        while !left.isEmpty {
            var failed: [Work] = []
            for work in left {
                let isDone = await self.trying(work) { try await self.reportOther(of: work) }
                if !isDone { failed.append(work) }
            }
            // A server that is away for the moment.
            guard !failed.isEmpty, pause <= Self.longestPause, (try? await Task.sleep(for: pause)) != nil else {
                return
            }
            left = failed
            pause *= 2
        }
    }

    private static let firstPause = Duration.seconds(10)
    private static let longestPause = Duration.seconds(640)

    private func reportOther(of work: Work) async throws {
        guard work.isInWorkspace else { return try await self.reportDocuments(of: work) }
        let done: Void? = try await self.underWay.run(.commits, work.turn) {
            let served = try await self.workspaces.lastServedCommits(of: work.work, in: work.session)
            for commit in try await self.unknown(served, work) {
                await self.record(commit, of: work)
                try await self.posts.post(commit, in: work.session)
            }
        }
        if done == nil { try await self.giveUp(work) }
    }

    /// Says that nobody looks for the commits of a turn any more: the process has died of it. Said once, whichever of the
    /// two looks it was.
    private func giveUp(_ work: Work) async throws {
        self.logger.error(
            "commits of an interrupted turn are not looked for, because the process ended twice while it did",
            ["session": .string(work.session), "turn": .string(work.turn)])
        try await self.posts.tell(
            "The host ended twice while it looked for commits of an interrupted turn, so it no longer does. What there is, "
                + "`diff` and the page of the branch show.", in: work.session, key: "given up \(work.turn)")
    }

    /// False if it failed and may succeed later.
    @discardableResult
    private func trying(_ work: Work, _ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
        } catch is CancellationError {
            // The host stops; the commits are on their branches.
        } catch {
            self.logger.warning(
                "it is not known whether an interrupted turn has committed",
                ["session": .string(work.session), "turn": .string(work.turn), "error": .string("\(error)")])
            return false
        }
        return true
    }

    private func unknown(_ commits: [CommitNotice], _ work: Work) async throws -> [CommitNotice] {
        try await self.posts.unknown(commits, in: work.session)
    }

    private func reportDocuments(of work: Work) async throws {
        let name = try await self.store.read { ledger -> String? in
            guard try ledger.turn(id: work.turn)?.state == .interrupted else { return nil }
            return try ledger.session(id: work.session)?.repository ?? self.repositories.defaultName
        }
        guard let name, let repository = try? self.repositories.repository(name) else { return }
        for commit in try await self.unknown(repository.commits(ofTurn: work.work).map(\.notice), work) {
            try await self.posts.post(commit, in: work.session)
        }
    }

    private func record(_ commit: CommitNotice, of work: Work) async {
        let entry = AuditEntry.commit(commit, session: work.session, turn: work.turn, actor: work.actor)
        let details = entry.details.canonicalText
        do {
            let rows = try await self.audit.reader.newest(.commit, ofTurn: work.turn)
            if !rows.contains(where: { $0.details == details }) { try await self.audit.record(entry) }
        } catch {
            self.logger.error(
                "a commit could not be recorded", ["commit": .string(commit.sha), "error": .string("\(error)")])
        }
    }
}
