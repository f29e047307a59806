/// The deliveries of some subjects, for one reader. Releasing it ends the subscription.
package final class NATSSubscription: AsyncSequence, Sendable {
    package typealias Element = NATSDelivery

    package struct AsyncIterator: AsyncIteratorProtocol {
        let subscription: NATSSubscription

        package func next() async -> NATSDelivery? { await self.subscription.buffer.next() }
    }

    let buffer: NATSBuffer
    private let end: @Sendable () -> Void

    init(_ buffer: NATSBuffer, end: @escaping @Sendable () -> Void) {
        self.buffer = buffer
        self.end = end
    }

    deinit { self.cancel() }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(subscription: self) }

    /// Ends the sequence after what has been received.
    package func cancel() {
        self.end()
        self.buffer.end()
    }
}
