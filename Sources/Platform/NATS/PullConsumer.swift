/// What a durable consumer's deliveries mean. Pure.
struct PullConsumer: Sendable {
    enum Outcome: Equatable {
        case deliver
        case ignore
        /// The consumer or its stream may be gone.
        case broken
    }

    /// How many messages the server may still send for the last pull.
    private(set) var expected = 0

    static let batch = 64

    mutating func pulled() { self.expected = Self.batch }

    mutating func read(_ message: NATSMessage) -> Outcome {
        switch message.status {
        case nil:
            self.expected = max(0, self.expected - 1)
            return .deliver
        case "100": return .ignore  // a heartbeat
        case "404", "408":  // nothing there, or the pull's time is over
            self.expected = 0
            return .ignore
        default: return .broken
        }
    }
}
