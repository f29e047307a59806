/// The words of CONTRACT's "Commands in a thread", the same on every network.
package enum CommandName: String, Sendable, CaseIterable {
    case help, new, stop, status, whoami, pair, model, models, usage, repo, run, jobs, kill, approve, deny
    case constitution, specify, clarify, plan, tasks, analyze, checklist, implement, refine, spec
    case diff, files, snapshot, undo, task, resend, resume

    /// How a command is answered.
    package enum Handling: Sendable {
        /// At once, even while a turn runs.
        case immediate
        /// As a turn of its own, in the thread's order.
        case turn
        /// Not part of this release.
        case later
    }

    package var handling: Handling {
        switch self {
        case .help, .new, .stop, .status, .whoami, .pair, .model, .models, .usage, .repo, .resend, .resume: .immediate
        case .specify: .turn
        default: .later
        }
    }

    /// The least role that may use it.
    package var role: Role {
        switch self {
        case .help, .new, .stop, .status, .whoami, .pair, .model, .models, .usage, .resend, .resume: .guest
        default: .member
        }
    }

    /// The argument as help shows it.
    package var argument: String {
        switch self {
        case .help: "[command]"
        case .stop: "[all]"
        case .pair: "CODE"
        case .model, .repo: "[name]"
        case .specify: "TEXT"
        default: ""
        }
    }

    /// One line for help, menus and completion.
    package var summary: String {
        switch self {
        case .help: "what can be said here"
        case .new: "forget what was said and begin afresh"
        case .stop: "end the running answer; `all` also drops what waits"
        case .status: "what runs, what waits, which model"
        case .whoami: "who you are to me and what you may do"
        case .pair: "use a pairing code from an owner"
        case .model: "show or choose the model of this thread"
        case .models: "list the models"
        case .usage: "tokens used in this thread"
        case .repo: "show or choose the repository of this thread"
        case .specify: "write a specification and commit it"
        case .resend: "post the last answer again"
        case .resume: "go on with an answer that was cut"
        case .run, .jobs, .kill: "run commands in the jail"
        case .approve, .deny: "decide about a pending action"
        case .constitution, .clarify, .plan, .tasks, .analyze, .checklist, .implement, .refine, .spec:
            "a stage of the specification flow"
        case .diff, .files, .snapshot, .undo: "look at and restore the workspace"
        case .task: "work with the task list"
        }
    }

    /// What this release offers, in the order of the catalog.
    package static var offered: [Self] {
        Self.allCases.filter { command in
            switch command.handling {
            case .immediate, .turn: true
            case .later: false
            }
        }
    }

    /// The known command nearest to `word` by edits; offered ones win a tie.
    package static func nearest(to word: String) -> Self {
        let candidates = Self.offered + Self.allCases.filter { !Self.offered.contains($0) }
        var best = CommandName.help
        var bestDistance = Int.max
        for candidate in candidates {
            let distance = EditDistance.between(word, candidate.rawValue)
            if distance < bestDistance {
                best = candidate
                bestDistance = distance
            }
        }
        return best
    }
}
