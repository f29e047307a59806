internal import Host
internal import Logging
internal import Specs

struct SpecShowCommand: Command {
    let syntax = CommandSyntax(
        "spec", "show", summary: "Show a feature's stages, questions and tasks",
        discussion: """
            Reads the configured repository. The feature is a number such as 003, a name, or the beginning of one; it may \
            be left out where there is only one. Needs no running host.
            """,
        positionals: [PositionalSyntax("feature", .text("FEATURE"), isOptional: true, help: "A number or a name.")],
        options: [OptionSyntax.repository], examples: ["jetbridge spec show 003", "jetbridge spec show login --json"])

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        Logging.configure(level: .error, format: .text)
        let reports = try FeatureReports(configuration, repository: context.arguments.value("repository"))
        let feature = try await reports.feature(context.arguments.word("feature"))
        guard !context.isJSON else { return try context.print(try await reports.json(of: feature)) }
        let title = feature.title.map { "  \($0)" } ?? ""
        try context.print(context.output.bold(context.output.shown(feature.name)) + context.output.shown(title))
        let rows = feature.states.stages.map { status in
            [
                "  \(status.stage.rawValue)", Self.words(status, feature),
                context.output.shown(status.path ?? ""), feature.hash(of: status.stage) ?? "",
            ]
        }
        for line in TextTable.lines(rows) { try context.print(String(line.reversed().drop { $0 == " " }.reversed())) }
        if !feature.questions.isEmpty { try context.print("\nOpen questions:") }
        for question in feature.questions { try context.print("  \(context.output.shown(question))") }
        if !feature.tasks.isEmpty { try context.print("\nTasks:") }
        for task in feature.tasks {
            try context.print("  [\(task.isTicked ? "x" : " ")] \(context.output.shown("\(task.id) \(task.text)"))")
        }
    }

    private static func words(_ status: StageStatus, _ feature: FeatureOverview) -> String {
        FeatureTexts.words(status, feature).replacing("`", with: "'")
    }
}
