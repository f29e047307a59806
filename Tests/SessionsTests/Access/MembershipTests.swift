import Chat
import TestSupport
import Testing

@Suite("Membership in a thread", .timeLimit(.minutes(1)))
struct MembershipTests {
    private func say(
        _ text: String, in harness: BridgeHarness, from person: String = "alice", isAddressed: Bool = false,
        thread: String = "t1"
    ) async throws -> Delivery {
        try await harness.adapter.say(
            text, from: person, in: "#team", isDirect: false, isAddressed: isAddressed, thread: thread)
    }

    @Test("in threads that the bot is part of no mention is needed, in others it is")
    func member() async throws {
        let directory = try TemporaryDirectory()
        let harness = try await BridgeHarness(directory: directory)
        try await expectEqual(self.say("talk", in: harness), .ignored("not addressed"))
        try await expectEqual(self.say("question", in: harness, isAddressed: true), .stored)
        await harness.adapter.waitForText("You said: question")
        try await expectEqual(self.say("and more", in: harness, from: "gina"), .stored)
        await harness.adapter.waitForText("You said: and more")
        try await expectEqual(self.say("elsewhere", in: harness, thread: "t2"), .ignored("not addressed"))
        // A second host knows it only from storage.
        let second = try await BridgeHarness(directory: directory)
        try await expectEqual(self.say("again", in: second), .stored)
        await second.adapter.waitForText("You said: again")
    }

    @Test("an unknown command is ignored unless the bot is part of the thread")
    func unknownCommand() async throws {
        let harness = try await BridgeHarness()
        try await expectEqual(self.say("!weather", in: harness), .ignored("not addressed"))
        try await expectEqual(self.say("!help new", in: harness), .stored)
        await harness.adapter.waitForPosts(1)
        try await expectEqual(self.say("!weather", in: harness), .stored)
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts.last?.hasPrefix("I do not know the command `!weather`"), true)
    }

    @Test("a stranger in one of the bot's threads is not answered")
    func stranger() async throws {
        let harness = try await BridgeHarness()
        try await expectEqual(self.say("question", in: harness, isAddressed: true), .stored)
        await harness.adapter.waitForPosts(1)
        try await expectEqual(self.say("hello", in: harness, from: "mallory"), .ignored("stranger"))
    }
}
