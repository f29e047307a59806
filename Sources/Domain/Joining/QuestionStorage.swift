internal import Primitives

/// Whether the question of a turn has been stored, or what was said beside it. A turn may begin to work while these are on
/// their way to the disk; nothing of it may be seen, stored or ended before.
package final class QuestionStorage: Sendable {
    private struct State {
        var isBegun = false
        var isStored: Bool?
        var waiters: [CheckedContinuation<Bool, Never>] = []
    }

    private let state = Protected(State())

    package init() {}

    /// Whether this is the first call: a transaction may be tried twice.
    package func begin() -> Bool {
        self.state.withLock { state in
            defer { state.isBegun = true }
            return !state.isBegun
        }
    }

    /// Whether storing it has succeeded or failed.
    package var hasEnded: Bool { self.state.withLock { $0.isStored != nil } }

    package func end(isStored: Bool) {
        let waiters = self.state.withLock { state in
            state.isStored = isStored
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: isStored) }
    }

    /// Waits until that is known. The disk decides, so cancelling the task does not end the wait.
    package func isStored() async -> Bool {
        await withCheckedContinuation { continuation in
            let known = self.state.withLock { state in
                if state.isStored == nil { state.waiters.append(continuation) }
                return state.isStored
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
