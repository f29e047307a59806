/// A handler that the loop calls once, at its deadline, unless it is cancelled or rescheduled.
@Net
package final class Timer {
    package private(set) var deadline: LoopInstant
    /// The index in the heap; -1 if not in it.
    var position = -1
    private var handler: (@Net () -> Void)?
    private let loop: EventLoop

    init(deadline: LoopInstant, loop: EventLoop, handler: @escaping @Net () -> Void) {
        self.deadline = deadline
        self.loop = loop
        self.handler = handler
    }

    /// Whether the handler is still to be called.
    package var isPending: Bool { self.position >= 0 }

    /// Prevents the call and releases the handler, which breaks a reference cycle with the timer's owner.
    package func cancel() {
        self.loop.remove(self)
        self.handler = nil
    }

    /// Prevents the call until ``reschedule(after:)``.
    package func stop() {
        self.loop.remove(self)
    }

    /// Moves the deadline, even of a timer that has fired; does nothing after ``cancel()``.
    ///
    /// Postponing costs two stores, because the heap is reordered only when the old deadline passes. A connection can
    /// therefore move its idle deadline on every byte.
    package func reschedule(after delay: Duration) {
        guard self.handler != nil else { return }
        self.deadline = self.loop.now.advanced(by: delay)
        self.loop.place(self)
    }

    func fire() {
        self.handler?()
    }
}
