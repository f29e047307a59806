import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Messages by their platform ids", .timeLimit(.minutes(1)))
struct ReferenceTests {
    private static let thread = ThreadKey(adapter: AdapterID("fake:one"), value: "alice/alice")

    @Test("a question and its answer belong to one thread, an unknown message to none")
    func threads() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.hold, .event(.text("one"))]))
        try await harness.adapter.say("1", from: "gina", thread: "alice", message: "m1")
        // This one waits and goes through the mailbox.
        try await harness.adapter.say("2", message: "m2")
        try await harness.adapter.say("!help new", message: "m3")
        harness.worker.release()
        await harness.adapter.waitForText("You said: 2")
        try await harness.settle()
        for message in ["m1", "m2", "m3"] + harness.adapter.posts.map(\.id) {
            await expectEqual(harness.bridge.thread(of: harness.adapter.reference(message)), Self.thread)
        }
        for message in ["m4", "", "p99"] {
            await expectEqual(harness.bridge.thread(of: harness.adapter.reference(message)), nil)
        }
        await expectEqual(harness.bridge.thread(of: harness.adapter.reference("m1", in: "elsewhere")), nil)
    }

    @Test("the thread of an unhandled message is also known")
    func unhandled() async throws {
        let harness = try await BridgeHarness()
        let message = try #require(harness.adapter.event("hello", message: "m1").message)
        let body = StoredForm.text(of: message)
        _ = try await harness.bridge.store.write { ledger in
            try ledger.insertEvent(
                "e1", adapter: message.thread.adapter, body: body, role: .owner, of: message.reference, at: 1)
        }
        await expectEqual(harness.bridge.thread(of: harness.adapter.reference("m1")), Self.thread)
    }

    @Test("finished outbox entries are deleted by age, unsent ones stay, and a sent message's text is gone")
    func outbox() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(1)
        try await harness.settle()
        let room = Route(room: RoomID(adapter: harness.adapter.id, name: "nowhere"))
        try await harness.bridge.store.write { ledger in
            try expectEqual(ledger.connection.query("SELECT text FROM outbox", []).map { try $0.text("text") }, [""])
            for (state, time) in [(OutboxItem.State.sent, 1_001), (.pending, 1_002), (.live, 1_003), (.sent, 3_000)] {
                let item = try ledger.insertOutbox(
                    session: "s", turn: nil, kind: .note, route: room, text: "x", at: Int64(time))
                try ledger.setOutbox(item.id, state, at: 1)
            }
            try expectEqual(ledger.deleteFinishedOutbox(before: 2_000, limit: 9), 3)
            let left = try ledger.connection.query("SELECT state FROM outbox ORDER BY id", [])
            try expectEqual(left.map { try $0.text("state") }, ["pending", "sent"])
        }
    }

    @Test(
        "looking up a message by its platform id uses an index",
        .enabled(if: !TestDatabase.isPostgreSQL, "the plans are SQLite's"))
    func plans() async throws {
        let harness = try await BridgeHarness()
        let reference = harness.adapter.reference("m1")
        let plans = try await harness.bridge.store.read { ledger in
            try PlanningConnection.plans(ledger) { ledger in
                _ = try ledger.posted(reference)
                _ = try ledger.received(reference)
            }
        }
        expectEqual(plans.map(\.count), [1, 1])
        for (plan, index) in zip(plans, ["outbox_by_reference", "inbox_by_message"]) {
            #expect(plan.first?.hasPrefix("SEARCH") == true && plan.first?.contains(index) == true, "\(plan)")
        }
    }
}
