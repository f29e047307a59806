internal import Primitives

/// Connects a read to the task that waits for it, because the task may be cancelled before the read exists.
final class ReadTicket: Sendable {
    private struct State {
        var job: ReadJob?
        var isCancelled = false
    }

    private let state = Protected(State())

    /// False if the task is already cancelled.
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
