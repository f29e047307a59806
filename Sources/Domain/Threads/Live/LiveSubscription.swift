internal import Primitives

/// One watcher of operations. Frames wait in a bounded buffer; a watcher that falls behind finds ``didOverflow`` set
/// and reads the rest from storage, so that a slow client costs no memory and misses nothing.
package final class LiveSubscription: Sendable {
    private let stream: AsyncStream<LiveFrame>
    private let input: AsyncStream<LiveFrame>.Continuation
    private let hasOverflowed = Protected(false)

    /// Frames that wait for the watcher.
    package static let limit = 256

    package init(limit: Int = LiveSubscription.limit, onEnd: @escaping @Sendable () -> Void) {
        (self.stream, self.input) = AsyncStream.makeStream(of: LiveFrame.self, bufferingPolicy: .bufferingOldest(limit))
        self.input.onTermination = { _ in onEnd() }
    }

    /// The frames, in order, for one consumer. Ends when the subscription is cancelled or frames had to be dropped;
    /// then subscribe again from the last sequence seen.
    package var frames: AsyncStream<LiveFrame> { self.stream }

    package func cancel() { self.input.finish() }

    package func yield(_ frame: LiveFrame) {
        if self.hasOverflowed.withLock({ $0 }) { return }
        if case .dropped = self.input.yield(frame) { self.overflow() }
    }

    /// Ends it: whoever watches has to subscribe again, from the last sequence seen.
    package func overflow() {
        self.hasOverflowed.withLock { $0 = true }
        self.input.finish()
    }

    /// Whether frames were dropped; valid once ``frames`` has ended.
    package var didOverflow: Bool { self.hasOverflowed.withLock { $0 } }
}
