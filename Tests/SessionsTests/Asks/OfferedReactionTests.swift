import Chat
import TestSupport
import Testing
import Threads

@Suite("Reactions that the bot offers where an ask has no buttons", .timeLimit(.minutes(1)))
struct OfferedReactionTests {
    /// A room such as Matrix's.
    private static let room = RoomTraits(
        capabilities: [.edits, .reactions, .threads], textLimit: 4_000, textUnit: .bytes)

    private static func reactions(_ isOn: Bool, on message: String) -> [FakeAdapter.Reaction] {
        ["✅", "❌"].map { .init($0, isOn: isOn, on: message) }
    }

    @Test("an approval has them until it is decided")
    func approval() async throws {
        let stage = try await AskStage(Self.room, asking: AskStage.request())
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask().id
        await stage.adapter.waitForReactions { $0 == Self.reactions(true, on: ask) }
        try await expectEqual(stage.adapter.choose(.reaction("✅"), at: ask, from: "alice", in: "#team"), .stored)
        await stage.adapter.waitForText("done")
        await stage.adapter.waitForReactions { $0.count == 4 }
        expectEqual(stage.adapter.reactions.suffix(2), Self.reactions(false, on: ask))
        expectEqual(stage.outcomes, [.approved(ask: "a1", by: "alice")])
    }

    @Test("they wait for the network's pace, and are given up with the ask")
    func pace() async throws {
        let stage = try await AskStage(Self.room, asking: AskStage.request())
        func busy(_ pause: Duration, isOwnPace: Bool) -> FakeAdapter.Fault {
            .refused(AdapterError(.rateLimited, "Too fast", retryAfter: pause, isOwnPace: isOwnPace))
        }
        stage.adapter.meetInReactions([busy(.milliseconds(1), isOwnPace: true), busy(.zero, isOwnPace: false)])
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask().id
        await stage.adapter.waitForReactions { $0 == Self.reactions(true, on: ask) }
        // The first is not taken away at once; nothing else is lost.
        stage.adapter.meetInReactions([busy(.milliseconds(1), isOwnPace: true)])
        try await expectEqual(stage.adapter.choose(.reaction("✅"), at: ask, from: "alice", in: "#team"), .stored)
        await stage.adapter.waitForReactions { $0.count == 4 }
        expectEqual(stage.adapter.reactions.suffix(2), Self.reactions(false, on: ask))
    }

    @Test("one that is refused is left out")
    func refused() async throws {
        let stage = try await AskStage(Self.room, asking: AskStage.request())
        stage.adapter.meetInReactions([.refused(AdapterError(.forbidden, "Not here"))])
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask().id
        await stage.adapter.waitForReactions { $0 == [.init("❌", isOn: true, on: ask)] }
    }

    @Test("a question has them if one of its options is recommended")
    func recommended() async throws {
        let stage = try await QuestionTests.stage(QuestionTests.store, Self.room)
        let ask = try await stage.posted("`a1`").id
        await stage.adapter.waitForReactions { $0 == Self.reactions(true, on: ask) }
    }

    @Test("a question without a recommended option has the letters of its options: ✅ would choose nothing")
    func open() async throws {
        let question = ThreadQuestion(.question, "Which store?", options: [.init("SQLite"), .init("A file")])
        let stage = try await QuestionTests.stage(question, Self.room)
        let ask = try await stage.posted("`a1`").id
        try await expectEqual(
            stage.adapter.choose(.reaction("✅"), at: ask, from: "bob", in: "#team"), .ignored("no choice"))
        let emojis = ["🇦", "🇧", "❌"]
        await stage.adapter.waitForReactions { $0 == emojis.map { .init($0, isOn: true, on: ask) } }
        try await expectEqual(
            stage.adapter.choose(.reaction("🇨"), at: ask, from: "bob", in: "#team"), .ignored("no choice"))
        try await expectEqual(stage.adapter.choose(.reaction("🇧"), at: ask, from: "bob", in: "#team"), .stored)
        await stage.adapter.waitForText("done")
        try await expectEqual(stage.record().answer, "B")
        await stage.adapter.waitForReactions { $0.suffix(3) == emojis.map { .init($0, isOn: false, on: ask) }[...] }
    }
}
