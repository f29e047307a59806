/// A handler that the loop calls once, at its deadline, until it is cancelled or moved.
@Net
package final class Timer {
    /// When the handler is called.
    package private(set) var deadline: LoopInstant
    /// The place in the heap; -1 outside it.
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

    /// The handler will not be called, and is released, so that it may own what owns the timer.
    package func cancel() {
        self.loop.remove(self)
        self.handler = nil
    }

    /// The handler will not be called until ``reschedule(after:)``.
    package func stop() {
        self.loop.remove(self)
    }

    /// Moves the deadline, also of a timer that has fired; nothing happens after ``cancel()``.
    ///
    /// Putting it off is two stores: the heap is put in order when the old deadline passes. So a connection may move
    /// its idle deadline at every byte.
    package func reschedule(after delay: Duration) {
        guard self.handler != nil else { return }
        self.deadline = self.loop.now.advanced(by: delay)
        self.loop.place(self)
    }

    func fire() {
        self.handler?()
    }
}
