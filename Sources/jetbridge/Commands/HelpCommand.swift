struct HelpCommand: Command {
    let syntax = CommandSyntax(
        "help", summary: "Show help for the program or a command",
        positionals: [
            PositionalSyntax(
                "command", .command("COMMAND"), isOptional: true, isRepeated: true,
                help: "A command's name, as in 'config check'.")
        ],
        examples: ["jetbridge help", "jetbridge help config check"])

    func run(_ context: CommandContext) async throws {
        // Parsed like a command line, so that typing errors get the same hints. The option comes first, so that nothing
        // runs and `--` cannot turn it into an argument.
        let words = ["--help"] + context.arguments.words("command")
        let path: [String] =
            switch try ArgumentParser.parse(words, table: context.table) {
            case .help(let path): path
            case .run(let syntax, _): syntax.path
            case .later(let name): throw CommandFailure.later(name)
            }
        try context.output.write(HelpText(table: context.table, output: context.output).text(of: path))
    }
}
