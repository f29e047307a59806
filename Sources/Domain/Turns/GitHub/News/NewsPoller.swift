package import GitHub
internal import JSON
internal import Lifecycle
package import Logging
package import Models
package import Posts
package import Primitives
internal import Sessions
internal import Store
internal import Threads

/// Polls watched branches and pull requests where no webhook reports them.
package final class NewsPoller: Service {
    /// Repositories that are polled at once.
    private static let concurrency = 4
    /// With a smaller share of the requests left, only people's own work may use them.
    private static let leastBudget = 0.1

    private struct State {
        var schedule: PollSchedule
        var polls: [GitHubRepositoryName: NewsPoll] = [:]
        var failing: Set<GitHubRepositoryName> = []
        var isStopping = false
    }

    private struct Due: Sendable {
        let repository: GitHubRepositoryName
        let watches: [GitHubWatch]
    }

    package let name = "github polling"
    private let posts: ThreadPosts
    private let desk: NewsDesk
    private let source: any GitHubNewsSource
    private let clock: ModelClock
    private let logger: Logger
    private let state: Protected<State>
    private let change: Signal

    /// - Parameters:
    ///   - change: says that there is another watch.
    ///   - leastInterval: milliseconds between two polls of a branch.
    package init(
        posts: ThreadPosts, desk: NewsDesk, source: any GitHubNewsSource, change: Signal,
        clock: ModelClock = .continuous,
        leastInterval: Int64 = PollSchedule.minute, logger: Logger
    ) {
        self.state = Protected(State(schedule: PollSchedule(leastInterval: leastInterval)))
        self.posts = posts
        self.desk = desk
        self.source = source
        self.change = change
        self.clock = clock
        self.logger = logger
        posts.store.held.observe { change.signal() }
    }

    package func run() async throws {
        while !self.state.withLock({ $0.isStopping }) {
            try Task.checkCancellation()
            let pause: Duration?
            do {
                pause = try await self.poll()
            } catch let error as CancellationError {
                throw error
            } catch {
                self.logger.error("news from GitHub cannot be stored; retrying", ["error": .string("\(error)")])
                pause = .seconds(5)
            }
            await self.wait(pause)
        }
        try Task.checkCancellation()
    }

    package func stop() async {
        self.state.withLock { $0.isStopping = true }
        self.change.signal()
    }

    /// Polls these watches soon: their news are incomplete.
    package func hurry(_ watches: [String]) {
        let now = self.posts.environment.now()
        self.state.withLock { state in
            for watch in watches { state.schedule.hurry(watch, at: now) }
        }
        self.change.signal()
    }

    /// Waits until a watch is due or changes.
    private func wait(_ pause: Duration?) async {
        guard let pause else { return await self.change.wait() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "change") { await self.change.wait() }
            group.addTask(name: "timer") { try? await self.clock.sleep(for: pause) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Polls what is due, and tells what has waited. Returns the time until there is more; nil without watches, and where
    /// another host polls.
    func poll() async throws -> Duration? {
        guard self.posts.store.held.contains(.gitHub) else {
            self.desk.forgetWaiting()
            return nil
        }
        let now = self.posts.environment.now()
        let watches = try await self.posts.store.read { ledger in try ledger.gitHubWatches() }
            .filter { self.desk.repositories[$0.repository] != nil }
        let due = self.state.withLock { state -> [Due] in
            state.schedule.plan(watches.map { ($0.id, $0.activeAt) }, at: now)
            // All watches of a repository are polled together: what one round has read is new to none of the later ones.
            return Dictionary(grouping: watches) { self.desk.repositories[$0.repository] }
                .filter { _, watches in watches.contains { state.schedule.isDue($0.id, at: now) } }
                .compactMap { name, watches in name.map { Due(repository: $0, watches: watches) } }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, item) in due.enumerated() {
                if index >= Self.concurrency { try await group.next() }
                group.addTask(name: "poll") {
                    let isDone = try await self.poll(item)
                    let end = self.posts.environment.now()
                    self.state.withLock { state in
                        for watch in item.watches {
                            state.schedule.polled(
                                watch.id, activeAt: watch.activeAt, from: now, at: end, hasFailed: !isDone)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let rest = try await self.desk.tellWaiting(through: self.posts)
        let later = self.posts.environment.now()
        let pause: Duration? = self.state.withLock { state in
            state.schedule.next.map { .milliseconds(max(1, $0 - later)) }
        }
        return [pause, rest].compactMap(\.self).min()
    }

    /// Returns whether it succeeded; if not, it is repeated soon. Throws the store's errors.
    private func poll(_ due: Due) async throws -> Bool {
        if let left = await self.source.budgetLeft(for: due.repository), left < Self.leastBudget { return false }
        var poll = self.state.withLock { $0.polls[due.repository] } ?? NewsPoll(due.repository)
        let snapshot: NewsSnapshot
        do {
            snapshot = try await poll.round(due.watches.compactMap { self.desk.branch(of: $0) }, from: self.source)
        } catch let error as CancellationError {
            throw error
        } catch {
            self.note("\(error)", of: due.repository)
            return false
        }
        try await self.desk.tell(snapshot, to: due.watches, through: self.posts)
        // What was found is stored, so the next round need not find it again.
        let done = poll
        self.state.withLock { state in
            state.polls[due.repository] = done
            if snapshot.failures.isEmpty { state.failing.remove(due.repository) }
        }
        // Of single branches and pull requests: news of the others have come.
        if let failure = snapshot.failures.first { self.note(failure, of: due.repository) }
        return !snapshot.isIncomplete
    }

    /// Logs a failure once, until the repository can be polled again.
    private func note(_ error: String, of repository: GitHubRepositoryName) {
        guard self.state.withLock({ $0.failing.insert(repository).inserted }) else { return }
        self.logger.warning(
            "GitHub cannot be polled for news; trying again",
            ["repository": .string("\(repository)"), "error": .string(error)])
    }
}

extension GitHubWatch {
    var id: String { "\(self.session) \(self.repository) \(self.branch)" }
}
