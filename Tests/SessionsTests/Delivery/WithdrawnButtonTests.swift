import Chat
import TestSupport
import Testing

@testable import Sessions

@Suite("Buttons that no longer apply", .timeLimit(.minutes(1)))
struct WithdrawnButtonTests {
    private static let traits = RoomTraits(
        capabilities: [.buttons], textLimit: 400, textUnit: .bytes, isMultiline: false)
    private static let cut: [ScriptedWorker.Step] = [.event(.text("Half")), .cut("the line broke")]
    private static let note = "Cut off: the line broke. Type `!resume` to continue."

    /// A thread whose answer was cut, with the button below the note.
    private func harness(
        directory: TemporaryDirectory? = nil, then script: [ScriptedWorker.Step] = [.event(.text("whole"))]
    ) async throws -> BridgeHarness {
        let harness = try await BridgeHarness(
            directory: directory, traits: Self.traits, worker: ScriptedWorker(Self.cut, script))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText(Self.note)
        try await harness.settle()
        expectEqual(harness.adapter.posts.last?.buttons.map(\.command), ["resume"])
        return harness
    }

    private func isTakenAway(_ posts: [FakeAdapter.Post]) -> Bool {
        posts.contains { $0.text == Self.note && $0.buttons.isEmpty && $0.edits == 1 && $0.isFinal }
    }

    @Test("a later question, the command itself and a new session take it away", arguments: ["2", "!resume", "!new"])
    func overtaken(text: String) async throws {
        let harness = try await self.harness()
        let note = try #require(harness.adapter.posts.last)
        _ = try await harness.ask(text)
        await harness.adapter.waitForPosts { self.isTakenAway($0) }
        try await harness.settle()
        let count = harness.worker.requests.count
        try await expectEqual(harness.adapter.choose(.button("resume"), at: note.id), .ignored("withdrawn"))
        try await harness.settle()
        expectEqual(harness.worker.requests.count, count)
    }

    @Test("a pressed button goes away, and a second press while the answer continues is answered")
    func used() async throws {
        let harness = try await self.harness(then: [.hold, .event(.text("whole"))])
        let note = try #require(harness.adapter.posts.last)
        try await expectEqual(harness.adapter.choose(.button("resume"), at: note.id), .stored)
        await harness.adapter.waitForPosts { self.isTakenAway($0) }
        try await expectEqual(harness.adapter.choose(.button("resume"), at: note.id), .stored)
        await harness.adapter.waitForText("That answer is already being continued.")
        harness.worker.release()
        try await harness.settle()
        expectEqual(harness.worker.requests.count, 2)
    }

    @Test("a button that could not be taken away is taken away after a restart")
    func crash() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.harness(directory: directory, then: [.hold])
        first.adapter.meetInEdits([.refused(AdapterError(.disconnected, "gone", retryAfter: .seconds(600)))])
        _ = try await first.ask("2")
        try await eventually("the fault is used") { first.adapter.faultsLeft == 0 }
        #expect(!self.isTakenAway(first.adapter.posts))
        let second = try await BridgeHarness(directory: directory, adapter: first.adapter, traits: Self.traits)
        await second.adapter.waitForPosts { self.isTakenAway($0) }
    }

    @Test("a button on a message that is still waiting to be sent goes away once it is sent")
    func unsent() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits, worker: ScriptedWorker(Self.cut, [.event(.text("two"))]))
        harness.adapter.setHolding(true)
        _ = try await harness.frames(of: try #require(try await harness.ask("1")).operation)
        _ = try await harness.frames(of: try #require(try await harness.ask("2")).operation)
        harness.adapter.setHolding(false)
        try await harness.settle()
        #expect(self.isTakenAway(harness.adapter.posts))
    }

    @Test("a room without buttons gets no edit")
    func noButtons() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker(Self.cut))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText(Self.note)
        _ = try await harness.ask("2")
        await harness.adapter.waitForText("You said: 2")
        try await harness.settle()
        #expect(harness.adapter.posts.allSatisfy { $0.edits == 0 })
    }
}
