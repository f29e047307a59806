import Chat
import Database
import People
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Messages that wait together", .timeLimit(.minutes(1)))
struct JoinedTurnTests {
    /// Where an answer is one message.
    private static let traits = RoomTraits(
        capabilities: [.edits], textLimit: 400, textUnit: .bytes, editInterval: .milliseconds(1))

    /// Bob's answer runs until the worker is released.
    private func busy(
        _ adapter: FakeAdapter? = nil, directory: TemporaryDirectory? = nil,
        traits: RoomTraits = Self.traits
    ) async throws -> BridgeHarness {
        let harness = try await BridgeHarness(
            directory: directory, adapter: adapter, traits: traits,
            worker: ScriptedWorker([.event(.text("one")), .hold]),
            policy: AccessPolicy(owners: ["fake:one/alice"], members: ["fake:one/bob"]))
        try await harness.adapter.say("first", from: "bob", thread: "t", message: "b1")
        try await eventually("the first answer has begun") {
            try await self.rows("SELECT content AS text FROM frames WHERE type = 'execution'", in: harness) == ["one"]
        }
        return harness
    }

    private func write(_ texts: [String], from person: String = "alice", in harness: BridgeHarness) async throws {
        for (index, text) in texts.enumerated() {
            try await harness.adapter.say(text, from: person, thread: "t", message: "\(person)\(index + 1)")
        }
        try await harness.settleInbox()
    }

    private func rows(_ statement: String, in harness: BridgeHarness) async throws -> [String] {
        try await harness.bridge.store.read { ledger in
            try ledger.connection.query(statement, []).map { try $0.optionalText("text") ?? "" }
        }
    }

    @Test("three lines are one turn, with its parts in order, each a message of its own in the transcript")
    func burst() async throws {
        let harness = try await self.busy()
        try await self.write(["so I have an error", "ENOENT", "any idea?"], in: harness)
        harness.worker.release()
        await harness.adapter.waitForText("You said: so I have an error\n\nENOENT\n\nany idea?")
        try await harness.settle()
        expectEqual(harness.worker.requests.map(\.text), ["first", "so I have an error\n\nENOENT\n\nany idea?"])
        // One note for the wait, not one for each message.
        expectEqual(harness.adapter.texts.count { $0 == TurnTexts.waiting(0) }, 1)
        #expect(!harness.adapter.texts.contains { $0.hasPrefix("I am still answering") })
        try await expectEqual(
            self.rows("SELECT text FROM messages WHERE role = 'user' ORDER BY id", in: harness),
            ["first", "so I have an error", "ENOENT", "any idea?"])
        _ = try await harness.adapter.say("next", thread: "t", message: "alice9")
        await harness.adapter.waitForText("You said: next")
        expectEqual(
            harness.worker.requests.last?.history.map(\.text),
            [
                "first", "one", "so I have an error\n\nENOENT\n\nany idea?",
                "You said: so I have an error\n\nENOENT\n\nany idea?",
            ])
    }

    @Test("what two people write while they wait stays two turns, in the order of their first messages")
    func people() async throws {
        let harness = try await self.busy()
        try await harness.adapter.say("a1", thread: "t", message: "m1")
        try await harness.adapter.say("b1", from: "bob", thread: "t", message: "m2")
        try await harness.adapter.say("a2", thread: "t", message: "m3")
        try await harness.adapter.say("b2", from: "bob", thread: "t", message: "m4")
        try await harness.settleInbox()
        harness.worker.release()
        await harness.adapter.waitForText("You said: b1\n\nb2")
        expectEqual(harness.worker.requests.map(\.text), ["first", "a1\n\na2", "b1\n\nb2"])
    }

    @Test("each message is marked while it waits, and whoever sent it through the API gets the turn that it joined")
    func marks() async throws {
        let harness = try await self.busy(
            traits: RoomTraits(
                capabilities: .reactions, textLimit: 400, textUnit: .bytes, isMultiline: true))
        let first = try await harness.bridge.submit(harness.adapter.event("1", thread: "t", message: "m1"))
        let second = try await harness.bridge.submit(harness.adapter.event("2", thread: "t", message: "m2"))
        #expect(first?.operation == second?.operation && first?.message != second?.message)
        await harness.adapter.waitForReactions {
            $0 == [.init("👀", isOn: true, on: "m1"), .init("👀", isOn: true, on: "m2")]
        }
        harness.worker.release()
        await harness.adapter.waitForReactions { $0.count == 4 }
        expectEqual(
            harness.adapter.reactions.suffix(2), [.init("👀", isOn: false, on: "m1"), .init("👀", isOn: false, on: "m2")])
        expectEqual(harness.adapter.texts.count { $0.hasPrefix("I am still") }, 0)
    }

    @Test("an edit or deletion of one message changes that one only")
    func changes() async throws {
        let harness = try await self.busy()
        try await self.write(["one", "two", "three"], in: harness)
        try await harness.adapter.edit("alice2", to: "zwei", id: "x1")
        try await harness.adapter.takeBack("alice1")
        try await harness.settleInbox()
        try await expectEqual(
            self.rows("SELECT text FROM messages WHERE role = 'user' ORDER BY id", in: harness),
            ["first", "zwei", "three"])
        harness.worker.release()
        await harness.adapter.waitForText("You said: zwei\n\nthree")
        try await harness.settle()
        // Also in the history.
        try await expectEqual(harness.adapter.takeBack("alice3"), .stored)
        try await harness.settleInbox()
        try await harness.adapter.say("next", thread: "t", message: "alice9")
        await harness.adapter.waitForText("You said: next")
        expectEqual(harness.worker.requests.last?.history.map(\.text)[2], "zwei\n\n[deleted by its author]")
    }

    @Test("a message that is edited into a command leaves its turn and is carried out")
    func command() async throws {
        let harness = try await self.busy()
        try await self.write(["one", "two"], in: harness)
        try await harness.adapter.edit("alice1", to: "!whoami", id: "x1")
        await harness.adapter.waitForPosts { $0.contains { $0.text.hasPrefix("You are `fake:one/alice`") } }
        harness.worker.release()
        await harness.adapter.waitForText("You said: two")
    }

    @Test("beyond the number of messages, or a text that the model takes, another turn begins")
    func limits() async throws {
        let harness = try await self.busy()
        try await self.write((1...21).map { "\($0)" }, in: harness)
        harness.worker.release()
        await harness.adapter.waitForText("You said: 21")
        expectEqual(harness.worker.requests.count, 3)
        #expect(harness.worker.requests[1].text.hasSuffix("19\n\n20"))
    }

    @Test("stop all drops them all, and a restart keeps what waits together")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.busy(directory: directory)
        try await self.write(["one", "two"], in: first)
        try await self.write(["three"], from: "bob", in: first)
        let host = try await BridgeHarness(
            directory: directory, traits: Self.traits,
            policy: AccessPolicy(owners: ["fake:one/alice"], members: ["fake:one/bob"]))
        await host.adapter.waitForText("You said: three")
        try await host.settle()
        #expect(host.worker.requests.map(\.text).suffix(2) == ["one\n\ntwo", "three"])
    }
}
