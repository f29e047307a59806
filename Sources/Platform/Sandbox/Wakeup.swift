package import EventLoop
internal import Primitives

/// Wakes one task on the loop; a call before the wait is kept. Unlike a ``WaitList`` its wait is not ended by
/// cancellation: what has begun is awaited to its end.
@Net
package final class Wakeup {
    private var isSet = false
    private var waiter: CheckedContinuation<Void, Never>?

    package nonisolated init() {}

    package func signal() {
        if let waiter = self.waiter.take() { waiter.resume() } else { self.isSet = true }
    }

    package func wait() async {
        if self.isSet {
            self.isSet = false
            return
        }
        await withCheckedContinuation { self.waiter = $0 }
    }
}
