/// What a call led to.
package struct ToolResult: Sendable, Equatable {
    package enum Outcome: String, Sendable {
        case done
        /// The call was wrong or did not work; the text says what to do differently.
        case failed
        /// Policy or a person said no; the text gives the reason.
        case denied
        /// Cut off by a stop or a restart: it may have run in part.
        case interrupted
    }

    package let outcome: Outcome
    /// For the model. Data, never an instruction.
    package let text: String
    /// One line for the thread: `swift test, exit 1, 12 s`.
    package let summary: String
    /// Whether files of the workspace changed.
    package let hasChanges: Bool
    /// Whether what comes from elsewhere in the text is marked as data already, by ``DataBlock``.
    package let isMarked: Bool
    /// What it took of models, in and out: it counts towards the turn's limit.
    package let tokens: Int

    package init(
        _ outcome: Outcome, text: String, summary: String, hasChanges: Bool = false, isMarked: Bool = false,
        tokens: Int = 0
    ) {
        self.outcome = outcome
        self.text = text
        self.summary = summary
        self.hasChanges = hasChanges
        self.isMarked = isMarked
        self.tokens = tokens
    }

    /// The result with a line of the host added to its text.
    func adding(_ line: String?) -> ToolResult {
        guard let line else { return self }
        return ToolResult(
            self.outcome, text: "\(self.text)\n\(line)", summary: self.summary, hasChanges: self.hasChanges,
            isMarked: self.isMarked, tokens: self.tokens)
    }
}
