// Change: how long something is kept
/// How long stored data is kept; nil keeps it for ever.
///
/// Every lifetime of the product is here. ``Janitor`` applies it.
package struct Retention: Sendable, Equatable {
    /// Turns with their messages, frames and commit notices, counted from the turn's end; a session that was silent for
    /// this long is deleted whole. Commits themselves stay in Git.
    package var transcripts: Duration?
    /// Files that people sent, counted from their arrival.
    package var files: Duration?
    /// Workspaces of idle sessions; the host removes them.
    package var workspaces: Duration?
    /// Outbox entries that were sent or abandoned, and the keys of handled events.
    package var sent: Duration?
    /// Audit rows; the host removes them.
    package var audit: Duration?
    /// Records of single requests, turns and calls of tools; their sums by hour stay.
    package var usage: Duration?

    package init(
        transcripts: Duration? = .seconds(365 * 86_400), files: Duration? = .seconds(90 * 86_400),
        workspaces: Duration? = .seconds(30 * 86_400), sent: Duration? = .seconds(7 * 86_400), audit: Duration? = nil,
        usage: Duration? = nil
    ) {
        self.transcripts = transcripts
        self.files = files
        self.workspaces = workspaces
        self.sent = sent
        self.audit = audit
        self.usage = usage
    }

    /// All but the last frame of an operation, counted from its end: the transcript holds the same text.
    static let frames: Duration = .seconds(3_600)

    /// No network repeats an event after a week, so an event's key is kept that long even if ``sent`` is shorter:
    /// without it, a repeat would be answered again.
    private static let leastEventKeys: Duration = .seconds(7 * 86_400)

    /// An outbox entry does not outlive its transcript.
    var outbox: Duration? {
        guard let sent = self.sent, let transcripts = self.transcripts else { return self.sent ?? self.transcripts }
        return min(sent, transcripts)
    }

    var eventKeys: Duration? { self.outbox.map { max($0, Self.leastEventKeys) } }
}
