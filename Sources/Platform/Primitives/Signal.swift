/// Wakes the waiting tasks. A signal that arrives before the wait is kept, for one task; several count as one.
package final class Signal: Sendable {
    private struct State {
        var isSet = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var waits = 0
    }

    private let state = Protected(State())

    package init() {}

    package func signal() {
        let waiters = self.state.withLock { state in
            state.isSet = state.waiters.isEmpty
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    /// Discards a signal that no task has waited for yet.
    package func reset() { self.state.withLock { $0.isSet = false } }

    /// Returns after a signal, or at once when the task is cancelled.
    package func wait() async {
        let number = self.state.withLock { state in
            state.waits += 1
            return state.waits
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = self.state.withLock { state in
                    if state.isSet || Task.isCancelled {
                        state.isSet = false
                        return true
                    }
                    state.waiters[number] = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }

    /// Like ``wait()``, but returns after `limit` at the latest.
    package func wait(upTo limit: Duration) async {
        _ = await withDeadline(limit) { await self.wait() }
    }
}
