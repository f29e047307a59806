internal import Threads

/// How help, menus and completions describe the commands.
extension CommandName {
    /// The argument as help shows it.
    package var argument: String {
        switch self {
        case .help: "[command]"
        case .stop: "[all]"
        case .pair: "CODE"
        case .model, .repo, .persona, .workflow: "[name]"
        case .specify, .refine, .steer: "TEXT"
        case .constitution, .clarify, .plan, .checklist: "[text]"
        case .implement: "[task]"
        case .spec: "[feature]"
        case .approve: "[ID] [always]"
        case .deny: "[ID] [reason]"
        case .run: "COMMAND"
        case .policy: "explain COMMAND"
        case .jobs, .undo: "[id]"
        case .kill: "JOB"
        case .files: "[name]"
        case .commit: "[message]"
        case .review: "PR"
        case .people: "[set WHO ROLE|remove WHO]"
        case .verify: "[USER|yes|no|trust USER]"
        case .export: "[markdown|json]"
        case .task: "[add TEXT|ID|claim ID|start ID|done ID|…]"
        case .budget: "[lift WHO]"
        case .report: "[day|week|month]"
        case .rate: "up|down [words]"
        case .comment: "[NUMBER TEXT|resolve NUMBER]"
        case .new, .status, .whoami, .models, .usage, .resend, .resume, .tasks, .analyze, .diff, .snapshot, .pr, .fix,
            .login, .logout:
            ""
        }
    }

    /// One line for help, menus and completion.
    package var summary: String {
        switch self {
        case .help: "list the commands, or explain one"
        case .new: "forget the conversation and start over"
        case .stop: "stop the running answer; `all` also drops waiting messages"
        case .status: "show what is running, what is waiting and the model in use"
        case .whoami: "show your identities and role"
        case .pair: "use a pairing code from an owner"
        case .model: "show or choose the model of this thread"
        case .models: "list the models"
        case .usage: "show the tokens used in this thread, and what they cost"
        case .budget: "show what may be spent and what is; owners can lift a budget for a day"
        case .report: "sum up what was used and done in a day, week or month"
        case .rate: "say whether the last answer was good, and why"
        case .comment: "list the open comments on documents, answer one or resolve it"
        case .repo: "show or choose the thread's repository; branches, files or github lists what is there"
        case .specify: "write a specification and commit it"
        case .export: "send the whole conversation as a file"
        case .resend: "post the last answer again"
        case .resume: "continue an interrupted answer, or ask a failed question again"
        case .run: "run a command in the jail's bash; a final ` &` makes it a job"
        case .jobs: "list the commands of this thread, or follow one"
        case .kill: "end a running command"
        case .approve: "approve what is asked, by its id; `always` also for later in this thread"
        case .deny: "deny what is asked, by its id"
        case .constitution: "write or amend the project's principles"
        case .clarify: "answer open questions about the specification, one by one"
        case .plan: "plan how the feature is built"
        case .tasks: "write the list of tasks"
        case .analyze: "check specification, plan and tasks against one another"
        case .checklist: "write a checklist for the requirements"
        case .implement: "work through the tasks, one commit each"
        case .refine: "change the latest document as you say"
        case .spec: "show the thread's feature, or choose one"
        case .diff: "show what has changed in the workspace"
        case .files: "list the files of the workspace, or send one"
        case .snapshot: "record the state of the files"
        case .undo: "revert the last command that changed files, or restore a snapshot"
        case .commit: "commit the changes in the workspace"
        case .persona: "show or choose how the model works in this thread"
        case .policy: "show whether a command may run, and which rule decides"
        case .steer: "say something to the running answer, which works with tools"
        case .pr: "open or update the pull request of this thread's branch"
        case .review: "review a pull request, by its number or address"
        case .fix: "answer reviews, comments and failed checks of the pull request"
        case .workflow: "start a workflow of GitHub Actions, or list workflows and their runs"
        case .login: "sign in to GitHub with your own account, in a direct message"
        case .people: "list everybody with access, change somebody's role, or take away their access"
        case .verify: "compare emoji with somebody's devices where messages are encrypted, in a direct message"
        case .task: "list the repository's tasks, add or change one, or let the model do one (task ID do)"
        case .logout: "forget your GitHub sign-in, in a direct message"
        }
    }
}
