import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Edited and deleted messages", .timeLimit(.minutes(1)))
struct ChangeTests {
    /// Starts gina's turn and queues alice's message `m2` behind it.
    private func waiting(_ text: String = "2", in harness: BridgeHarness) async throws -> String {
        try await harness.adapter.say("1", from: "gina", thread: "alice", message: "m1")
        return try #require(
            try await harness.bridge.submit(harness.adapter.event(text, message: "m2"))
        ).operation
    }

    private static func held() -> ScriptedWorker { ScriptedWorker([.hold, .event(.text("one"))]) }

    @Test("an edited message that waits is asked as edited, and reads so in the transcript")
    func edited() async throws {
        let harness = try await BridgeHarness(worker: Self.held())
        let operation = try await self.waiting(in: harness)
        try await expectEqual(harness.adapter.edit("m2", to: " two ", id: "x1"), .stored)
        try await expectEqual(harness.adapter.edit("m2", to: " two ", id: "x1"), .duplicate)
        try await expectEqual(harness.adapter.edit("m2", to: "zwei", id: "x2"), .stored)
        try await eventually("the turn has the new text") { try await harness.turn(operation)?.text == "zwei" }
        harness.worker.release()
        await harness.adapter.waitForText("You said: zwei")
        try await harness.settle()
        expectEqual(harness.worker.requests.map(\.text), ["1", "zwei"])
        let asked = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT text FROM messages WHERE role = 'user' ORDER BY id", [])
                .map { try $0.text("text") }
        }
        expectEqual(asked, ["1", "zwei"])
    }

    @Test("a deleted message that waits is not answered and leaves the history")
    func deleted() async throws {
        let harness = try await BridgeHarness(worker: Self.held())
        let operation = try await self.waiting(in: harness)
        try await expectEqual(harness.adapter.takeBack("m2"), .stored)
        let frames = try await harness.frames(of: operation)
        expectEqual(frames.last?.kind, .error)
        expectEqual(frames.last?.content, "The message was deleted.")
        try await expectEqual(harness.turn(operation)?.state, .stopped)
        try await expectEqual(harness.adapter.takeBack("m2"), .ignored("not waiting"))
        harness.worker.release()
        await harness.adapter.waitForText("one")
        _ = try await harness.ask("3")
        await harness.adapter.waitForText("You said: 3")
        expectEqual(harness.worker.requests.map(\.text), ["1", "3"])
        expectEqual(harness.worker.requests.last?.history.map(\.text), ["1", "one"])
    }

    @Test("a question that is edited into a command runs that command")
    func command() async throws {
        let harness = try await BridgeHarness(worker: Self.held())
        let operation = try await self.waiting(in: harness)
        try await expectEqual(harness.adapter.edit("m2", to: "!whoami", id: "x1"), .stored)
        await harness.adapter.waitForPosts { $0.contains { $0.text.hasPrefix("You are `fake:one/alice`") } }
        try await expectEqual(harness.turn(operation)?.state, .stopped)
        try await expectEqual(harness.adapter.edit("m2", to: "!whoami", id: "x1"), .ignored("not waiting"))
        harness.worker.release()
        await harness.adapter.waitForText("one")
        try await harness.settle()
        expectEqual(harness.worker.requests.map(\.text), ["1"])
    }

    @Test("a waiting command that is edited into chat is answered as chat")
    func talk() async throws {
        let harness = try await BridgeHarness(worker: Self.held())
        _ = try await self.waiting("!specify a page", in: harness)
        try await expectEqual(harness.adapter.edit("m2", to: "never mind"), .stored)
        try await harness.settleInbox()
        harness.worker.release()
        await harness.adapter.waitForText("You said: never mind")
    }

    @Test("edits by others, of running or answered messages, and of unknown ones change nothing")
    func ignored() async throws {
        let harness = try await BridgeHarness(worker: Self.held())
        _ = try await self.waiting(in: harness)
        try await expectEqual(harness.adapter.edit("m2", to: "evil", from: "mallory"), .ignored("not waiting"))
        try await expectEqual(harness.adapter.edit("m1", to: "late"), .ignored("not waiting"))
        try await expectEqual(harness.adapter.takeBack("m7"), .ignored("not waiting"))
        try await expectEqual(harness.adapter.edit("m7", to: "what"), .ignored("not waiting"))
        try await expectEqual(harness.adapter.edit("m2", to: "  "), .stored)
        try await harness.settleInbox()
        harness.worker.release()
        await harness.adapter.waitForText("You said: 2")
        expectEqual(harness.worker.requests.map(\.text), ["1", "2"])
    }

    @Test("what a deleted message said leaves the transcript, the search and later prompts; its answer stays")
    func struck() async throws {
        let harness = try await BridgeHarness()
        try await harness.adapter.say("my password is hunter2", message: "m1")
        await harness.adapter.waitForText("You said: my password is hunter2")
        try await harness.settle()
        try await expectEqual(harness.adapter.takeBack("m1"), .stored)
        try await harness.settleInbox()
        _ = try await harness.ask("next")
        await harness.adapter.waitForText("You said: next")
        let history = harness.worker.requests.last?.history ?? []
        expectEqual(history.map(\.text), ["[deleted by its author]", "You said: my password is hunter2"])
        let kept = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT text FROM messages WHERE role = 'user' ORDER BY id", [])
                .map { try $0.text("text") }
                + ledger.connection.query("SELECT text FROM turns ORDER BY number", [])
                .map { try $0.text("text") }
        }
        #expect(!kept.contains { $0.contains("hunter2") } && kept.contains("[deleted by its author]"), "\(kept)")
    }

    @Test("a message that is deleted while it is answered ends its turn, and the next prompt does not have it")
    func struckWhileAnswered() async throws {
        let harness = try await BridgeHarness(worker: Self.held())
        try await harness.adapter.say("secret", message: "m1")
        try await eventually("the turn runs") { harness.worker.requests.count == 1 }
        try await expectEqual(harness.adapter.takeBack("m1"), .stored)
        try await harness.settle()
        let turns = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT state, text FROM turns", [])
                .map { "\(try $0.text("state")) \(try $0.text("text"))" }
        }
        expectEqual(turns, ["stopped [deleted by its author]"])
        harness.worker.release()
        _ = try await harness.ask("next")
        try await eventually("the next question is asked") { harness.worker.requests.count == 2 }
        #expect(harness.worker.requests.last?.history.contains { $0.text.contains("secret") } == false)
    }

    @Test("changes that a crash left unhandled are applied before any turn begins")
    func crash() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory, worker: Self.held())
        let second = try await self.waiting(in: first)
        for message in ["m3", "m4", "m5"] { try await first.adapter.say(message, message: message) }
        // The "crashed" host is still running: nothing may be left that both would take.
        try await first.settleInbox()
        let adapter = first.adapter
        let sender = Sender(id: "fake:one/alice", identities: [], displayName: "alice")
        let unhandled = try #require(adapter.event("m6", message: "m6").message)
        let changes: [MessageChange] = [
            .edit(MessageEdit(reference: adapter.reference("m2"), sender: sender, text: "two")),
            .deletion(adapter.reference("m3")),
            .edit(MessageEdit(reference: adapter.reference("m4"), sender: sender, text: "!help new")),
            .edit(MessageEdit(reference: adapter.reference("m1"), sender: sender, text: "too late")),
            .edit(MessageEdit(reference: adapter.reference("m6"), sender: sender, text: "six")),
            .edit(MessageEdit(reference: adapter.reference("m9"), sender: sender, text: "unknown")),
        ]
        try await first.bridge.store.write { ledger in
            _ = try ledger.insertEvent(
                "m6", adapter: adapter.id, body: StoredForm.text(of: unhandled), role: .owner,
                of: unhandled.reference, at: 1)
            for (index, change) in changes.enumerated() {
                _ = try ledger.insertChange(change, event: "x\(index)", adapter: adapter.id, role: .owner, at: 1)
            }
        }
        let host = try await BridgeHarness(directory: directory, worker: Self.held())
        try await host.settleInbox()
        host.worker.release()
        _ = try await host.frames(of: second)
        await host.adapter.waitForText("six")
        try await host.settle()
        expectEqual(host.worker.requests.map(\.text), ["1", "two\n\nm5\n\nsix"])
        #expect(host.adapter.texts.contains { $0.hasPrefix("`!new`") })
        #expect(try await host.bridge.store.read { ledger in try ledger.newChanges().isEmpty })
    }
}
