struct TokenListCommand: Command {
    let syntax = CommandSyntax(
        "token", "list", summary: "List the tokens, without their text")

    func run(_ context: CommandContext) async throws {
        throw CommandFailure.needsHost(self.syntax)
    }
}
