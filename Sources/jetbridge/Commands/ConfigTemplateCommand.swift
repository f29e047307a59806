internal import Host
internal import JSON

struct ConfigTemplateCommand: Command {
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
