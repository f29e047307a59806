internal import JSON
internal import Lifecycle
package import Logging
internal import Primitives

/// Removes workspaces of deleted sessions, expired ones, and the objects of dropped snapshots while the host runs.
package final class WorkspaceRetention: Service {
    package let name = "workspace retention"
    private let workspaces: Workspaces
    private let lifetime: Duration?
    private let deleted: @Sendable (_ sessions: [String]) async throws -> [String]
    private let use: @Sendable (_ session: String, _ time: Int64) async throws -> SessionUse
    private let removed: @Sendable (_ session: String) async -> Void
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let stopped = Protected(false)
    private let state: Protected<State>

    private struct State {
        /// When the last round began.
        var last: Int64
        /// What was reported about each workspace that stays.
        var reported: [String: String] = [:]
    }

    private static let interval: Duration = .seconds(6 * 3_600)
    /// Until deleted sessions are looked for again.
    private static let deletionInterval: Duration = .seconds(600)

    /// - Parameters:
    ///   - lifetime: Nil keeps the workspaces of all sessions that were not deleted.
    ///   - deleted: Those of some sessions that somebody has deleted: not those that are merely unknown.
    ///   - use: Whether a session was used since a time. If it was not, it also ends the session's jail.
    ///   - removed: Called for each removed workspace.
    ///   - now: Milliseconds since 1970.
    package init(
        _ workspaces: Workspaces, lifetime: Duration?,
        deleted: @escaping @Sendable (_ sessions: [String]) async throws -> [String],
        use: @escaping @Sendable (_ session: String, _ time: Int64) async throws -> SessionUse,
        removed: @escaping @Sendable (_ session: String) async -> Void = { _ in },
        now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.workspaces = workspaces
        self.lifetime = lifetime
        self.deleted = deleted
        self.use = use
        self.removed = removed
        self.now = now
        self.logger = logger
        self.state = Protected(State(last: now()))
    }

    package func run() async throws {
        while !self.stopped.withLock({ $0 }) {
            try await self.round()
            let next = ContinuousClock.now + Self.interval
            while !self.stopped.withLock({ $0 }), ContinuousClock.now < next {
                // Soon after one is made: whoever makes one after another and deletes their threads fills no disk.
                await self.workspaces.made.wait(upTo: Self.deletionInterval)
                try Task.checkCancellation()
                try await self.removeDeleted()
            }
        }
    }

    package func stop() async {
        self.stopped.withLock { $0 = true }
        self.workspaces.made.signal()
    }

    /// Looks at every workspace once.
    package func round() async throws {
        let begun = self.now()
        let last = self.state.withLock { state in
            defer { state.last = begun }
            return state.last
        }
        try await self.removeDeleted()
        for session in await self.workspaces.sessions() where !self.stopped.withLock({ $0 }) {
            try Task.checkCancellation()
            do {
                try await self.removeIfExpired(session, begun)
                try await self.workspaces.prune(session: session, openedSince: last)
            } catch let error as CancellationError {
                throw error
            } catch {
                self.keep(session, "it can't be checked: \(error)")
            }
        }
    }

    /// Removes the workspaces of sessions that somebody has deleted, with what is unsaved in them.
    private func removeDeleted() async throws {
        let use = self.use
        // What fails is tried again in the next round.
        let sessions = try? await self.deleted(self.workspaces.sessions())
        for session in sessions ?? [] where !self.stopped.withLock({ $0 }) {
            try Task.checkCancellation()
            do {
                let removal = try await self.workspaces.remove(session: session, unusedSince: .max) {
                    // Ends its jail, too.
                    try await use(session, 0) == .idle ? .deleted : .working
                }
                await self.note(removal, session, "the workspace of a deleted thread was removed")
            } catch let error as CancellationError {
                throw error
            } catch {
                self.keep(session, "its thread was deleted, but it can't be removed: \(error)")
            }
        }
    }

    private func removeIfExpired(_ session: String, _ now: Int64) async throws {
        guard let lifetime = self.lifetime else { return }
        let time = now - Int64(lifetime / .milliseconds(1))
        let use = self.use
        let removal = try await self.workspaces.remove(session: session, unusedSince: time) {
            try await use(session, time)
        }
        await self.note(removal, session, "an expired workspace was removed")
    }

    private func note(_ removal: WorkspaceRemoval, _ session: String, _ text: String) async {
        switch removal {
        case .used: self.state.withLock { $0.reported[session] = nil }
        case .kept(let reason): self.keep(session, reason)
        case .removed:
            self.state.withLock { $0.reported[session] = nil }
            await self.removed(session)
            self.logger.info(text, ["session": .string(session)])
        }
    }

    /// Reports each reason once.
    private func keep(_ session: String, _ reason: String) {
        let isNew = self.state.withLock { $0.reported.updateValue(reason, forKey: session) != reason }
        guard isNew else { return }
        self.logger.warning(
            "a workspace is kept", ["session": .string(session), "reason": .string(reason)])
    }
}
