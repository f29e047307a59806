/// The state of the `getUpdates` calls.
struct TelegramPollState: Sendable {
    /// Counts the polls; a new one ends an older one that is still waiting.
    var number = 0
    /// The newest poll when the webhook was set; polls up to it end.
    var lastBreak = 0
    var offset = -1
    var begin = -100_000.0
    /// Before this time a conflict is reported three seconds late.
    var nextConflict = 0.0
}
