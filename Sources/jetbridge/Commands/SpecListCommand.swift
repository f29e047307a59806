internal import Host
internal import JSON
internal import Primitives
internal import SpecDocuments
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
        let reports = try RepositorySetup.features(configuration, repository: context.arguments.value("repository"))
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
        return count == 0 ? "-" : count.counted("question")
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
        let reports = try RepositorySetup.features(configuration, repository: context.arguments.value("repository"))
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

struct SpecCheckCommand: Command {
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "spec", "check", summary: "Check specifications, plans and tasks against the rules",
        discussion: """
            Reads the documents of a repository in the layout of github/spec-kit, of one feature's folder, or one file, and \
            prints what is missing or contradictory: stories without scenarios, requirements without tasks, placeholders, \
            circles, broken links. Needs no configuration, asks no model and changes nothing. Exits with status 1 if there \
            is an error; warnings alone give 0. With --json it prints SARIF 2.1.0, which code hosts show as annotations.
            """,
        positionals: [
            PositionalSyntax(
                "path", .file("PATH"), isOptional: true,
                help: "A repository, a feature's folder or a Markdown file; the current folder by default.")
        ],
        examples: ["jetbridge spec check", "jetbridge spec check specs/003-login", "jetbridge spec check . --json"])

    func run(_ context: CommandContext) async throws {
        let path = context.arguments.word("path") ?? "."
        let check: SpecCheck
        do {
            check = try await SpecCheck.run(path)
        } catch let error as SpecCheck.Failure {
            throw CommandFailure(error.message)
        }
        if context.isJSON {
            try context.print(SarifReport.json(check.findings, version: Release.version))
            if check.errors > 0 { throw CommandFailure(nil) }
            return
        }
        let rows = check.findings.map { finding in
            [finding.severity.rawValue, finding.place, finding.rule.id, finding.message].map {
                context.output.shown($0)
            }
        }
        for (line, finding) in zip(TextTable.lines(rows), check.findings) {
            let word = finding.severity.rawValue
            let shown = finding.severity == .error ? context.output.red(word) : context.output.yellow(word)
            try context.print(shown + line.dropFirst(word.count))
        }
        let summary = Self.summary(of: check)
        if check.errors > 0 { throw CommandFailure(summary) }
        try context.print(check.findings.isEmpty ? context.output.green(summary) : summary)
    }

    private static func summary(of check: SpecCheck) -> String {
        let documents = check.documents.count.counted("document")
        guard !check.findings.isEmpty else { return "\(documents) checked: no findings" }
        return "\(check.errors.counted("error")) and \(check.warnings.counted("warning")) in \(documents)"
    }
}
