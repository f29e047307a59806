import Chat
import Database
import JetbridgeTesting
import Testing

@testable import Sessions

@Suite("Messages by the platform's names of them", .timeLimit(.minutes(1)))
struct ReferenceTests {
    private static let thread = ThreadKey(adapter: AdapterID("fake:one"), value: "alice/alice")

    @Test("what a person said and what the bot answered belong to one thread; what nobody knows to none")
    func threads() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.hold, .event(.text("one"))]))
        try await harness.adapter.say("1", message: "m1")
        // This one waits, and goes through the mailbox.
        try await harness.adapter.say("2", message: "m2")
        try await harness.adapter.say("!help new", message: "m3")
        harness.worker.release()
        await harness.adapter.waitForText("You said: 2")
        try await harness.settle()
        for message in ["m1", "m2", "m3"] + harness.adapter.posts.map(\.id) {
            #expect(await harness.bridge.thread(of: harness.adapter.reference(message)) == Self.thread)
        }
        for message in ["m4", "", "p99"] {
            #expect(await harness.bridge.thread(of: harness.adapter.reference(message)) == nil)
        }
        #expect(await harness.bridge.thread(of: harness.adapter.reference("m1", in: "elsewhere")) == nil)
    }

    @Test("a message that is not handled yet tells its thread, too")
    func unhandled() async throws {
        let harness = try await BridgeHarness()
        guard case .message(let message) = harness.adapter.event("hello", message: "m1").kind else { return }
        let body = StoredForm.text(of: message)
        _ = try await harness.bridge.store.write { ledger in
            try ledger.insertEvent(
                "e1", adapter: message.thread.adapter, body: body, role: .owner, of: message.reference, at: 1)
        }
        #expect(await harness.bridge.thread(of: harness.adapter.reference("m1")) == Self.thread)
    }

    @Test("housekeeping keeps thirty days, and what still waits longer; the text of a sent message is gone")
    func housekeeping() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(1)
        try await harness.settle()
        let room = Route(room: RoomID(adapter: harness.adapter.id, name: "nowhere"))
        try await harness.bridge.store.write { ledger in
            #expect(try ledger.connection.query("SELECT text FROM outbox", []).map { try $0.text("text") } == [""])
            for (state, age) in [(OutboxItem.State.sent, 1), (.pending, 1), (.live, 1), (.sent, 3_000)] {
                let item = try ledger.insertOutbox(
                    session: "s", turn: nil, kind: .note, route: room, text: "x", at: Int64(age))
                try ledger.setOutbox(item.id, state, at: 1)
            }
            try ledger.pruneOutbox(before: 1_000)
            let left = try ledger.connection.query("SELECT state FROM outbox ORDER BY id", [])
            #expect(try left.map { try $0.text("state") } == ["sent", "pending", "sent"])
        }
    }

    @Test("looking for a message by its name uses an index")
    func plans() async throws {
        let harness = try await BridgeHarness()
        let plans = try await harness.bridge.store.read { ledger in
            try [
                "SELECT * FROM outbox WHERE adapter = 'a' AND room = 'b' AND reference = 'c' AND reference <> '' "
                    + "ORDER BY id DESC LIMIT 1",
                "SELECT number FROM inbox WHERE adapter = 'a' AND room = 'b' AND message = 'c' "
                    + "ORDER BY number DESC LIMIT 1",
            ].map { try ledger.connection.query("EXPLAIN QUERY PLAN \($0)", []).map { try $0.text("detail") } }
        }
        #expect(plans.map(\.count) == [1, 1])
        #expect(plans.first?.first?.contains("outbox_by_reference") == true, "\(plans)")
        #expect(plans.last?.first?.contains("inbox_by_message") == true, "\(plans)")
    }
}
