internal import Primitives

/// Deliveries between the connection and one reader. Bounded: what is too much pushes out the oldest, and a gap takes
/// its place.
final class NATSBuffer: Sendable {
    private struct State {
        /// From `first` on.
        var deliveries: [NATSDelivery] = []
        var first = 0
        var bytes = 0
        /// A gap comes before them.
        var hasLost = false
        var isEnded = false

        var count: Int { self.deliveries.count - self.first }

        mutating func removeFirst() -> NATSDelivery? {
            guard self.count > 0 else { return nil }
            let delivery = self.deliveries[self.first]
            self.deliveries[self.first] = .gap  // releases the message
            self.first += 1
            if case .message(let message) = delivery { self.bytes -= message.payload.count }
            if self.count == 0 || self.first >= 1_024 {
                self.deliveries.removeFirst(self.first)
                self.first = 0
            }
            return delivery
        }
    }

    private let state = Protected(State())
    private let changed = Signal()
    private let messageLimit: Int
    private let byteLimit: Int
    private let onDrop: @Sendable (Int) -> Void

    /// - Parameter onDrop: Gets the number of messages that were dropped.
    init(messages: Int, bytes: Int, onDrop: @escaping @Sendable (Int) -> Void) {
        self.messageLimit = messages
        self.byteLimit = bytes
        self.onDrop = onDrop
    }

    func put(_ message: NATSMessage) {
        let dropped = self.state.withLock { state in
            guard !state.isEnded else { return 0 }
            state.deliveries.append(.message(message))
            state.bytes += message.payload.count
            var dropped = 0
            while state.count > self.messageLimit || state.bytes > self.byteLimit, let oldest = state.removeFirst() {
                state.hasLost = true
                if oldest != .gap { dropped += 1 }
            }
            return dropped
        }
        if dropped > 0 { self.onDrop(dropped) }
        self.changed.signal()
    }

    func putGap() {
        self.state.withLock { state in
            if state.count == 0 {
                state.hasLost = true
            } else if state.deliveries.last != .gap {
                state.deliveries.append(.gap)
            }
        }
        self.changed.signal()
    }

    /// The reader gets what is there, then the end.
    func end() {
        self.state.withLock { $0.isEnded = true }
        self.changed.signal()
    }

    var isEnded: Bool { self.state.withLock { $0.isEnded } }

    /// Waits for the next delivery; nil at the end, when the task is cancelled, or after `limit`.
    func next(upTo limit: Duration? = nil) async -> NATSDelivery? {
        let end = limit.map { ContinuousClock.now + $0 }
        while !Task.isCancelled {
            let (delivery, isEnded) = self.take()
            if delivery != nil || isEnded { return delivery }
            guard let end else {
                await self.changed.wait()
                continue
            }
            let left = end - .now
            guard left > .zero else { return nil }
            await self.changed.wait(upTo: left)
        }
        return nil
    }

    private func take() -> (NATSDelivery?, isEnded: Bool) {
        self.state.withLock { state in
            if state.hasLost {
                state.hasLost = false
                return (.gap, state.isEnded)
            }
            return (state.removeFirst(), state.isEnded)
        }
    }
}
