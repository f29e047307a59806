struct SessionsListCommand: Command {
    let syntax = CommandSyntax(
        "sessions", "list", summary: "List the conversations, the latest first",
        options: [OptionSyntax("archived", help: "List the archived ones too.")])

    func run(_ context: CommandContext) async throws {
        throw CommandFailure.needsHost(self.syntax)
    }
}
