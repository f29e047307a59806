package import Chat

// Change: a new command in a thread
/// The commands in a thread, the same words on every network.
package enum CommandName: String, Sendable, CaseIterable {
    case help, new, stop, status, whoami, pair, model, models, usage, repo, run, jobs, kill, approve, deny
    case constitution, specify, clarify, plan, tasks, analyze, checklist, implement, refine, spec
    case diff, files, snapshot, undo, commit, persona, policy, steer, pr, review, fix, workflow, login, logout
    case resend, resume, export, people, verify, task, budget, report
    case rate
    case comment
    case mute, unmute
    case redo
    case context
    case extensions
    case merge
    case share, unshare
    case link, unlink
    case remember, memory, forget
    case skills
    case remind, every, on, schedules
    case say
    case language

    /// The lowest role that may use it.
    package var role: Role {
        switch self {
        case .help, .new, .stop, .status, .whoami, .pair, .model, .models, .usage, .resend, .resume,
            .export, .budget, .report, .rate, .mute, .unmute, .redo, .context, .share, .unshare, .link, .unlink,
            .remember, .memory, .forget, .say, .remind, .schedules, .language:
            .guest
        case .repo, .run, .jobs, .kill, .approve, .deny, .constitution, .specify, .clarify, .plan, .tasks, .analyze,
            .checklist, .implement, .refine, .spec, .diff, .files, .snapshot, .undo, .commit, .persona, .policy,
            .steer, .pr, .review, .fix, .workflow, .login, .logout, .task, .comment, .skills, .extensions, .every, .on:
            .member
        case .people, .verify, .merge: .owner
        }
    }

    /// Whether it changes a thread for everybody in it, so that a guest may give it only in a thread of their own.
    package func changesThread(_ argument: String) -> Bool {
        switch self {
        case .new, .mute, .unmute: true
        case .model: !argument.isEmpty
        default: false
        }
    }
}
