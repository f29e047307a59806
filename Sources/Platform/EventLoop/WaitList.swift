/// A list of tasks that wait on the loop for a change. Cancelling a task ends its wait at once.
///
/// Like a condition variable: a wake means "check again", so callers wait in a loop around their condition.
@Net
package final class WaitList {
    private var waiting: [(number: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
    private var number: UInt64 = 0

    package nonisolated init() {}

    package var isEmpty: Bool { self.waiting.isEmpty }

    /// Returns after a wake; throws `CancellationError` if the task is cancelled.
    package func wait() async throws {
        self.number += 1
        let number = self.number
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    self.waiting.append((number, continuation))
                }
            }
        } onCancel: {
            EventLoop.shared.runIfNeeded { self.cancel(number) }
        }
    }

    package func wakeAll() {
        guard !self.waiting.isEmpty else { return }
        let woken = self.waiting
        self.waiting.removeAll(keepingCapacity: true)
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Wakes the task that has waited longest.
    package func wakeFirst() {
        guard !self.waiting.isEmpty else { return }
        self.waiting.removeFirst().continuation.resume()
    }

    private func cancel(_ number: UInt64) {
        guard let index = self.waiting.firstIndex(where: { $0.number == number }) else { return }
        self.waiting.remove(at: index).continuation.resume(throwing: CancellationError())
    }
}
