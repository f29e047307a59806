// Change: how often a growing answer is edited
/// The time between edits of one message: it grows with the answer, so that an answer of many minutes takes about sixty
/// edits rather than hundreds. Pure.
enum EditPace {
    /// The interval doubles after each of this many edits.
    static let step = 10

    /// The minimum time after a message's `edits`-th edit, in a room whose edit interval is `interval`.
    static func interval(after edits: Int, in interval: Duration) -> Duration {
        interval * (1 << min(edits / Self.step, 16))
    }
}
