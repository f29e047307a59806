import Chat
import Database
import TestSupport
import Testing

@testable import Sessions

@Suite("What listings and searches read", .timeLimit(.minutes(1)))
struct ListingTests {
    private static func store(_ directory: TemporaryDirectory) throws -> SessionStore {
        SessionStore(database: try TestDatabase.open(path: directory.path + "/store", migrations: Schema.migrations))
    }

    /// Makes a thread with these messages.
    private static func thread(_ name: String, of owner: String, _ texts: [String], in ledger: Ledger) throws {
        let route = Route(room: RoomID(adapter: AdapterID("irc:local"), name: "#team"))
        let key = ThreadKey(adapter: route.room.adapter, value: name)
        let session = try ledger.session(for: key, route: route, owner: owner, title: "T", at: 1)
        for text in texts {
            try ledger.insertMessage(session: session.id, turn: nil, role: .user, text: text, at: 1)
        }
    }

    @Test(
        "the usage of a person or a thread is not looked for in everybody's turns",
        .enabled(if: !TestDatabase.isPostgreSQL, "the plans are SQLite's"))
    func usage() async throws {
        let directory = try TemporaryDirectory()
        let store = try Self.store(directory)
        let plans = try await store.read { ledger in
            try PlanningConnection.plans(ledger) { ledger in
                _ = try ledger.usage(ofOwner: "alice")
                _ = try ledger.usage(of: "t_1")
            }
        }
        expectEqual(plans.count, 2)
        for steps in plans {
            #expect(steps.contains { $0.hasPrefix("SEARCH turns USING INDEX turns_by_session") }, "\(steps)")
            #expect(!steps.contains { $0.hasPrefix("SCAN turns") }, "\(steps)")
        }
        await store.database.close()
    }

    @Test("the limit of a search counts the messages that it visits, not only those of the owner")
    func visited() async throws {
        let directory = try TemporaryDirectory()
        let store = try Self.store(directory)
        try await store.write { ledger in
            try Self.thread("mine", of: "alice", ["walrus one"], in: ledger)
            try Self.thread("other", of: "bob", ["walrus two", "walrus three"], in: ledger)
        }
        try await store.indexMessages()
        let found = try await store.read { ledger in
            try [2, 3].map { limit in
                var filter = SessionFilter(owner: "alice", search: "walrus")
                filter.messageLimit = limit
                return try ledger.sessions(filter, after: nil, limit: 9).items.map(\.key.value)
            }
        }
        expectEqual(found, [[], ["mine"]])
        await store.database.close()
    }

    @Test(
        "a letter or two are whole words, except in scripts with short ones",
        .enabled(if: !TestDatabase.isPostgreSQL, "the index of words is SQLite's"),
        arguments: [
            ("o", []), ("ot", []), ("x-ot", []), ("a\u{301}", []), ("ott", ["t"]), ("a", ["t"]), ("日", ["t"]),
        ] as [(String, [String])])
    func short(words: String, threads: [String]) async throws {
        let directory = try TemporaryDirectory()
        let store = try Self.store(directory)
        let text = words == "a" ? "a walrus" : "x otters álamo 日本語"
        try await store.write { ledger in try Self.thread("t", of: "alice", [text], in: ledger) }
        try await store.indexMessages()
        let found = try await store.read { ledger in
            try ledger.sessions(SessionFilter(owner: "alice", search: words), after: nil, limit: 9).items
        }
        expectEqual(found.map(\.key.value), threads)
        await store.database.close()
    }
}
