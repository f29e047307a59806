internal import Host
internal import JSON
internal import Logging
internal import Specs

struct SpecListCommand: Command {
    let syntax = CommandSyntax(
        "spec", "list", summary: "List the features of a repository",
        discussion: """
            Reads the configured repository and prints its features, the newest first: the stage that each has reached, \
            its open questions and its tasks. Needs no running host.
            """,
        options: [OptionSyntax.repository], examples: ["jetbridge spec list", "jetbridge spec list --repository app"])

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        Logging.configure(level: .error, format: .text)
        let reports = try FeatureReports(configuration, repository: context.arguments.value("repository"))
        let features = try await reports.all()
        guard !context.isJSON else { return try context.print(.array(features.map(Self.json))) }
        guard !features.isEmpty else {
            return try context.errors.writeLine(
                "The repository \(reports.repository) has no feature. 'jetbridge spec specify TEXT' describes one.")
        }
        let rows = features.map { feature in
            [
                feature.name, Self.stage(of: feature), Self.tasks(of: feature), Self.questions(of: feature),
                feature.title ?? "",
            ].map { context.output.shown($0) }
        }
        for line in TextTable.lines(rows) { try context.print(line) }
    }

    /// The last stage that has a document.
    private static func stage(of feature: FeatureOverview) -> String {
        let written: [Stage] = [.specify, .plan, .tasks]
        let last = written.last { feature.states[$0]?.path != nil }
        if last == .tasks, feature.states[.implement]?.state == .done { return "implemented" }
        return switch last {
        case .specify: "specified"
        case .plan: "planned"
        case .tasks: feature.ticked == 0 ? "tasks" : "in progress"
        default: "-"
        }
    }

    private static func tasks(of feature: FeatureOverview) -> String {
        feature.tasks.isEmpty ? "-" : "\(feature.ticked)/\(feature.tasks.count) tasks"
    }

    private static func questions(of feature: FeatureOverview) -> String {
        let count = feature.questions.count
        return count == 0 ? "-" : "\(count) \(count == 1 ? "question" : "questions")"
    }

    private static func json(_ feature: FeatureOverview) -> JSON {
        [
            "feature": .string(feature.name), "title": feature.title.map { .string($0) } ?? .null,
            "branch": .string(feature.branch), "folder": .string(feature.folder),
            "stage": .string(Self.stage(of: feature)),
            "questions": .integer(Int64(feature.questions.count)), "tasks": .integer(Int64(feature.tasks.count)),
            "done": .integer(Int64(feature.ticked)), "errors": .integer(Int64(feature.errors)),
            "warnings": .integer(Int64(feature.warnings)),
        ]
    }
}

extension OptionSyntax {
    static let repository = Self(
        "repository", .text("NAME"), help: "A configured repository instead of the default one.")
}
