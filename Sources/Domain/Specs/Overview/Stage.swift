package import Chat
internal import Repositories

/// A step of the specification flow. Every stage is optional and may be repeated.
package enum Stage: String, Sendable, Hashable, CaseIterable {
    case constitution, specify, clarify, plan, tasks, analyze, checklist, implement
    /// Changes an existing document as a text asks for.
    case refine

    /// The turn that runs the stage.
    package var turn: TurnKind {
        switch self {
        case .constitution: .constitution
        case .specify: .specify
        case .clarify: .clarify
        case .plan: .plan
        case .tasks: .tasks
        case .analyze: .analyze
        case .checklist: .checklist
        case .implement: .implement
        case .refine: .refine
        }
    }
}

/// How much a stage reads and writes.
enum StageLimits {
    /// Bytes of one written document; leaves room for repairs.
    static let document = Document.sizeLimit - 4_096
    /// Bytes of all documents of one answer.
    static let answer = 200 << 10
    /// Documents of one answer beside the main one.
    static let others = 24
    /// Bytes of one document in a prompt, and of all of them.
    static let quoted = 60 << 10
    static let prompt = 180 << 10
    /// Bytes of the earlier conversation in a prompt.
    static let history = 6_000
    /// How often a broken document is sent back, and how many of its sections at a time.
    static let repairs = 2
    static let sections = 6
    /// Lines of findings in the thread.
    static let findings = 5
    /// Rows of an analysis.
    static let rows = 50
}
