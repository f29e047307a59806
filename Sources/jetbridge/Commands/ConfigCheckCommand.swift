internal import Host
internal import JSON
internal import Primitives

struct ConfigCheckCommand: Command {
    let actsAsOwner = false
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
                "\(file): \(count.counted("error"))", status: .configuration)
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

struct ConfigPrintCommand: Command {
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "config", "print", summary: "Print the configuration as it takes effect",
        discussion: """
            Prints every setting with its value: from flags, the environment, the file or the defaults. A secret is \
            shown as the reference that the file has, such as {env: NAME}. The output is a configuration file itself.
            """,
        examples: ["jetbridge config print", "jetbridge config print --config /etc/jetbridge/jetbridge.yaml --json"])

    func run(_ context: CommandContext) async throws {
        let loaded = try context.loadConfigurationFile().loaded
        guard !context.isJSON else { return try context.print(loaded.effective) }
        try context.print("# \(loaded.file ?? "No file"), with the defaults of what it leaves out.")
        try context.output.write(loaded.effective.yaml)
    }
}

struct ConfigTemplateCommand: Command {
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "config", "template", summary: "Print a configuration file to start from",
        discussion: "Without a name, prints every setting with comments. --list shows the other templates.",
        positionals: [
            PositionalSyntax(
                "name", .choice("NAME", Self.templates.map(\.name)), isOptional: true,
                help: "The template to print; 'example' by default.")
        ],
        options: [
            OptionSyntax("list", help: "List the templates and what each is for."),
            OptionSyntax(
                "events-url", .text("URL"),
                help: "For slack-manifest: where Slack delivers events over HTTP, PUBLIC_URL/hooks/slack/ID."),
        ],
        examples: [
            "jetbridge config template > jetbridge.yaml", "jetbridge config template irc > jetbridge.yaml",
            "jetbridge config template slack-manifest",
        ])

    private static let manifest = ConfigurationTemplate.slackManifest()
    private static let templates = ConfigurationTemplate.all + [Self.manifest]

    func run(_ context: CommandContext) async throws {
        if context.arguments.has("list") { return try self.list(context) }
        let name = context.arguments.word("name") ?? ConfigurationTemplate.standard
        let url = context.arguments.value("events-url")
        guard url == nil || name == Self.manifest.name else {
            throw UsageError(message: "--events-url is for slack-manifest only", path: self.syntax.path)
        }
        let template =
            name == Self.manifest.name
            ? ConfigurationTemplate.slackManifest(eventsURL: url) : ConfigurationTemplate.named(name)
        guard let template else {
            throw CommandFailure("there is no template '\(name)'; 'jetbridge config template --list' lists them")
        }
        if context.isJSON {
            try context.print(["name": JSON(template.name), "text": JSON(template.text)])
        } else {
            try context.output.write(template.text)
        }
    }

    private func list(_ context: CommandContext) throws {
        let templates = Self.templates
        let width = templates.map(\.name.count).max() ?? 0
        for template in templates {
            if context.isJSON {
                try context.print(["name": JSON(template.name), "summary": JSON(template.summary)])
            } else {
                let margin = String(repeating: " ", count: width - template.name.count + 2)
                try context.print(context.output.bold(template.name) + margin + template.summary)
            }
        }
    }
}
