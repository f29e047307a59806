struct TokenRevokeCommand: Command {
    let syntax = CommandSyntax(
        "token", "revoke", summary: "End a token at once",
        positionals: [PositionalSyntax("id", .text("ID"), help: "As 'token list' prints it.")])

    func run(_ context: CommandContext) async throws {
        throw CommandFailure.needsHost(self.syntax)
    }
}
