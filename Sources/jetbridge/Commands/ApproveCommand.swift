struct ApproveCommand: Command {
    let syntax = CommandSyntax(
        "approve", summary: "Approve what waits for a decision",
        positionals: [PositionalSyntax("id", .text("ID"), help: "As 'asks' prints it.")],
        examples: ["jetbridge approve a7"])

    func run(_ context: CommandContext) async throws {
        try await Decision(key: "A", reason: nil).send(context)
    }
}
