internal import Host
internal import JSON

struct ConfigCheckCommand: Command {
    let syntax = CommandSyntax(
        "config", "check", summary: "Tell everything that is wrong with a configuration",
        discussion: """
            Reads the file that 'serve' would read, and the secrets it names, and prints a line for each mistake: the \
            key's path, line and column, what is wrong, and the nearest valid key. Nothing is connected to; that is \
            what 'doctor' does. Ends with status 78 where there is a mistake.
            """,
        positionals: [
            PositionalSyntax("file", .file("FILE"), isOptional: true, help: "The file; the same as --config FILE.")
        ],
        examples: ["jetbridge config check", "jetbridge config check --config /etc/jetbridge/jetbridge.yaml --json"])

    func run(_ context: CommandContext) async throws {
        let loaded = try self.load(context)
        let isGood = loaded.configuration != nil
        if context.isJSON {
            try context.print([
                "ok": JSON(isGood), "file": loaded.file.map { JSON($0) } ?? .null,
                "issues": JSON(loaded.issues.map(Self.json)),
            ])
        } else {
            try context.report(loaded.issues)
        }
        let file = loaded.file ?? "no file, which means the defaults"
        guard isGood else {
            let count = loaded.errors.count
            throw CommandFailure(
                "\(file): \(count) \(count == 1 ? "mistake" : "mistakes")", status: .configuration)
        }
        if !context.isJSON { try context.print("\(file): \(context.output.green("good"))") }
    }

    private func load(_ context: CommandContext) throws -> LoadedConfiguration {
        guard let file = context.arguments.word("file") else { return context.configurationLoader.load() }
        guard context.arguments.value("config") == nil else {
            throw UsageError(message: "the file is given twice", path: self.syntax.path)
        }
        let flags = ConfigurationFlags(file: file, dataDirectory: context.arguments.value("data-dir"))
        return ConfigurationLoader(flags: flags, surroundings: context.surroundings).load()
    }

    private static func json(_ issue: ConfigurationIssue) -> JSON {
        [
            "severity": JSON(issue.severity.rawValue), "source": issue.source.map { JSON($0) } ?? .null,
            "path": JSON(issue.path), "line": issue.line.map { JSON($0) } ?? .null,
            "column": issue.column.map { JSON($0) } ?? .null, "message": JSON(issue.message),
            "nearest": issue.nearest.map { JSON($0) } ?? .null,
        ]
    }
}
