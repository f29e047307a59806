import Chat
import People
import TestSupport
import Testing

@testable import Threads

@Suite("Marks of waiting messages", .timeLimit(.minutes(1)))
struct QueueMarkTests {
    private static let traits = RoomTraits(
        capabilities: .reactions, textLimit: 400, textUnit: .bytes, isMultiline: false)

    private func harness() async throws -> BridgeHarness {
        try await BridgeHarness(traits: Self.traits, worker: ScriptedWorker([.hold, .event(.text("one"))]))
    }

    @Test("a message is marked while it waits, and only then")
    func waiting() async throws {
        let harness = try await self.harness()
        try await harness.adapter.say("1", from: "gina", thread: "alice", message: "m1")
        try await harness.adapter.say("2", message: "m2")
        try await harness.settleInbox()
        await harness.adapter.waitForReactions { $0 == [.init("👀", isOn: true, on: "m2")] }
        harness.worker.release()
        await harness.adapter.waitForText("You said: 2")
        await harness.adapter.waitForReactions { $0.count == 2 }
        expectEqual(harness.adapter.reactions.last, .init("👀", isOn: false, on: "m2"))
        expectEqual(harness.adapter.texts, ["one", "You said: 2"])
    }

    @Test("the mark is removed when the message is dropped", arguments: [true, false])
    func dropped(byDeletion isDeleted: Bool) async throws {
        let harness = try await self.harness()
        try await harness.adapter.say("1", from: "gina", thread: "alice", message: "m1")
        try await harness.adapter.say("2", message: "m2")
        await harness.adapter.waitForReactions { $0.count == 1 }
        if isDeleted {
            try await harness.adapter.takeBack("m2")
        } else {
            try await harness.adapter.say("!stop all", message: "m3")
        }
        await harness.adapter.waitForReactions { $0.last == .init("👀", isOn: false, on: "m2") }
        expectEqual(harness.adapter.reactions.count, 2)
    }

    @Test("a message without a platform id gets the note instead")
    func unnamed() async throws {
        let harness = try await self.harness()
        try await harness.adapter.say("1", from: "gina", thread: "alice")
        try await harness.adapter.say("2")
        await harness.adapter.waitForPosts(1)
        expectEqual(harness.adapter.texts, ["I am still answering; 1 message is ahead of this one."])
        #expect(harness.adapter.reactions.isEmpty)
    }

    // MARK: The note

    private func editing(
        _ adapter: FakeAdapter? = nil, directory: TemporaryDirectory? = nil
    ) async throws -> BridgeHarness {
        try await BridgeHarness(
            directory: directory, adapter: adapter,
            traits: RoomTraits(capabilities: [.edits], textLimit: 400, textUnit: .bytes),
            worker: ScriptedWorker([.hold, .event(.text("one"))]),
            policy: AccessPolicy(owners: ["fake:one/alice"], guests: ["fake:one/gina", "fake:one/hank"]))
    }

    @Test("without reactions one note states how many messages wait, and is edited as more come and others begin")
    func counted() async throws {
        let harness = try await self.editing()
        try await harness.adapter.say("1", from: "gina", thread: "t", message: "m1")
        try await harness.adapter.say("2", thread: "t", message: "m2")
        await harness.adapter.waitForText("I am still answering; 1 message waits.")
        // It joins the one that waits.
        try await harness.adapter.say("2b", thread: "t", message: "m3")
        await harness.adapter.waitForText("I am still answering; 2 messages wait.")
        try await harness.adapter.say("3", from: "hank", thread: "t", message: "m4")
        await harness.adapter.waitForText("I am still answering; 3 messages wait.")
        try await harness.adapter.takeBack("m3")
        await harness.adapter.waitForText("I am still answering; 2 messages wait.")
        harness.worker.release()
        await harness.adapter.waitForText(TurnTexts.waiting(0))
        try await harness.settle()
        let notes = harness.adapter.posts.filter { $0.text == TurnTexts.waiting(0) }
        expectEqual(notes.map(\.id), harness.adapter.posts.prefix(1).map(\.id))
        #expect(!harness.adapter.texts.contains { $0.hasPrefix("I am still answering") })
    }

    @Test("after a restart the same note is edited on", arguments: [false, true])
    func restarted(isAnswered: Bool) async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.editing(directory: directory)
        try await first.adapter.say("1", from: "gina", thread: "t", message: "m1")
        try await first.adapter.say("2", thread: "t", message: "m2")
        try await first.adapter.say("3", from: "hank", thread: "t", message: "m3")
        await first.adapter.waitForText("I am still answering; 2 messages wait.")
        try await first.settleOutbox()
        let note = try #require(first.adapter.posts.first?.id)
        // The adapter lives on, and with it what the room shows.
        let second = try await self.editing(first.adapter, directory: directory)
        try await second.adapter.say("4", from: "hank", thread: "t", message: "m4")
        await second.adapter.waitForText("I am still answering; 3 messages wait.")
        if isAnswered {
            second.worker.release()
            await second.adapter.waitForText(TurnTexts.waiting(0))
            try await second.settle()
        }
        expectEqual(second.adapter.posts.filter { $0.id == note }.count, 1)
        expectEqual(second.adapter.texts.count { $0.hasPrefix("I am still answering") }, isAnswered ? 0 : 1)
    }

    @Test("a note that somebody has deleted is not posted again")
    func deletedNote() async throws {
        let harness = try await self.editing()
        try await harness.adapter.say("1", from: "gina", thread: "t", message: "m1")
        try await harness.adapter.say("2", thread: "t", message: "m2")
        await harness.adapter.waitForText("I am still answering; 1 message waits.")
        harness.adapter.meetInEdits([.refused(AdapterError(.notFound, "message_not_found"))])
        try await harness.adapter.say("!stop all", thread: "t", message: "m3")
        try await harness.settle()
        #expect(!harness.adapter.texts.contains(TurnTexts.waiting(0)) && harness.adapter.faultsLeft == 0)
    }
}
