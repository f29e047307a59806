internal import Chat
internal import Host
internal import JSON
internal import Primitives
internal import Sessions

struct SessionsShowCommand: Command {
    let syntax = CommandSyntax(
        "sessions", "show", summary: "Print a session's messages",
        positionals: [PositionalSyntax("id", .text("ID"), help: "The id shown by 'sessions list'.")])

    func run(_ context: CommandContext) async throws {
        let id = context.arguments.word("id") ?? ""
        try await context.administering { administration in
            let session = try await administration.session(id)
            if !context.isJSON {
                let state = session.state(at: WallClock.now())
                try context.print(context.output.shown("\(session.title) (\(session.key), \(state.rawValue))"))
            }
            var cursor: String?
            repeat {
                let page = try await administration.messages(of: session, after: cursor)
                for message in page.items { try Self.print(message, to: context) }
                cursor = page.next
            } while cursor != nil
        }
    }

    private static func print(_ message: MessageRecord, to context: CommandContext) throws {
        let time = CivilTime(milliseconds: message.createdAt).rfc3339Seconds
        guard !context.isJSON else {
            return try context.print([
                "id": .string(String(message.id)), "role": .string(message.role.rawValue),
                "author": message.author.map { .string($0) } ?? .null, "text": .string(message.text),
                "created_at": .string(time),
            ])
        }
        try context.print("")
        let author = context.output.shown(message.author ?? message.role.rawValue)
        try context.print(context.output.bold("\(author), \(time)"))
        try context.print(context.output.shown(message.text))
    }
}
