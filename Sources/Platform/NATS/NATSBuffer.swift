internal import Primitives

/// Deliveries between the library's thread and a reader. Bounded: what does not fit is dropped, and a gap takes its
/// place.
final class NATSBuffer: Sendable {
    private struct State {
        var deliveries: [NATSDelivery] = []
        var first = 0
        var bytes = 0
        var hasLost = false
        var isEnded = false
    }

    private let state = Protected(State())
    private let changed = Signal()
    private let messageLimit: Int
    private let byteLimit: Int
    private let keepsOldest: Bool
    private let onDrop: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - keepsOldest: Whether new messages are dropped, and not the oldest.
    ///   - onDrop: Gets the number of messages that were dropped.
    init(messages: Int, bytes: Int, keepsOldest: Bool = false, onDrop: @escaping @Sendable (Int) -> Void) {
        self.keepsOldest = keepsOldest
        self.messageLimit = messages
        self.byteLimit = bytes
        self.onDrop = onDrop
    }

    func put(_ message: NATSMessage) {
        let dropped = self.state.withLock { state in
            guard !state.isEnded else { return 0 }
            if self.keepsOldest,
                state.deliveries.count - state.first >= self.messageLimit || state.bytes > self.byteLimit
            {
                Self.appendGap(&state)
                return 1
            }
            state.deliveries.append(.message(message))
            state.bytes += message.payload.count
            return self.makeRoom(&state)
        }
        if dropped > 0 { self.onDrop(dropped) }
        self.changed.signal()
    }

    func putGap() {
        self.state.withLock { Self.appendGap(&$0) }
        self.changed.signal()
    }

    private static func appendGap(_ state: inout State) {
        if state.first == state.deliveries.count {
            state.hasLost = true
        } else if state.deliveries.last != .gap {
            state.deliveries.append(.gap)
        }
    }

    /// The reader gets what is there, then the end.
    func end() {
        self.state.withLock { $0.isEnded = true }
        self.changed.signal()
    }

    private func makeRoom(_ state: inout State) -> Int {
        var dropped = 0
        while state.deliveries.count - state.first > self.messageLimit || state.bytes > self.byteLimit,
            let oldest = Self.removeFirst(&state)
        {
            state.hasLost = true
            if case .message = oldest { dropped += 1 }
        }
        return dropped
    }

    private static func removeFirst(_ state: inout State) -> NATSDelivery? {
        guard state.first < state.deliveries.count else { return nil }
        let delivery = state.deliveries[state.first]
        state.deliveries[state.first] = .gap
        state.first += 1
        if case .message(let message) = delivery { state.bytes -= message.payload.count }
        if state.first == state.deliveries.count || state.first >= 1_024 {
            state.deliveries.removeFirst(state.first)
            state.first = 0
        }
        return delivery
    }

    /// Waits for the next delivery; nil at the end, or when the task is cancelled.
    func next() async -> NATSDelivery? {
        while !Task.isCancelled {
            let (delivery, isEnded) = self.take()
            if delivery != nil || isEnded { return delivery }
            await self.changed.wait()
        }
        return nil
    }

    /// Like ``next()``, but nil after `limit`, too.
    func next(upTo limit: Duration) async -> NATSDelivery? {
        let end = ContinuousClock.now + limit
        while !Task.isCancelled {
            let (delivery, isEnded) = self.take()
            if delivery != nil || isEnded { return delivery }
            let left = end - .now
            guard left > .zero else { return nil }
            await self.changed.wait(upTo: left)
        }
        return nil
    }

    var isEnded: Bool { self.state.withLock { $0.isEnded } }

    private func take() -> (NATSDelivery?, isEnded: Bool) {
        self.state.withLock { state in
            if state.hasLost {
                state.hasLost = false
                return (.gap, state.isEnded)
            }
            return (Self.removeFirst(&state), state.isEnded)
        }
    }
}
