struct SessionsArchiveCommand: Command {
    let syntax = CommandSyntax(
        "sessions", "archive", summary: "Put a conversation away",
        discussion: "Its thread begins anew with the next message; the text is kept.",
        positionals: [PositionalSyntax("id", .text("ID"), help: "As 'sessions list' prints it.")])

    func run(_ context: CommandContext) async throws {
        throw CommandFailure.needsHost(self.syntax)
    }
}
