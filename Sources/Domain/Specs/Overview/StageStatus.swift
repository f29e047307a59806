/// How far a feature has come in one stage.
package struct StageStatus: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// It needs a document that an earlier stage writes.
        case missing
        /// It can be run now.
        case ready
        case done
        /// Something is left: questions without an answer, tasks or items without a tick.
        case open
        /// The rules find errors in what it wrote.
        case findings
    }

    package let stage: Stage
    package let state: State
    /// The document that it writes; nil while there is none. A folder for checklists.
    package let path: String?

    package init(_ stage: Stage, _ state: State, path: String? = nil) {
        self.stage = stage
        self.state = state
        self.path = path
    }

    /// The stage that writes what it needs; nil if it needs nothing.
    package var needs: Stage? {
        switch self.stage {
        case .constitution, .specify: nil
        case .clarify, .plan, .analyze, .checklist, .refine: .specify
        case .tasks: .plan
        case .implement: .tasks
        }
    }
}
