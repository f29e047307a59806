internal import JSON
internal import Lifecycle
package import Logging
internal import Primitives

/// Removes expired workspaces and the objects of dropped snapshots while the host runs.
package final class WorkspaceRetention: Service {
    package let name = "workspace retention"
    private let workspaces: Workspaces
    private let lifetime: Duration?
    private let use: @Sendable (_ session: String, _ time: Int64) async throws -> SessionUse
    private let removed: @Sendable (_ session: String) async -> Void
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let stopped = Protected(false)
    private let wake = Signal()
    private let state: Protected<State>

    private struct State {
        /// When the last round began.
        var last: Int64
        /// What was reported about each workspace that stays.
        var reported: [String: String] = [:]
    }

    private static let interval: Duration = .seconds(6 * 3_600)

    /// - Parameters:
    ///   - lifetime: Nil keeps all workspaces.
    ///   - use: Whether a session was used since a time. If it was not, it also ends the session's jail.
    ///   - removed: Called for each removed workspace.
    ///   - now: Milliseconds since 1970.
    package init(
        _ workspaces: Workspaces, lifetime: Duration?,
        use: @escaping @Sendable (_ session: String, _ time: Int64) async throws -> SessionUse,
        removed: @escaping @Sendable (_ session: String) async -> Void = { _ in },
        now: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.workspaces = workspaces
        self.lifetime = lifetime
        self.use = use
        self.removed = removed
        self.now = now
        self.logger = logger
        self.state = Protected(State(last: now()))
    }

    package func run() async throws {
        while !self.stopped.withLock({ $0 }) {
            try await self.round()
            await self.wake.wait(upTo: Self.interval)
            try Task.checkCancellation()
        }
    }

    package func stop() async {
        self.stopped.withLock { $0 = true }
        self.wake.signal()
    }

    /// Looks at every workspace once.
    package func round() async throws {
        let begun = self.now()
        let last = self.state.withLock { state in
            defer { state.last = begun }
            return state.last
        }
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

    private func removeIfExpired(_ session: String, _ now: Int64) async throws {
        guard let lifetime = self.lifetime else { return }
        let time = now - Int64(lifetime / .milliseconds(1))
        let use = self.use
        switch try await self.workspaces.remove(
            session: session, unusedSince: time, use: { try await use(session, time) })
        {
        case .used: self.state.withLock { $0.reported[session] = nil }
        case .kept(let reason): self.keep(session, reason)
        case .removed:
            self.state.withLock { $0.reported[session] = nil }
            await self.removed(session)
            self.logger.info("an expired workspace was removed", ["session": .string(session)])
        }
    }

    /// Reports each reason once.
    private func keep(_ session: String, _ reason: String) {
        let isNew = self.state.withLock { $0.reported.updateValue(reason, forKey: session) != reason }
        guard isNew else { return }
        self.logger.warning(
            "an expired workspace is kept", ["session": .string(session), "reason": .string(reason)])
    }
}
