import Chat
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("What the model thinks, in the thread", .timeLimit(.minutes(1)))
struct ThoughtsTests {
    @Test("its time is that of thinking only, and its pieces are one text")
    func record() {
        var thoughts = Thoughts()
        expectEqual(thoughts.record(at: 0), nil)
        #expect(thoughts.add("Let ", at: 1_000) == "Let " && thoughts.isGoingOn)
        expectEqual(thoughts.add("me.", at: 4_000), "me.")
        thoughts.pause(at: 6_000)
        thoughts.pause(at: 60_000)
        #expect(!thoughts.isGoingOn)
        expectEqual(thoughts.add("Again.", at: 100_000), "\n\nAgain.")
        expectEqual(thoughts.record(at: 107_200), "Thought for 12 s\n\nLet me.\n\nAgain.")
    }

    @Test("more than the limit is neither shown nor kept")
    func limit() {
        var thoughts = Thoughts()
        let letters = String(repeating: "é", count: Thoughts.limit)
        expectEqual(thoughts.add(letters, at: 0).utf8.count, Thoughts.limit)
        #expect(thoughts.add("more", at: 1).isEmpty)
        let text = thoughts.record(at: 2) ?? ""
        #expect(text.hasPrefix("Thought for 1 s\n\né") && text.hasSuffix("\n\n(The rest is not kept.)"))
        #expect(text.utf8.count < Thoughts.limit + 100)
    }

    @Test(
        "the time in words",
        arguments: [(0, "1 s"), (1_499, "1 s"), (12_000, "12 s"), (119_000, "119 s"), (120_000, "2 min")])
    func words(milliseconds: Int64, words: String) {
        expectEqual(TurnTexts.thought(milliseconds: milliseconds), "Thought for " + words)
    }

    private func harness(_ capabilities: RoomTraits.Capabilities, fails: Bool = false) async throws -> BridgeHarness {
        let end: [ScriptedWorker.Step] = fails ? [.fail("No.")] : [.event(.text("Yes."))]
        return try await BridgeHarness(
            traits: RoomTraits(
                capabilities: capabilities, textLimit: 4_000, textUnit: .bytes, editInterval: .milliseconds(1)),
            worker: ScriptedWorker(
                [.event(.reasoning("Let ")), .event(.reasoning("me.")), .hold] + end))
    }

    private func stored(_ harness: BridgeHarness) async throws -> (thoughts: [String], reasoning: String) {
        let session = try #require(harness.worker.requests.first)
        return try await harness.bridge.store.read { ledger in
            let messages = try ledger.messages(of: session.session, after: nil, limit: 20).items
            let frames = try ledger.frames(of: session.id, after: 0).filter { $0.kind == .reasoning }
            return (messages.filter { $0.role == .thinking }.map(\.text), frames.map(\.content).joined())
        }
    }

    @Test("where messages can be edited, a line stands for it until there is an answer")
    func growing() async throws {
        let harness = try await self.harness([.edits, .deletes])
        _ = try await harness.ask("1")
        await harness.adapter.waitForText("Thinking…")
        harness.worker.release()
        await harness.adapter.waitForPosts { $0.first?.isFinal == true }
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["Yes."])
        let stored = try await self.stored(harness)
        #expect(stored.thoughts == ["Thought for 1 s\n\nLet me."] && stored.reasoning == "Let me.")
        expectEqual(harness.worker.requests.first?.history.isEmpty, true)
    }

    @Test("the line does not outlive a failure")
    func failed() async throws {
        let harness = try await self.harness([.edits, .deletes], fails: true)
        _ = try await harness.ask("1")
        await harness.adapter.waitForText("Thinking…")
        harness.worker.release()
        await harness.adapter.waitForText("No.")
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["No."])
    }

    @Test("where nothing can be edited, the room gets the answer only, and later prompts no thoughts")
    func plain() async throws {
        let harness = try await self.harness([])
        _ = try await harness.ask("1")
        harness.worker.release()
        await harness.adapter.waitForText("Yes.")
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["Yes."])
        try await expectEqual(self.stored(harness).thoughts, ["Thought for 1 s\n\nLet me."])
        _ = try await harness.ask("2")
        await harness.adapter.waitForText("You said: 2")
        expectEqual(harness.worker.requests.last?.history.map(\.text), ["1", "Yes."])
    }
}
