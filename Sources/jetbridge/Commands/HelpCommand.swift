struct HelpCommand: Command {
    let syntax = CommandSyntax(
        "help", summary: "Show the help of the program or of a command",
        positionals: [
            PositionalSyntax(
                "command", .text("COMMAND"), isOptional: true, isRepeated: true,
                help: "A command's name, as in 'config check'.")
        ],
        examples: ["jetbridge help", "jetbridge help config check"])

    func run(_ context: CommandContext) async throws {
        // The words are parsed like a command line, so that a slip is answered the same way.
        let words = context.arguments.words("command") + ["--help"]
        guard case .help(let path) = try ArgumentParser.parse(words, table: context.table) else {
            throw UsageError(message: "there is no help for this", path: [])
        }
        try context.output.write(HelpText(table: context.table, output: context.output).text(of: path))
    }
}
