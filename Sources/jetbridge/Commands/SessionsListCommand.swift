internal import Chat
internal import Host
internal import JSON
internal import Primitives
internal import Store
internal import Threads
internal import Work

struct SessionsListCommand: Command {
    let syntax = CommandSyntax(
        "sessions", "list", summary: "List sessions, most recently active first",
        options: [OptionSyntax("archived", help: "Include archived sessions.")])

    func run(_ context: CommandContext) async throws {
        let isComplete = context.arguments.has("archived")
        var sessions: [SessionRecord] = []
        try await context.withStore { store, _ in
            var cursor: SessionCursor?
            repeat {
                let page = try await store.read { [cursor] ledger in try ledger.sessions(after: cursor, limit: 100) }
                sessions += page.items.filter { isComplete || $0.state != .archived }
                cursor = page.next.flatMap(SessionCursor.init)
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

struct SessionsShowCommand: Command {
    let syntax = CommandSyntax(
        "sessions", "show", summary: "Print a session's messages",
        positionals: [PositionalSyntax("id", .text("ID"), help: "The id shown by 'sessions list'.")])

    func run(_ context: CommandContext) async throws {
        let id = context.arguments.word("id") ?? ""
        try await context.withStore { store, _ in
            let session = try await Self.session(id, in: store)
            if !context.isJSON {
                let state = session.state(at: WallClock.now())
                try context.print(context.output.shown("\(session.title) (\(session.key), \(state.rawValue))"))
            }
            var cursor: String?
            repeat {
                let page = try await store.read { [cursor] ledger in
                    try ledger.messages(of: session.id, after: cursor, limit: 200)
                }
                for message in page.items { try Self.print(message, to: context) }
                cursor = page.next
            } while cursor != nil
        }
    }

    static func session(_ id: String, in store: SessionStore) async throws -> SessionRecord {
        guard let session = try await store.read({ ledger in try ledger.session(id: id) }) else {
            throw Self.unknown(id)
        }
        return session
    }

    static func unknown(_ id: String) -> CommandFailure {
        CommandFailure("there is no session '\(id)'. 'jetbridge sessions list' lists them.")
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
        let archive = try await context.withStore { store, configuration in
            let session = try await SessionsShowCommand.session(id, in: store)
            // If that fails, the session stays as it is.
            let archive = try await SessionArchiver.write(session, in: store, configuration)
            guard try await store.write({ ledger in try ledger.archive(session: id) }) else {
                throw SessionsShowCommand.unknown(id)
            }
            return archive
        }
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

struct SessionsDeleteCommand: Command {
    let syntax = CommandSyntax(
        "sessions", "delete", summary: "Delete a conversation for good",
        discussion: "Deletes its transcript, live frames, messages still to be posted and received files. "
            + "Commits and documents stay in Git, and messages that were posted stay in their network.",
        positionals: [PositionalSyntax("id", .text("ID"), help: "As 'sessions list' prints it.")])

    func run(_ context: CommandContext) async throws {
        let id = context.arguments.word("id") ?? ""
        let outcome = try await context.withStore { try await $1.deletion(in: $0).delete(id) }
        switch outcome {
        case .deleted: break
        case .unknown: throw SessionsShowCommand.unknown(id)
        case .busy:
            throw CommandFailure(
                "an answer is running or waiting in '\(id)'. Say 'stop all' in its thread, then delete it again.")
        }
        if context.isJSON {
            try context.print(["id": .string(id), "state": "deleted"])
        } else {
            try context.print("\(id) is deleted.")
        }
    }
}
