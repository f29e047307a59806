/// A tool call of a turn, as people see it during the turn and afterwards. What is nil has not happened yet, or precedes
/// the part of the record that was asked for.
package struct TurnStep: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// The model has called; nothing has happened yet.
        case waiting
        case running, done, failed, denied, interrupted
    }

    /// An argument of the call.
    package struct Input: Sendable, Equatable {
        package let name: String
        package let text: String

        package init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// Unique in its turn.
    package let id: String
    package var tool: String?
    package var input: [Input]?
    /// What it does, in one line.
    package var title: String?
    package var state: State?
    /// Who or what allowed or denied it.
    package var decision: String?
    /// What the model got, cut in the middle.
    package var output: String?
    /// The result in one line.
    package var summary: String?
    package var hasChanges: Bool?
    /// The turn's own time in milliseconds, without waiting for people.
    package var startedAt: Int?
    package var endedAt: Int?

    package init(id: String) { self.id = id }
}

/// A part of a turn's steps.
package struct TurnStepPage: Sendable, Equatable {
    /// In the order of the calls.
    package let steps: [TurnStep]
    /// The position in the turn's record from which the next part begins.
    package let position: Int
    /// Whether earlier steps are left out.
    package let isCut: Bool

    package init(steps: [TurnStep] = [], position: Int = 0, isCut: Bool = false) {
        self.steps = steps
        self.position = position
        self.isCut = isCut
    }
}

/// The steps of a turn that works with tools. Shown above the growing answer where messages can be edited, else at the
/// end only.
package struct TurnSteps: Sendable, Equatable {
    /// While the turn runs: its last steps, Markdown.
    package let shown: String
    /// When it has ended: one line, without markup.
    package let folded: String
    /// The step that is new, one line, for views that add lines; without markup.
    package let news: String?

    package init(shown: String, folded: String, news: String? = nil) {
        self.shown = shown
        self.folded = folded
        self.news = news
    }
}
