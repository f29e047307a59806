import Chat
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Whom an ask mentions", .timeLimit(.minutes(1)))
struct AskMentionTests {
    private static func mentions(
        _ approver: ApprovalRequest.Approver, asking person: String, after people: [String] = []
    ) async throws -> [Mention] {
        let scripts: [[ScriptedWorker.Step]] = people.map { _ in [.event(.text("hello"))] }
        let stage = try await AskStage(
            playing: scripts + [AskStage.script([AskStage.request("make test", in: "/workspace", approver)])])
        for person in people {
            let count = stage.count("hello")
            try await stage.say("hi", as: person)
            await stage.adapter.waitForPosts { $0.count { $0.text == "hello" } > count }
        }
        try await stage.say("go", as: person)
        let ask = try await stage.ask()
        try await stage.say("!deny a1", as: "olga")
        await stage.adapter.waitForText("done")
        return ask.route.mentions
    }

    private static func named(_ person: String) -> Mention { Mention(person: "one/\(person)", name: person) }

    @Test("the owners who may decide, of whom those in the thread are first")
    func owners() async throws {
        try await expectEqual(Self.mentions(.ownersOnly, asking: "bob"), [Self.named("alice"), Self.named("olga")])
        try await expectEqual(
            Self.mentions(.ownersOnly, asking: "bob", after: ["olga"]), [Self.named("olga"), Self.named("alice")])
    }

    @Test("not the owner who asks")
    func asker() async throws {
        try await expectEqual(Self.mentions(.ownersOnly, asking: "alice"), [Self.named("olga")])
    }

    @Test("the person who is asked, without a name: the ask answers them")
    func requester() async throws {
        try await expectEqual(Self.mentions(.requester, asking: "bob"), [Mention(person: "one/bob")])
    }

    @Test("the names leave enough of the room's limit for the ask, or are left out")
    func limit() async throws {
        let traits = RoomTraits(capabilities: [.edits], textLimit: 420, textUnit: .bytes)
        for length in [10, 60, 100, 140, 180] {
            let stage = try await AskStage(traits, asking: AskStage.request(String(repeating: "x", count: length)))
            try await stage.say("go", as: "bob")
            await stage.adapter.waitForPosts(1)
            let post = try #require(stage.adapter.posts.first)
            let names = post.route.mentions.reduce(0) { $0 + ($1.name?.utf8.count ?? 0) + 2 }
            #expect(post.text.utf8.count + names <= 420)
            try await stage.say("!stop", as: "bob")
            await stage.adapter.waitForPosts(2)
        }
    }
}
