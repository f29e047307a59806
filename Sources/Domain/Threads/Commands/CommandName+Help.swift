internal import Words

/// How help, menus and completions describe the commands.
extension CommandName {
    /// The argument as help shows it.
    package var argument: String {
        switch self {
        case .help: "[command|all]"
        case .stop: "[all]"
        case .pair: "CODE|--for PERSON"
        case .link: "[CODE]"
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
        case .merge: "[branch]"
        case .people: "[set WHO ROLE|remove WHO|merge OLD NEW]"
        case .verify: "[USER|yes|no|trust USER]"
        case .export: "[markdown|json]"
        case .task: "[add TEXT|ID|claim ID|start ID|done ID|…]"
        case .share: "[WHO [read|join]|public [7d]]"
        case .unshare: "[WHO|public]"
        case .budget: "[lift WHO]"
        case .report: "[day|week|month]"
        case .remember: "[here] TEXT"
        case .forget: "ID"
        case .rate: "up|down [words]"
        case .comment: "[NUMBER TEXT|resolve NUMBER]"
        case .remind: "WHEN TEXT"
        case .every: "SCHEDULE TEXT"
        case .on: "push BRANCH|failure WORKFLOW|due TASK TEXT"
        case .schedules: "[cancel ID|zone NAME]"
        case .language: "[NAME]"
        case .new, .status, .whoami, .models, .usage, .resend, .resume, .tasks, .analyze, .diff, .snapshot, .pr, .fix,
            .login, .logout, .mute, .unmute, .redo, .context, .unlink, .memory, .say, .skills, .extensions:
            ""
        }
    }

    /// One line for help, menus and completion.
    package var summary: String {
        switch self {
        case .help: worded("list the most used commands, or all of them, or explain one")
        case .new: worded("forget the conversation and start over")
        case .stop: worded("stop the running answer; `all` also drops waiting messages")
        case .status: worded("show what is running, what is waiting and the model in use")
        case .whoami: worded("show your identities and role")
        case .pair: worded("use a pairing code from an owner; `--for` makes one that adds a browser")
        case .link: worded("make a code that links another identity of yours, or use one")
        case .remember: worded("keep something in mind for you, everywhere; `here` for the members of this repository")
        case .skills: worded("list the skills that the model can use in this repository")
        case .memory: worded("list what is remembered for you and for this repository")
        case .forget: worded("erase something that is remembered, by its id")
        case .unlink: worded("separate this identity from your others again")
        case .model: worded("show or choose the model of this thread")
        case .models: worded("list the models")
        case .usage: worded("show the tokens used in this thread, and what they cost")
        case .budget: worded("show what may be spent and what is; owners can lift a budget for a day")
        case .report: worded("sum up what was used and done in a day, week or month")
        case .rate: worded("say whether the last answer was good, and why")
        case .comment: worded("list the open comments on documents, answer one or resolve it")
        case .remind: worded("post a text here at a time, such as `in 20m`, `at 14:30` or `tomorrow 9:00`")
        case .every: worded("ask something here again and again, such as `every weekday 09:00`")
        case .on: worded("ask something here at a push, a failed workflow or a task's due date")
        case .schedules: worded("list what is scheduled here, cancel it, or set your time zone")
        case .repo: worded("show or choose the thread's repository; branches, files or github lists what is there")
        case .specify: worded("write a specification and commit it")
        case .export: worded("send the whole conversation as a file")
        case .share: worded("let other people see this conversation, or make a public page of it")
        case .unshare: worded("end what `share` allowed, for all or for one")
        case .resend: worded("post the last answer again")
        case .say: worded("read the last answer aloud")
        case .redo: worded("ask the last question again, as it reads after an edit")
        case .resume: worded("continue an interrupted answer, or ask a failed question again")
        case .run: worded("run a command in the jail's bash; a final ` &` makes it a job")
        case .jobs: worded("list the commands of this thread, or follow one")
        case .kill: worded("end a running command")
        case .approve: worded("approve what is asked, by its id; `always` also for later in this thread")
        case .deny: worded("deny what is asked, by its id")
        case .constitution: worded("write or amend the project's principles")
        case .clarify: worded("answer open questions about the specification, one by one")
        case .plan: worded("plan how the feature is built")
        case .tasks: worded("write the list of tasks")
        case .analyze: worded("check specification, plan and tasks against one another")
        case .checklist: worded("write a checklist for the requirements")
        case .implement: worded("work through the tasks, one commit each")
        case .refine: worded("change the latest document as you say")
        case .spec: worded("show the thread's feature, or choose one")
        case .diff: worded("show what has changed in the workspace")
        case .files: worded("list the files of the workspace, or send one")
        case .snapshot: worded("record the state of the files")
        case .undo: worded("revert the last command that changed files, or restore a snapshot")
        case .commit: worded("commit the changes in the workspace")
        case .persona: worded("show or choose how the model works in this thread")
        case .policy: worded("show whether a command may run, and which rule decides")
        case .steer: worded("say something to the running answer, which works with tools")
        case .pr: worded("open or update the pull request of this thread's branch")
        case .merge: worded("merge this thread's branch, or another, into the repository's")
        case .review: worded("review a pull request, by its number or address")
        case .fix: worded("answer reviews, comments and failed checks of the pull request")
        case .workflow: worded("start a workflow of GitHub Actions, or list workflows and their runs")
        case .login: worded("sign in to GitHub with your own account, in a direct message")
        case .people: worded("list everybody with access, change or end it, or give somebody what another had")
        case .verify: worded("compare emoji with somebody's devices where messages are encrypted, in a direct message")
        case .task: worded("list the repository's tasks, add or change one, or let the model do one (task ID do)")
        case .context: worded("show what of others' words the model was given for its last answer")
        case .extensions: worded("list the extensions: how they are, and what models get of them")
        case .mute: worded("be silent in this thread unless mentioned, until unmute")
        case .unmute: worded("answer in this thread again")
        case .language: worded("show or choose the language of my notes for you")
        case .logout: worded("forget your GitHub sign-in, in a direct message")
        }
    }
}
