/// Where tasks wait on the loop until something changes. Cancelling a task ends its wait at once.
///
/// Like a condition variable: a wake says "look again", so callers wait in a loop around their condition.
@Net
package final class WaitList {
    private struct Waiter {
        let number: UInt64
        let ticket: Parking.Ticket
    }

    private var waiting: [Waiter] = []
    private var number: UInt64 = 0

    package nonisolated init() {}

    package var isEmpty: Bool { self.waiting.isEmpty }

    /// Returns after a wake; throws `CancellationError` when the task is cancelled.
    package func wait() async throws {
        try Task.checkCancellation()
        self.number += 1
        let number = self.number
        let ticket = Parking.Ticket()
        self.waiting.append(Waiter(number: number, ticket: ticket))
        await withTaskCancellationHandler {
            await Parking.wait(ticket)
        } onCancel: {
            EventLoop.shared.runIfNeeded { self.cancel(number) }
        }
        // A wake that came first counts: it may have been meant for this task alone.
        if self.cancelled.remove(number) != nil { throw CancellationError() }
    }

    package func wakeAll() {
        guard !self.waiting.isEmpty else { return }
        let woken = self.waiting
        self.waiting.removeAll(keepingCapacity: true)
        for waiter in woken { waiter.ticket.wake() }
    }

    /// Wakes the one that has waited longest.
    package func wakeFirst() {
        guard !self.waiting.isEmpty else { return }
        self.waiting.removeFirst().ticket.wake()
    }

    private var cancelled: Set<UInt64> = []

    private func cancel(_ number: UInt64) {
        guard let index = self.waiting.firstIndex(where: { $0.number == number }) else { return }
        self.cancelled.insert(number)
        self.waiting.remove(at: index).ticket.wake()
    }
}
