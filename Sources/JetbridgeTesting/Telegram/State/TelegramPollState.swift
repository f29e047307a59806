/// What the server remembers of `getUpdates` calls.
struct TelegramPollState: Sendable {
    /// Counts the polls; an older one that still waits is over.
    var number = 0
    /// The poll with this number is never answered.
    var frozen = 0
    /// The webhook took the updates from the polls that were under way.
    var lastBreak = 0
    var offset = -1
    var begin = -100_000.0
    /// Before this time a conflict is told three seconds late.
    var nextConflict = 0.0
}
