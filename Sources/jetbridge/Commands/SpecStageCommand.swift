internal import Host
internal import JSON
internal import Lifecycle
internal import Primitives
internal import Specs

/// `spec specify TEXT`, `spec plan` and the other stages, in a thread of the web chat.
struct SpecStageCommand: Command {
    static let all: [any Command] = Stage.allCases.map { SpecStageCommand($0) }

    let watchesSignals = true
    let syntax: CommandSyntax
    private let stage: Stage

    private init(_ stage: Stage) {
        self.stage = stage
        let needsText = stage == .specify || stage == .refine
        self.syntax = CommandSyntax(
            "spec", stage.rawValue, summary: Self.summary(of: stage),
            discussion: """
                Runs the stage as `/\(stage.rawValue)` does in the web chat, in a new thread or in the given one, and \
                shows it as it comes. \(Self.questions) Exits with status 1 if the stage fails. Ctrl-C stops it.
                """,
            positionals: [
                PositionalSyntax(
                    "text", .text(stage == .implement ? "TASK" : "TEXT"), isOptional: !needsText, isRepeated: true,
                    help: Self.help(of: stage))
            ],
            options: [
                OptionSyntax("thread", .text("ID"), help: "Run it in this thread of the web chat."),
                OptionSyntax(
                    "feature", .text("FEATURE"), help: "The feature, by number or name; by default the thread's."),
            ],
            examples: needsText
                ? ["jetbridge spec \(stage.rawValue) '\(stage == .specify ? "a login page" : "make it shorter")'"]
                : ["jetbridge spec \(stage.rawValue) --feature 003"])
    }

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let words = [self.stage.rawValue] + context.arguments.words("text")
        let message = "/\(words.joined(separator: " "))"
        let chosen = context.arguments.value("thread")
        let feature = context.arguments.value("feature")
        let interrupts = Interrupts()
        let watch = try await interrupts.watch()
        try await ChatHost.withLink(configuration, interrupts: interrupts, thread: chosen) { link, thread in
            let talk = ChatTalk(link: link, thread: thread, context: context, interrupts: interrupts)
            if let feature { try await Self.choose(feature, in: thread, link) }
            try await StageTalk(talk: talk).run(message)
        }
        await watch.cancel()
    }

    private static func choose(_ feature: String, in thread: String, _ link: ChatLink) async throws {
        let operation = try await link.ask("/spec \(feature)", in: thread) { _ in }
        guard operation["state"]?.stringValue == "complete" else {
            let reason = operation["error"]?.stringValue ?? "the feature was not chosen; try again"
            throw CommandFailure(ShellCommands.named(in: reason))
        }
    }

    private static let questions = """
        A question that it asks is answered at the prompt; without a terminal it is printed with how to answer it.
        """

    private static func summary(of stage: Stage) -> String {
        switch stage {
        case .constitution: "Write or amend the project's principles"
        case .specify: "Write a specification and commit it"
        case .clarify: "Answer open questions about a specification, one by one"
        case .plan: "Plan how a feature is built"
        case .tasks: "Write the list of tasks"
        case .analyze: "Check specification, plan and tasks against one another"
        case .checklist: "Write a checklist for the requirements"
        case .implement: "Work through the tasks, one commit each"
        case .refine: "Change the latest document"
        }
    }

    private static func help(of stage: Stage) -> String {
        switch stage {
        case .specify: "What people want; several words are joined with spaces."
        case .refine: "What to change; several words are joined with spaces."
        case .implement: "Only these tasks, such as T003, T003-T005 or US1."
        default: "What to take into account."
        }
    }
}
