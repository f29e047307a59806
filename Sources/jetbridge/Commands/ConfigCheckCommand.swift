internal import Host
internal import JSON

struct ConfigCheckCommand: Command {
    let syntax = CommandSyntax(
        "config", "check", summary: "Report all configuration errors",
        discussion: """
            Reads the file that 'serve' would read and the secrets it refers to, and prints one line per error: the \
            key's path, line and column, what is wrong, and the nearest valid key. Makes no connections; 'doctor' does \
            that. Exits with status 78 if there is an error.
            """,
        positionals: [
            PositionalSyntax("file", .file("FILE"), isOptional: true, help: "The file to check; same as --config FILE.")
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
        let file = loaded.file ?? "no file (built-in defaults)"
        guard isGood else {
            let count = loaded.errors.count
            throw CommandFailure(
                "\(file): \(count) \(count == 1 ? "error" : "errors")", status: .configuration)
        }
        if !context.isJSON { try context.print("\(file): \(context.output.green("valid"))") }
    }

    private func load(_ context: CommandContext) throws -> LoadedConfiguration {
        guard let file = context.arguments.word("file") else { return context.configurationLoader().load() }
        guard context.arguments.value("config") == nil else {
            throw UsageError(message: "the configuration file is given twice", path: self.syntax.path)
        }
        return context.configurationLoader(ConfigurationFlags(file: file)).load()
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
