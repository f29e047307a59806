struct TokenCreateCommand: Command {
    let syntax = CommandSyntax(
        "token", "create", summary: "Make a token for the API",
        discussion: "It is printed once, and kept as a hash only. Scopes: chat (threads and messages), read, admin.",
        options: [
            OptionSyntax(
                "scope", .text("SCOPE[,…]"), help: "What it allows: chat, read, admin, with commas between them."),
            OptionSyntax("name", .text("NAME"), help: "What it is for, to know it again in the list."),
        ],
        examples: ["jetbridge token create --scope read", "jetbridge token create --scope chat,read --json"])

    func run(_ context: CommandContext) async throws {
        throw CommandFailure.needsHost(self.syntax)
    }
}
