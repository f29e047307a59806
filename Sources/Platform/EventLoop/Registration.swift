/// A watched descriptor. Retains the handler until ``cancel()``, which must precede closing the descriptor.
@Net
package final class Registration {
    package let descriptor: Int32
    package private(set) var interest: EpollEvents
    /// Distinguishes this registration's events from those of an earlier one with the same number.
    let generation: UInt32
    private var handler: (@Net (EpollEvents) -> Void)?
    private let loop: EventLoop

    init(
        descriptor: Int32, interest: EpollEvents, generation: UInt32, loop: EventLoop,
        handler: @escaping @Net (EpollEvents) -> Void
    ) {
        self.descriptor = descriptor
        self.interest = interest
        self.generation = generation
        self.loop = loop
        self.handler = handler
    }

    /// Whether events can still be delivered.
    package var isActive: Bool { self.handler != nil }

    /// Changes the interest; an empty set still reports errors and hang-ups. Does nothing after ``cancel()``.
    package func modify(_ interest: EpollEvents) {
        guard self.isActive, interest != self.interest else { return }
        self.interest = interest
        self.loop.update(self)
    }

    /// Releases the handler. No event is delivered after this, not even one that epoll has already reported.
    package func cancel() {
        guard self.isActive else { return }
        self.handler = nil
        self.loop.forget(self)
    }

    func deliver(_ readiness: EpollEvents) {
        self.handler?(readiness)
    }
}
