struct UsageCommand: Command {
    let syntax = CommandSyntax(
        "usage", summary: "Show the tokens used, by day and model")

    func run(_ context: CommandContext) async throws {
        throw CommandFailure.needsHost(self.syntax)
    }
}
