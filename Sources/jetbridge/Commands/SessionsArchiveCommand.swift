internal import Host
internal import JSON

struct SessionsArchiveCommand: Command {
    let syntax = CommandSyntax(
        "sessions", "archive", summary: "Put a conversation away",
        discussion: "Its thread begins anew with the next message; the text is kept.",
        positionals: [PositionalSyntax("id", .text("ID"), help: "As 'sessions list' prints it.")])

    func run(_ context: CommandContext) async throws {
        let id = context.arguments.word("id") ?? ""
        try await context.administering { try await $0.archive(id) }
        if context.isJSON {
            try context.print(["id": .string(id), "state": "archived"])
        } else {
            try context.print("\(id) is put away.")
        }
    }
}
