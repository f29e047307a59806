struct PairCommand: Command {
    let syntax = CommandSyntax(
        "pair", summary: "Make a code that lets a person in",
        discussion: """
            The person types it into the web page, or sends "pair CODE" to the bot on a network. It works once, for an \
            hour. This is how the first owner is made.
            """,
        options: [
            OptionSyntax(
                "role", .choice("ROLE", ["owner", "member", "guest"]), help: "What the person may do; owner by default."
            )
        ],
        examples: ["jetbridge pair", "jetbridge pair --role member --json"])

    func run(_ context: CommandContext) async throws {
        throw CommandFailure.needsHost(self.syntax)
    }
}
