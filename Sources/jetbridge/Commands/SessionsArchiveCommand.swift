internal import Host
internal import JSON
internal import Workspaces

struct SessionsArchiveCommand: Command {
    let syntax = CommandSyntax(
        "sessions", "archive", summary: "Archive a session",
        discussion: """
            The next message in its thread starts afresh; the messages stay stored. With 'archive' in the configuration, \
            a file with all of the session is written there first.
            """,
        positionals: [PositionalSyntax("id", .text("ID"), help: "The id shown by 'sessions list'.")])

    func run(_ context: CommandContext) async throws {
        let id = context.arguments.word("id") ?? ""
        let archive = try await context.administering { try await $0.archive(id) }
        guard context.isJSON else {
            return try context.print("Archived \(id)" + (archive.map { " to \($0.place)." } ?? "."))
        }
        var json: JSONObject = ["id": .string(id), "state": "archived"]
        if let archive {
            json["archive"] = [
                "place": .string(archive.place), "bytes": JSON(archive.size), "sha256": .string(archive.digest),
            ]
        }
        try context.print(.object(json))
    }
}
