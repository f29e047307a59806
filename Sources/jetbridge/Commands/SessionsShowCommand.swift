struct SessionsShowCommand: Command {
    let syntax = CommandSyntax(
        "sessions", "show", summary: "Print a conversation",
        positionals: [PositionalSyntax("id", .text("ID"), help: "As 'sessions list' prints it.")])

    func run(_ context: CommandContext) async throws {
        throw CommandFailure.needsHost(self.syntax)
    }
}
