import Chat
import Database
import TestSupport
import Testing

@testable import Sessions

@Suite("The index of messages", .timeLimit(.minutes(1)))
struct SearchTests {
    private static func store(_ path: String, migrations: [Migration] = Schema.migrations) throws -> SessionStore {
        SessionStore(database: try Database(path: path, migrations: migrations))
    }

    private static func found(_ words: String, in store: SessionStore) async throws -> [String] {
        try await store.read { ledger in
            try ledger.sessions(SessionFilter(search: words), after: nil, limit: 9).items.map(\.key.value)
        }
    }

    @Test("messages that a store had before the index are found")
    func migration() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/store"
        let old = try Self.store(path, migrations: Array(Schema.migrations.prefix(4)))
        try await old.database.write { connection in
            try connection.execute(
                """
                INSERT INTO sessions (id, adapter, thread, title, owner, route, state, epoch, created_at, active_at)
                VALUES ('t_1', 'irc:local', 'old', 'T', 'alice', ?, 'active', 0, 1, 1)
                """, [.text(StoredForm.text(of: Route(room: RoomID(adapter: AdapterID("irc:local"), name: "#team"))))])
            for (role, text) in [("user", "Where do otters sleep?"), ("note", "helptext"), ("assistant", "On kelp.")] {
                try connection.execute(
                    "INSERT INTO messages (session, role, text, created_at) VALUES ('t_1', ?, ?, 1)",
                    [.text(role), .text(text)])
            }
        }
        await old.database.close()
        let new = try Self.store(path)
        #expect(try await Self.found("otter", in: new) == ["old"])
        #expect(try await Self.found("KELP", in: new) == ["old"])
        // The bot's own lines would make every conversation a hit for the words of the commands.
        #expect(try await Self.found("helptext", in: new).isEmpty)
        #expect(try await new.read { ledger in try ledger.session(id: "t_1")?.isNamed } == false)
        await new.database.close()
    }

    @Test("a message that is edited or taken back while it waits is found as it is then, or not at all")
    func changes() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.hold, .event(.text("one"))]))
        try await harness.adapter.say("first", message: "m1")
        for (text, message) in [("walrus", "m2"), ("penguin", "m3")] {
            _ = try await harness.bridge.submit(harness.adapter.event(text, message: message))
        }
        let store = harness.bridge.store
        #expect(try await Self.found("walrus", in: store).count == 1)
        #expect(try await harness.adapter.edit("m2", to: "seal", id: "x1") == .stored)
        #expect(try await harness.adapter.takeBack("m3") == .stored)
        while try await Self.found("walrus", in: store).count == 1 { await Task.yield() }
        while try await Self.found("penguin", in: store).count == 1 { await Task.yield() }
        #expect(try await Self.found("seal", in: store).count == 1)
        harness.worker.release()
        try await harness.settle()
    }
}
