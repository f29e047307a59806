internal import Host
internal import JSON

struct ConfigTemplateCommand: Command {
    let syntax = CommandSyntax(
        "config", "template", summary: "Print a configuration file to start from",
        discussion: "Without a name: every setting there is, with comments. --list names the others.",
        positionals: [
            PositionalSyntax(
                "name", .choice("NAME", ConfigurationTemplate.all.map(\.name)), isOptional: true, help: "The template.")
        ],
        options: [OptionSyntax("list", help: "Print the names and what each is for.")],
        examples: ["jetbridge config template > jetbridge.yaml", "jetbridge config template irc > jetbridge.yaml"])

    func run(_ context: CommandContext) async throws {
        if context.arguments.has("list") { return try self.list(context) }
        let name = context.arguments.word("name") ?? ConfigurationTemplate.standard
        guard let template = ConfigurationTemplate.named(name) else {
            throw CommandFailure("there is no template '\(name)'; 'jetbridge config template --list' names them")
        }
        if context.isJSON {
            try context.print(["name": JSON(template.name), "text": JSON(template.text)])
        } else {
            try context.output.write(template.text)
        }
    }

    private func list(_ context: CommandContext) throws {
        let templates = ConfigurationTemplate.all
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
