import Chat
import Database
import Store
import Surroundings
import TestSupport
import Testing

@testable import Threads

@Suite("What listings and searches read", .timeLimit(.minutes(1)))
struct ListingTests {
    private static func store(_ directory: TemporaryDirectory) throws -> SessionStore {
        SessionStore(
            database: try TestDatabase.open(path: directory.path + "/store", migrations: StoreSchema.migrations))
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
            #expect(steps.contains("SEARCH turns USING COVERING INDEX turns_with_usage (session=?)"), "\(steps)")
            #expect(!steps.contains { $0.hasPrefix("SCAN turns") }, "\(steps)")
        }
        await store.database.close()
    }

    @Test(
        "answers are looked for without reading the commands of their thread, and what they continue by its name",
        .enabled(if: !TestDatabase.isPostgreSQL, "the plans are SQLite's"))
    func answers() async throws {
        let directory = try TemporaryDirectory()
        let store = try Self.store(directory)
        let (answers, work, messages) = try await store.write { ledger -> ([[String]], [[String]], [[String]]) in
            try Self.thread("t", of: "alice", [], in: ledger)
            let session = try #require(try ledger.sessions(after: nil, limit: 1).items.first)
            let alice = Sender(id: "irc:local/alice", identities: [], displayName: "alice", isBot: false, isSelf: false)
            let turn = TurnRecord(
                id: "op_2", session: session.id, kind: .chat, work: "op_1", text: "", sender: alice,
                route: session.route, message: nil, state: .complete, attempts: 1, queuedAt: 1)
            let answers = try PlanningConnection.plans(ledger) { ledger in
                _ = try ledger.lastAnswer(of: session.id)
                _ = try ledger.lastRatable(of: session.id)
                _ = try ledger.lastTurnWithSteps(of: session.id)
                _ = try ledger.lastTurnNumber(of: session.id)
                _ = try ledger.history(of: session.id, after: 0, before: turn.id, limit: 9)
                _ = try ledger.authors(of: session, before: turn)
            }.filter { !$0.contains("SEARCH turns USING COVERING INDEX sqlite_autoindex_turns_1 (id=?)") }
            let work = try PlanningConnection.plans(ledger) { ledger in
                _ = try ledger.hasForeignText(work: turn.work, of: session.id)
                _ = try ledger.partialAnswer(of: session.id, work: turn.work)
                _ = try ledger.asks(of: turn)
                _ = try ledger.commits(ofWork: turn.work)
                try ledger.leaveOut(turn)
                try ledger.takeUpAsks(of: turn.work, in: session.id)
            }
            let messages = try PlanningConnection.plans(ledger) { ledger in
                _ = try ledger.lastAnswerMessage(of: session.id)
            }
            return (answers, work, messages)
        }
        for (plans, index, count) in [
            (answers, "turns_of_answers (session=?", 7), (work, "turns_by_work (work=?", 6),
            (messages, "messages_of_answers (session=?", 1),
        ] {
            expectEqual(plans.count, count)
            for steps in plans {
                #expect(steps.contains { $0.contains(index) }, "\(steps)")
                #expect(!steps.contains { $0.hasPrefix("SCAN") }, "\(steps)")
            }
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
