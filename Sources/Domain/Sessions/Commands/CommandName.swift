package import Chat
internal import Primitives

/// The commands in a thread, the same words on every network.
package enum CommandName: String, Sendable, CaseIterable {
    case help, new, stop, status, whoami, pair, model, models, usage, repo, run, jobs, kill, approve, deny
    case constitution, specify, clarify, plan, tasks, analyze, checklist, implement, refine, spec
    case diff, files, snapshot, undo, commit, persona, policy, steer, pr, review, fix, workflow, login, logout
    case resend, resume

    /// Whether it works in the session's jail or workspace. Such a turn is never resumed: it runs again only when
    /// somebody asks for it.
    package static func isWork(_ kind: String) -> Bool {
        switch Self(rawValue: kind) {
        case .run, .diff, .files, .snapshot, .undo, .commit: true
        default: false
        }
    }

    /// Whether a turn may begin again by itself after it was interrupted. It must not where nobody can see whether it was
    /// carried out, and a second time would do more than the first: a started workflow, a snapshot that was left.
    package static func mayRepeat(_ kind: String) -> Bool {
        switch Self(rawValue: kind) {
        case .undo, .workflow: false
        default: true
        }
    }

    /// Whether the text of such a turn is the program's own, in which commands get the room's sign. A model's answer and
    /// documents are shown as they are.
    package static func hasOwnWords(_ kind: String) -> Bool {
        if Self.isWork(kind) || kind == AskRecord.Kind.conflict.rawValue { return true }
        return [Self.spec, .clarify, .implement, .pr, .workflow].contains { $0.rawValue == kind }
    }

    /// The lowest role that may use it.
    package var role: Role {
        switch self {
        case .help, .new, .stop, .status, .whoami, .pair, .model, .models, .usage, .resend, .resume: .guest
        case .repo, .run, .jobs, .kill, .approve, .deny, .constitution, .specify, .clarify, .plan, .tasks, .analyze,
            .checklist, .implement, .refine, .spec, .diff, .files, .snapshot, .undo, .commit, .persona, .policy,
            .steer, .pr, .review, .fix, .workflow, .login, .logout:
            .member
        }
    }

    /// The lowest role that may begin a turn of this kind. Everybody may chat; a kind without a command, such as the
    /// settlement of a conflict, changes something.
    static func role(ofTurn kind: String) -> Role {
        if let command = Self(rawValue: kind) { return command.role }
        return kind == "chat" ? .guest : .member
    }

    /// The command with the smallest edit distance to `word`.
    package static func nearest(to word: String) -> Self {
        var best = CommandName.help
        var bestDistance = Int.max
        for candidate in Self.allCases {
            let distance = EditDistance.between(word, candidate.rawValue)
            if distance < bestDistance {
                best = candidate
                bestDistance = distance
            }
        }
        return best
    }
}
