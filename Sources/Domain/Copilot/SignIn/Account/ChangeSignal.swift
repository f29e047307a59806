internal import Primitives

/// Wakes tasks that wait for an outside change. A waiter passes the count at its last look, so that it misses no
/// change between looking and waiting.
final class ChangeSignal: Sendable {
    private struct State {
        var count = 0
        var nextID = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Protected(State())

    /// The number of changes so far.
    var count: Int { self.state.withLock { $0.count } }

    func notify() {
        let waiters = self.state.withLock { state in
            state.count += 1
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns at the first change after `seen`, or after `limit`; throws `CancellationError`.
    func wait(after seen: Int, upTo limit: Duration, on clock: AccountClock) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "change") { await self.changed(after: seen) }
            group.addTask(name: "limit") { try await clock.sleep(for: limit) }
            defer { group.cancelAll() }
            try await group.next()
        }
        try Task.checkCancellation()
    }

    /// Returns at once when the task is cancelled.
    private func changed(after seen: Int) async {
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = self.state.withLock { state in
                    if state.count != seen || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
