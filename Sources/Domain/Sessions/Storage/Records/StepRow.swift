/// A stored step of a turn. What the event says is the agent's affair.
package struct StepRow: Sendable, Equatable {
    /// From 1, without gaps within a turn.
    package let number: Int
    /// The turn's own time in milliseconds.
    package let elapsed: Int
    /// JSON.
    package let event: String
    /// Later steps need no row before this one.
    package let isCheckpoint: Bool

    package init(number: Int, elapsed: Int, event: String, isCheckpoint: Bool) {
        self.number = number
        self.elapsed = elapsed
        self.event = event
        self.isCheckpoint = isCheckpoint
    }
}
