internal import Host
internal import JSON

struct SessionsArchiveCommand: Command {
    let syntax = CommandSyntax(
        "sessions", "archive", summary: "Archive a session",
        discussion: "The next message in its thread starts afresh; the messages stay stored.",
        positionals: [PositionalSyntax("id", .text("ID"), help: "The id shown by 'sessions list'.")])

    func run(_ context: CommandContext) async throws {
        let id = context.arguments.word("id") ?? ""
        try await context.administering { try await $0.archive(id) }
        if context.isJSON {
            try context.print(["id": .string(id), "state": "archived"])
        } else {
            try context.print("Archived \(id).")
        }
    }
}
