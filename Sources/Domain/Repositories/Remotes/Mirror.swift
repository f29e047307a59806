internal import Chat
internal import Git
internal import Primitives

/// A bare repository on this machine whose branches are those of a server.
///
/// Only a fetch moves its branches, or a publication that the server has accepted. Both run one at a time, so that an
/// older list of branches never replaces a newer one.
package actor Mirror {
    private nonisolated let git: GitRepository
    private let upstream: any Upstream
    /// The time since some moment.
    private let elapsed: @Sendable () -> Duration
    /// How long the server may take for what nobody would stop.
    private let patience: Duration
    private let turns = GitTurns(1)
    private var waiting = 0
    private var isRefreshing = false
    /// When the newest completed fetch began.
    private var fetched: Duration?
    private var failed: (at: Duration, error: any Error)?

    /// The age up to which a fetch is recent enough: several reads of one step share it.
    private static let freshness = Duration.seconds(1)
    /// The number of steps ahead above which the thread is notified of the wait.
    private static let patience = 5
    /// The most commits that are searched for a publication whose answer was lost.
    private static let searched = 100

    init(
        git: GitRepository, upstream: any Upstream, elapsed: @escaping @Sendable () -> Duration,
        patience: Duration = .seconds(300)
    ) {
        self.git = git
        self.upstream = upstream
        self.elapsed = elapsed
        self.patience = patience
    }

    /// Brings the branches up to date. Throws what the server's fetch throws.
    func refresh(hasMoved: Bool = false) async throws {
        let asked = self.elapsed()
        try await self.alone { mirror in
            if let fetched = mirror.fetched, fetched >= asked - (hasMoved ? .zero : Self.freshness) { return }
            // Steps that waited together share one failure, instead of waiting for it one after another.
            if let failed = mirror.failed, failed.at >= asked { throw failed.error }
            try await mirror.fetch()
        }
    }

    /// Brings the branches up to date if the server answers within five minutes and no other step is running.
    func refreshIfPossible() async {
        guard self.waiting == 0, !self.isRefreshing else { return }
        self.isRefreshing = true
        defer { self.isRefreshing = false }
        // Longer than for an answer: a large fetch begins anew each time.
        _ = await withDeadline(self.patience * 6) { try? await self.refresh() }
    }

    /// Puts commits on the server's branch, and then on the mirror's. Returns our last commit there, which others may
    /// have continued. Throws what ``Upstream/publish(_:from:)`` throws; after a conflict the mirror is up to date.
    func publish(_ publication: Publication) async throws -> GitObjectID {
        if self.waiting > Self.patience {
            await RemoteWork.current.say?(
                "\(self.waiting) other steps in this repository are ahead; the work then continues by itself.")
        }
        return try await self.alone { mirror in
            do {
                let id = try await mirror.upstream.publish(publication, from: mirror.git)
                try await mirror.git.setBranch(publication.branch, to: id)
                return id
            } catch {
                // Unstructured: even a stopped turn must know whether the server has accepted the commits.
                let search = Task {
                    try await withDeadline(mirror.patience) { () async throws(any Error) in
                        try await mirror.find(publication)
                    }
                }
                let found = try? await search.value
                guard let found = found ?? nil else { throw error }
                return found
            }
        }
    }
}

extension Mirror {
    private func fetch() async throws {
        let start = self.elapsed()
        do {
            try await self.upstream.fetch(into: self.git)
            self.fetched = start
            self.failed = nil
        } catch {
            if !(error is CancellationError) { self.failed = (self.elapsed(), error) }
            throw error
        }
    }

    /// Looks on the server for a publication whose answer may have been lost.
    private func find(_ publication: Publication) async throws -> GitObjectID? {
        try await self.fetch()
        guard let tip = try await self.git.tip(of: publication.branch), tip != publication.expected else { return nil }
        for commit in try await self.git.log(from: tip, without: publication.expected, limit: Self.searched)
        where try await self.isSame(commit, as: publication) {
            return commit.id
        }
        return nil
    }

    private func isSame(_ commit: GitCommit, as publication: Publication) async throws -> Bool {
        if commit.id == publication.commit { return true }
        guard let turn = publication.turn, publication.isDocuments,
            commit.trailers.contains(where: { $0.key == LocalRepository.turnKey && $0.value == turn })
        else { return false }
        return try await self.git.tree(of: commit.id) == self.git.tree(of: publication.commit)
    }

    /// Runs `body` when all earlier steps have ended.
    private func alone<Result: Sendable>(
        _ body: @Sendable (isolated Mirror) async throws -> Result
    ) async throws -> Result {
        self.waiting += 1
        defer { self.waiting -= 1 }
        try await self.turns.enter()
        // The next step waits for the end of this one even if its caller is cancelled.
        defer { self.turns.leave() }
        try Task.checkCancellation()
        return try await body(self)
    }
}
