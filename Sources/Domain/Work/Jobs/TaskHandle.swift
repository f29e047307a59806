internal import Primitives

/// Cancels a task that may not have been made yet.
final class TaskHandle: Sendable {
    private let state = Protected<(cancel: (@Sendable () -> Void)?, isCancelled: Bool)>((nil, false))

    func set(_ cancel: @escaping @Sendable () -> Void) {
        let isCancelled = self.state.withLock { state in
            state.cancel = cancel
            return state.isCancelled
        }
        if isCancelled { cancel() }
    }

    func cancel() {
        let cancel = self.state.withLock { state in
            state.isCancelled = true
            return state.cancel
        }
        cancel?()
    }
}
