internal import Primitives

/// Admits a limited number of tasks at once, in order.
package final class GitTurns: Sendable {
    private struct State {
        var free: Int
        var waiting: [(number: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var count = 0
        /// Cancelled before they began to wait.
        var cancelled: Set<Int> = []
    }

    private let state: Protected<State>

    package init(_ limit: Int) {
        self.state = Protected(State(free: limit))
    }

    /// Waits for a turn; throws `CancellationError` when the task is cancelled first.
    package func enter() async throws {
        let number = self.state.withLock { state in
            state.count += 1
            return state.count
        }
        let isIn = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = self.state.withLock { state in
                    if state.cancelled.remove(number) != nil { return false }
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append((number, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = self.state.withLock { state -> CheckedContinuation<Bool, Never>? in
                if let index = state.waiting.firstIndex(where: { $0.number == number }) {
                    return state.waiting.remove(at: index).continuation
                }
                state.cancelled.insert(number)
                return nil
            }
            waiter?.resume(returning: false)
        }
        // A cancellation after admission leaves its number behind.
        _ = self.state.withLock { $0.cancelled.remove(number) }
        guard isIn else { throw CancellationError() }
    }

    package func leave() {
        let next = self.state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}
