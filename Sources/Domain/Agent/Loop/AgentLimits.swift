/// What one turn may use. Reached, the turn ends and says so.
package struct AgentLimits: Sendable, Equatable {
    /// Answers of the model that call tools.
    package var steps: Int
    /// Tokens in and out together.
    package var tokens: Int
    /// Without the time that approvals wait.
    package var time: Duration

    package init(steps: Int = 50, tokens: Int = 400_000, time: Duration = .seconds(1800)) {
        self.steps = steps
        self.tokens = tokens
        self.time = time
    }
}
