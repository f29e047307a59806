/// What a turn does, and so which worker runs it. The raw values are stored; commands that begin a turn have the same
/// names.
package enum TurnKind: String, Sendable, CaseIterable {
    /// An answer to a message.
    case chat
    // Specifications
    case constitution, specify, clarify, plan, tasks, analyze, checklist, implement, refine, spec
    /// Carries out the answer to the question of how a conflict between documents is settled.
    case conflict
    /// A change of the repository's list of tasks, or the agent's work on one of them.
    case task
    // Work in the thread's workspace
    case run, diff, files, snapshot, undo, commit
    // GitHub
    case pr, review, fix, workflow
    /// Merges a branch of a repository on this machine.
    case merge
    /// Reads the last answer aloud.
    case say
    /// A command that was answered at once. No worker runs it.
    case command

    /// Whether it works in the session's jail or workspace. Such a turn is never resumed: it runs again only when
    /// somebody asks for it.
    package var isWork: Bool {
        switch self {
        case .run, .diff, .files, .snapshot, .undo, .commit: true
        case .chat, .constitution, .specify, .clarify, .plan, .tasks, .analyze, .checklist, .implement, .refine, .spec,
            .conflict, .task, .pr, .review, .fix, .workflow, .merge, .say, .command:
            false
        }
    }

    /// Whether a turn may begin again by itself after it was interrupted. It must not where nobody can see whether it was
    /// carried out, and a second time would do more than the first: a started workflow, a snapshot that was left.
    package var mayRepeat: Bool {
        switch self {
        case .undo, .workflow: false
        case .chat, .constitution, .specify, .clarify, .plan, .tasks, .analyze, .checklist, .implement, .refine, .spec,
            .conflict, .task, .run, .diff, .files, .snapshot, .commit, .pr, .review, .fix, .merge, .say,
            .command:
            true
        }
    }

    /// The title of a conversation that begins with such a turn: what it is about, after the command where the words are
    /// its arguments. Without words it is the command, until a message says more.
    package func title(of words: String) -> String {
        switch self {
        case .chat, .specify, .conflict, .command: words
        case .constitution, .clarify, .plan, .tasks, .analyze, .checklist, .refine, .spec, .fix:
            words.isEmpty ? self.rawValue : words
        case .implement, .task, .run, .diff, .files, .snapshot, .undo, .commit, .pr, .review, .workflow, .merge,
            .say:
            words.isEmpty ? self.rawValue : "\(self.rawValue) \(words)"
        }
    }

    /// Whether a conversation has this title because a command without words began it.
    package static func isPreliminary(_ title: String) -> Bool { title.isEmpty || Self(rawValue: title) != nil }

    /// Whether the text of such a turn is the program's own, in which commands get the room's sign. A model's answer and
    /// documents are shown as they are.
    package var hasOwnWords: Bool {
        switch self {
        case .spec, .clarify, .implement, .conflict, .task, .run, .diff, .files, .snapshot, .undo, .commit, .pr,
            .workflow, .merge, .say:
            true
        case .chat, .constitution, .specify, .plan, .tasks, .analyze, .checklist, .refine, .review, .fix, .command:
            false
        }
    }

    /// Whether such a turn shows a document that it writes, which is in the repository and behind a link as well.
    package var isDocument: Bool {
        switch self {
        case .constitution, .specify, .plan, .tasks, .analyze, .checklist, .refine: true
        case .chat, .clarify, .implement, .spec, .conflict, .task, .run, .diff, .files, .snapshot, .undo, .commit, .pr,
            .review, .fix, .workflow, .merge, .say, .command:
            false
        }
    }

    /// The lowest role that may begin such a turn: everybody may chat, all others change something.
    package var role: Role {
        switch self {
        case .chat, .say, .command: .guest
        case .constitution, .specify, .clarify, .plan, .tasks, .analyze, .checklist, .implement, .refine, .spec,
            .conflict, .task, .run, .diff, .files, .snapshot, .undo, .commit, .pr, .review, .fix, .workflow:
            .member
        case .merge: .owner
        }
    }
}
