internal import Primitives

/// Wakes one waiting task; a signal that comes before the wait is not lost, several are one.
final class SlackSignal: Sendable {
    private struct State {
        var isSet = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Protected(State())

    func signal() {
        let waiter = self.state.withLock { state in
            state.isSet = state.waiter == nil
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Forgets a signal that nobody waited for.
    func reset() { self.state.withLock { $0.isSet = false } }

    /// Waits for a signal, or for cancellation, after which it returns at once.
    func wait() async {
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

    /// Waits for a signal, but no longer than `limit`.
    func wait(upTo limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}
