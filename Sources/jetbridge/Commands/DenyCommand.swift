struct DenyCommand: Command {
    let syntax = CommandSyntax(
        "deny", summary: "Deny what waits for a decision",
        positionals: [
            PositionalSyntax("id", .text("ID"), help: "As 'asks' prints it."),
            PositionalSyntax(
                "reason", .text("REASON"), isOptional: true, isRepeated: true,
                help: "Shown in the thread and told to the model; several words are joined with spaces."),
        ], examples: ["jetbridge deny a7 not on a Friday"])

    func run(_ context: CommandContext) async throws {
        let reason = context.arguments.words("reason").joined(separator: " ")
        try await Decision(key: "no", reason: reason.isEmpty ? nil : reason).send(context)
    }
}
