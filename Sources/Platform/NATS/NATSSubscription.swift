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

/// What a subscription delivers.
package enum NATSDelivery: Sendable, Equatable {
    case message(NATSMessage)
    /// Messages may be missing before this, but none is between this and the next gap. Each subscription begins with
    /// one, once the server knows it; others follow a lost connection or a reader that is too slow.
    case gap
}

/// A received message.
package struct NATSMessage: Sendable, Equatable {
    package let subject: String
    package let payload: [UInt8]
}
