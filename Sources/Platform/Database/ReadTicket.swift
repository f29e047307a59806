internal import Primitives

/// Ties a read to the task that waits for it: a task may be cancelled before its read exists.
final class ReadTicket: Sendable {
    private struct State {
        var job: ReadJob?
        var isCancelled = false
    }

    private let state = Protected(State())

    /// False when the task is cancelled already.
    func take(_ job: ReadJob) -> Bool {
        self.state.withLock { state in
            state.job = job
            return !state.isCancelled
        }
    }

    var isCancelled: Bool { self.state.withLock { $0.isCancelled } }

    /// The read to stop, if there is one.
    func cancel() -> ReadJob? {
        self.state.withLock { state in
            state.isCancelled = true
            return state.job
        }
    }
}
