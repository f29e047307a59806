import Chat
import Database
import Joining
import Primitives
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Questions that are edited after their answer, and asked again", .timeLimit(.minutes(1)))
struct RedoTests {
    private let clock = Protected<Int64>(1_000)

    private func harness(_ scripts: [ScriptedWorker.Step]...) async throws -> BridgeHarness {
        let clock = self.clock
        return try await BridgeHarness(worker: ScriptedWorker(scripts: scripts), now: { clock.withLock { $0 } })
    }

    /// Asks as `person` in alice's thread, and waits for the answer.
    private func ask(_ text: String, _ message: String, from person: String = "alice", in harness: BridgeHarness)
        async throws
    {
        try await harness.adapter.say(text, from: person, thread: "alice", message: message)
        await harness.adapter.waitForText("You said: \(text)")
        try await harness.settle()
    }

    private func edit(_ message: String, to text: String, in harness: BridgeHarness) async throws {
        try await expectEqual(harness.adapter.edit(message, to: text), .stored)
        try await harness.settleInbox()
        try await harness.settleOutbox()
    }

    private func redo(from person: String = "alice", in harness: BridgeHarness) async throws {
        try await harness.adapter.say("!redo", from: person, thread: "alice")
        try await harness.settle()
    }

    private static let offer = "The question was edited after this answer began."

    private func offers(_ harness: BridgeHarness) -> Int {
        harness.adapter.texts.count { $0.hasPrefix(Self.offer) }
    }

    private func waitForOffer(_ harness: BridgeHarness) async {
        await harness.adapter.waitForPosts { $0.contains { $0.text.hasPrefix(Self.offer) } }
    }

    private func rows(_ harness: BridgeHarness) async throws -> [String] {
        try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT role, text FROM messages ORDER BY id", [])
                .map { "\(try $0.text("role")): \(try $0.text("text"))" }
        }
    }

    @Test("an edit soon after the answer changes the history and offers redo, which replaces the answer")
    func edited() async throws {
        let harness = try await self.harness()
        try await self.ask("what is teh time", "m1", in: harness)
        try await self.edit("m1", to: "what is the time", in: harness)
        await self.waitForOffer(harness)
        try await self.edit("m1", to: "what is the time?", in: harness)
        expectEqual(self.offers(harness), 1)
        try await self.redo(in: harness)
        await harness.adapter.waitForText("You said: what is the time?")
        #expect(harness.worker.requests.last?.history.isEmpty == true)
        try await expectEqual(
            self.rows(harness).filter { !$0.hasPrefix("note: The question") },
            [
                "user: what is the time?", "assistant: You said: what is teh time",
                "note: Replaced: the question was asked again.", "command: !redo", "user: what is the time?",
                "assistant: You said: what is the time?",
            ])
        // Later changes of the message are changes of what was asked again.
        try await self.edit("m1", to: "what is the date?", in: harness)
        try await self.ask("next", "m2", in: harness)
        expectEqual(
            harness.worker.requests.last?.history.map(\.text),
            ["what is the date?", "You said: what is the time?"])
    }

    @Test("white space, and an edit that comes late, change the history without a word; redo works for a day")
    func silent() async throws {
        let harness = try await self.harness()
        try await self.ask("one two", "m1", in: harness)
        try await self.edit("m1", to: "one  two", in: harness)
        self.clock.withLock { $0 += RedoRules.offerTime + 1 }
        try await self.edit("m1", to: "three", in: harness)
        expectEqual(harness.adapter.posts.count, 1)
        try await self.redo(in: harness)
        await harness.adapter.waitForText("You said: three")
        self.clock.withLock { $0 += RedoRules.time + 1 }
        try await self.redo(in: harness)
        expectEqual(harness.adapter.texts.last?.hasPrefix("The last question here is more than a day old."), true)
    }

    @Test("only the person who asked and owners ask again, as that person")
    func rights() async throws {
        let harness = try await self.harness()
        try await self.ask("alice's", "m1", in: harness)
        try await self.redo(from: "gina", in: harness)
        expectEqual(
            harness.adapter.texts.last?.hasSuffix("Only alice or an owner can ask this question again."), true)
        try await self.ask("gina's", "g1", from: "gina", in: harness)
        try await self.redo(in: harness)
        expectEqual(harness.worker.requests.map(\.text), ["alice's", "gina's", "gina's"])
        expectEqual(harness.worker.requests.last?.sender.displayName, "gina")
    }

    @Test("while an answer is written it is offered, and refused")
    func busy() async throws {
        let harness = try await self.harness([.event(.text("Begun.\n\n")), .hold])
        try await harness.adapter.say("one", thread: "alice", message: "m1")
        await harness.adapter.waitForText("Begun.")
        try await self.edit("m1", to: "two", in: harness)
        await self.waitForOffer(harness)
        try await harness.adapter.say("!redo", thread: "alice")
        await harness.adapter.waitForPosts { $0.contains { $0.text.hasPrefix("An answer is still being written.") } }
        harness.worker.release()
        try await harness.settle()
        try await self.redo(in: harness)
        await harness.adapter.waitForText("You said: two")
    }

    @Test("several messages are asked again together, and each can still be changed")
    func together() async throws {
        let harness = try await self.harness([.hold])
        try await harness.adapter.say("one", thread: "alice", message: "m1")
        try await eventually("the model is asked") { harness.worker.requests.count == 1 }
        try await harness.adapter.say("two", thread: "alice", message: "m2")
        try await eventually("the model is asked again") { harness.worker.requests.count == 2 }
        try await harness.settle()
        try await self.edit("m2", to: "zwei", in: harness)
        try await self.redo(in: harness)
        expectEqual(harness.worker.requests.last?.text, "one\n\nzwei")
        try await self.edit("m1", to: "eins", in: harness)
        try await self.redo(in: harness)
        expectEqual(harness.worker.requests.last?.text, "eins\n\nzwei")
    }
}
