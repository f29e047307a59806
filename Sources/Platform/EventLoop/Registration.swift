/// A watched descriptor. The handler is kept until ``cancel()``, which must come before the descriptor is closed.
@Net
package final class Registration {
    package let descriptor: Int32
    package private(set) var interest: Interest
    /// Tells this registration's events from those of an earlier one of the same number.
    let generation: UInt32
    private var handler: (@Net (Readiness) -> Void)?
    private let loop: EventLoop

    init(
        descriptor: Int32, interest: Interest, generation: UInt32, loop: EventLoop,
        handler: @escaping @Net (Readiness) -> Void
    ) {
        self.descriptor = descriptor
        self.interest = interest
        self.generation = generation
        self.loop = loop
        self.handler = handler
    }

    /// Whether events can still come.
    package var isActive: Bool { self.handler != nil }

    /// Changes what is waited for; an empty set still reports errors and hang-ups. Nothing happens after ``cancel()``.
    package func modify(_ interest: Interest) {
        guard self.isActive, interest != self.interest else { return }
        self.interest = interest
        self.loop.update(self)
    }

    /// No event is delivered after this, not even one that epoll has already reported. The handler is released.
    package func cancel() {
        guard self.isActive else { return }
        self.handler = nil
        self.loop.forget(self)
    }

    func deliver(_ readiness: Readiness) {
        self.handler?(readiness)
    }
}
