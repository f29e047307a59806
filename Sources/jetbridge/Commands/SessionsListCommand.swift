internal import Chat
internal import Host
internal import JSON
internal import Primitives
internal import Sessions

struct SessionsListCommand: Command {
    let syntax = CommandSyntax(
        "sessions", "list", summary: "List sessions, most recently active first",
        options: [OptionSyntax("archived", help: "Include archived sessions.")])

    func run(_ context: CommandContext) async throws {
        let isComplete = context.arguments.has("archived")
        var sessions: [SessionRecord] = []
        try await context.administering { administration in
            var cursor: String?
            repeat {
                let page = try await administration.sessions(after: cursor)
                sessions += page.items.filter { isComplete || $0.state != .archived }
                cursor = page.next
            } while cursor != nil && sessions.count < 1_000
        }
        let now = WallClock.now()
        guard !context.isJSON else {
            return try context.print(.array(sessions.map { Self.json($0, at: now) }))
        }
        if sessions.isEmpty { try context.errors.writeLine("There are no sessions yet.") }
        let rows = sessions.map { session in
            [
                session.id, CivilTime(milliseconds: session.activeAt).rfc3339Seconds, session.state(at: now).rawValue,
                session.key.adapter.rawValue,
                context.output.shown(session.title),
            ]
        }
        for line in TextTable.lines(rows) { try context.print(line) }
    }

    static func json(_ session: SessionRecord, at now: Int64) -> JSON {
        [
            "id": .string(session.id), "adapter": .string(session.key.adapter.rawValue),
            "title": .string(session.title),
            "owner": .string(session.owner), "state": .string(session.state(at: now).rawValue),
            "model": session.model.map { .string($0) } ?? .null,
            "created_at": .string(CivilTime(milliseconds: session.createdAt).rfc3339Seconds),
            "active_at": .string(CivilTime(milliseconds: session.activeAt).rfc3339Seconds),
        ]
    }
}
