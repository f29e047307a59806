/// What a turn has used and done so far.
package struct AgentTally: Sendable, Equatable {
    /// Answers of the model, with and without calls. Numbers the calls.
    package var answers = 0
    /// Answers that called tools, since the turn began or was resumed.
    package var steps = 0
    /// Tokens in and out, since the turn began or was resumed.
    package var tokens = 0
    /// When the turn began or was resumed, in milliseconds of the turn's own time.
    package var since = 0
    /// Calls with a result.
    package var calls = 0
    /// Tokens of the whole turn.
    package var allTokens = 0
    /// Whether a call that may have changed something has begun.
    package var hasEffects = false
    /// Consecutive answers in which every call of a tool failed.
    package var failures: [String: Int] = [:]
    /// Consecutive refusals by kind of tool.
    package var denials: [String: Int] = [:]

    package init() {}
}
