struct ChatCommand: Command {
    let syntax = CommandSyntax(
        "chat", summary: "Talk to the model here",
        discussion: """
            Without a message a conversation begins: the answers stream, an interrupt stops one, and the end of input \
            ends the conversation. With a message there is one answer, which suits scripts; what comes through a pipe \
            is added to the message.
            """,
        positionals: [
            PositionalSyntax(
                "message", .text("MESSAGE"), isOptional: true, isRepeated: true,
                help: "What to ask; words are joined by spaces.")
        ],
        options: [OptionSyntax("model", .text("NAME"), help: "Ask this model rather than the configured one.")],
        examples: ["jetbridge chat", "git diff | jetbridge chat what does this change"])

    func run(_ context: CommandContext) async throws {
        throw CommandFailure.needsHost(self.syntax)
    }
}
