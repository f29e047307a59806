internal import Host
internal import JSON

struct SessionsDeleteCommand: Command {
    let syntax = CommandSyntax(
        "sessions", "delete", summary: "Delete a conversation for good",
        discussion: "Deletes its transcript, live frames, messages still to be posted and received files. "
            + "Commits and documents stay in Git, and messages that were posted stay in their network.",
        positionals: [PositionalSyntax("id", .text("ID"), help: "As 'sessions list' prints it.")])

    func run(_ context: CommandContext) async throws {
        let id = context.arguments.word("id") ?? ""
        try await context.administering { try await $0.delete(id) }
        if context.isJSON {
            try context.print(["id": .string(id), "state": "deleted"])
        } else {
            try context.print("\(id) is deleted.")
        }
    }
}
