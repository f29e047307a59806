internal import Sessions

struct ApproveCommand: Command {
    let syntax = CommandSyntax(
        "approve", summary: "Approve what waits for a decision, or answer a question",
        positionals: [
            PositionalSyntax("id", .text("ID"), help: "As 'asks' prints it."),
            PositionalSyntax(
                "answer", .text("ANSWER"), isOptional: true, isRepeated: true,
                help: "The letter of an option, letters of several approvals such as A,C, 'always', or your own words; "
                    + "by default the recommended one."),
        ], examples: ["jetbridge approve a7", "jetbridge approve a8 B"])

    func run(_ context: CommandContext) async throws {
        let words = context.arguments.words("answer").joined(separator: " ")
        let decision =
            words.isEmpty || AskRecord.isKey(words)
            ? Decision(key: words.isEmpty ? "yes" : words, reason: nil) : Decision(key: "", reason: words)
        try await decision.send(context)
    }
}
