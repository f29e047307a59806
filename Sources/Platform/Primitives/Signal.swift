/// Wakes one waiting task. A signal that arrives before the wait is kept; several count as one.
package final class Signal: Sendable {
    private struct State {
        var isSet = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Protected(State())

    package init() {}

    package func signal() {
        let waiter = self.state.withLock { state in
            state.isSet = state.waiter == nil
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Discards a signal that no task has waited for yet.
    package func reset() { self.state.withLock { $0.isSet = false } }

    /// Returns after a signal, or at once when the task is cancelled.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = self.state.withLock { state in
                    if state.isSet || Task.isCancelled {
                        state.isSet = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.waiter.take() }?.resume()
        }
    }

    /// Like ``wait()``, but returns after `limit` at the latest.
    package func wait(upTo limit: Duration) async {
        _ = await withDeadline(limit) { await self.wait() }
    }
}
