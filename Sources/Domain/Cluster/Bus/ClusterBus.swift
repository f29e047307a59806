package import Database
internal import Lifecycle
package import Logging
internal import Primitives

/// Tells the other hosts by PostgreSQL's notifications that something new is in the store. The store decides everything: a
/// host that hears nothing looks by itself, half a second later at most. Nothing here delays a write.
///
/// A wake is said by the lease's database, outside of the transaction that stored (its commit takes a lock of the whole
/// server), and heard on a session of its own. Each host hears its own too: where that does not come back, nothing is
/// heard, as behind a pooler that gives each transaction another session.
package final class ClusterBus: Service {
    private struct State {
        var ear: PostgreSQLListener?
        /// Whether the last session was a pooler's.
        var isPooled = false
        /// Whether nothing came back on that one.
        var isDeaf = false
        /// Since the last time that something was heard.
        var failures = 0
        var problem: String? = "the other hosts are not heard yet: this one looks for what they store twice a second"
        var counts = BusCounts()
    }

    package let name = "cluster bus"
    private let place: PostgreSQLSettings
    private let database: Database
    private let key: ClusterKey
    private let host: String
    /// Has the cluster's name, because a host with another key may be at the same database.
    private let channel: String
    private let logger: Logger
    private let (pause, patience): (Duration, Duration)
    private let woken: @Sendable () -> Void
    private let state = Protected(State())
    /// Something is to be said. What comes while one is on its way is said with the next.
    private let due = Signal()
    /// An own wake has come back, or nothing is heard any more.
    private let answered = Signal()
    /// It is known whether the others are heard.
    private let settled = Signal()
    private let stopped = Signal()

    /// Between two sessions.
    private static let reopening = (first: Duration.milliseconds(250), last: Duration.seconds(30))
    /// Between two sessions of a pooler that were not heard.
    private static let deafPause = Duration.seconds(600)

    /// How sessions that listen are called on the server.
    package static let application = "jetbridge wakes"

    /// - Parameters:
    ///   - place: The cluster's database.
    ///   - database: The same, opened; a wake is said in one of its reads.
    ///   - host: This host's id.
    ///   - pause: After this time a wake is said in any case, to notice a session that hears nothing any more.
    ///   - patience: How long an own wake may take to come back.
    ///   - woken: Called when another host has stored something, or may have. Must return at once.
    package init(
        _ place: PostgreSQLSettings, database: Database, key: ClusterKey, host: String, logger: Logger,
        pause: Duration = .seconds(20), patience: Duration = .seconds(5), woken: @escaping @Sendable () -> Void
    ) {
        self.place = place.named(Self.application)
        self.database = database
        self.key = key
        self.host = host
        self.channel = "jetbridge_\(key.name)"
        self.logger = logger
        (self.pause, self.patience) = (pause, patience)
        self.woken = woken
    }

    /// Why this host does not hear the others, and what to do; nil if it does.
    package var problem: String? { self.state.withLock { $0.problem } }

    package var counts: BusCounts { self.state.withLock { $0.counts } }

    package func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask(name: "cluster-hear") { await self.hear() }
            group.addTask(name: "cluster-say") { await self.say() }
            await self.stopped.wait()
            group.cancelAll()
        }
    }

    package func stop() async { self.stopped.signal() }

    /// Wakes all others soon.
    package func wake() { self.due.signal() }

    /// What is wrong with a bus that has just begun to run, once that is known; after `limit` at the latest.
    package func problem(within limit: Duration) async -> String? {
        await self.settled.wait(upTo: limit)
        return self.problem
    }

    // MARK: Saying

    private func say() async {
        while !Task.isCancelled {
            await self.due.wait(upTo: self.pause)
            guard !Task.isCancelled else { return }
            self.answered.reset()
            do {
                try await self.send()
            } catch {
                self.state.withLock { $0.counts.unsent += 1 }
                self.logger.debug("the other hosts were not woken: \(error)")
                continue
            }
            guard let ear = self.state.withLock({ $0.ear }) else { continue }
            let isAnswered = await withDeadline(self.patience) { await self.answered.wait() } != nil
            if !isAnswered, !Task.isCancelled { await ear.close() }
        }
    }

    private func send() async throws {
        let message = BusEnvelope(host: self.host).sealed(with: self.key, for: self.channel)
        let (channel, text) = (self.channel, String(decoding: message, as: UTF8.self))
        try await self.database.read { connection in
            // Nothing is lost with it after a crash, so it waits for no disk.
            _ = try connection.first(
                "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)", .text(channel), .text(text))
        }
        self.state.withLock { $0.counts.sent += 1 }
    }

    // MARK: Hearing

    private func hear() async {
        while !Task.isCancelled {
            do {
                let ear = try await PostgreSQLListener.opened(self.place, channel: self.channel)
                let isPooled = await ear.isPooled
                self.state.withLock { state in
                    state.ear = ear
                    state.isPooled = isPooled
                }
                // What was said before is not heard.
                self.woken()
                self.wake()
                do {
                    while !Task.isCancelled { for message in try await ear.next() { self.take(message) } }
                } catch {
                    await ear.close()
                    throw error
                }
            } catch {
                guard !Task.isCancelled else { return }
                self.end(because: error)
            }
            let (failures, isDeaf) = self.state.withLock { ($0.failures, $0.isPooled && $0.isDeaf) }
            // Where each transaction gets another session, nothing will be heard until an operator changes that.
            let longest = isDeaf ? Self.deafPause : Self.reopening.last
            let pause = min(Self.reopening.first * (1 << min(failures, 12)), longest)
            try? await Task.sleep(for: pause * Double.random(in: 0.5...1))
        }
    }

    private func end(because error: any Error) {
        let isDeaf = (error as? DatabaseError)?.code == .closed
        let news: String? = self.state.withLock { state in
            let reason =
                switch (isDeaf, state.isPooled) {
                case (false, _): "\(error)"
                case (true, true):
                    "store.url names a pooler that gives each transaction another session; in pgbouncer, set pool_mode = "
                        + "session, or name the server itself in store.url"
                case (true, false):
                    "what this host says itself has not come back within \(self.patience / .seconds(1)) s"
                }
            let problem =
                "PostgreSQL's notifications are not heard, so this host looks for what others store twice a second: \(reason)"
            state.failures += 1
            state.isDeaf = isDeaf
            state.ear = nil
            defer { state.problem = problem }
            return state.problem == problem ? nil : problem
        }
        if let news { self.logger.warning(news) }
        self.answered.signal()
        self.settled.signal()
    }

    private func take(_ message: [UInt8]) {
        do throws(BusEnvelope.Refusal) {
            let envelope = try BusEnvelope(opening: message, with: self.key, from: self.channel)
            guard envelope.host == self.host else {
                self.state.withLock { $0.counts.received += 1 }
                return self.woken()
            }
            let wasHeard = self.state.withLock { state in
                state.failures = 0
                return state.problem.take() == nil
            }
            if !wasHeard { self.logger.info("the other hosts are heard by PostgreSQL's notifications") }
            self.answered.signal()
            self.settled.signal()
        } catch {
            self.state.withLock { $0.counts.refused += 1 }
        }
    }
}

/// What a bus has done.
package struct BusCounts: Sendable, Equatable {
    package internal(set) var sent = 0
    /// Not said, because the database did not answer.
    package internal(set) var unsent = 0
    package internal(set) var received = 0
    /// Dropped because the signature is not the cluster's, or because they make no sense.
    package internal(set) var refused = 0
}
