/// How far apart the edits of one message are: the longer an answer takes, the less often it is edited, so that one of
/// many minutes makes some sixty edits and not some hundreds. Pure.
enum EditPace {
    /// Edits before the time between two doubles, and doubles again after as many.
    static let step = 10

    /// The time that has to pass after a message's `edits`-th edit, where the room asks for `interval`.
    static func interval(after edits: Int, in interval: Duration) -> Duration {
        interval * (1 << min(edits / Self.step, 16))
    }
}
