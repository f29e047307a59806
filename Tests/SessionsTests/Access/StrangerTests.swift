import Audit
import Chat
import Database
import JSON
import Primitives
import Store
import TestSupport
import Testing

@testable import Attention
@testable import People
@testable import Sessions
@testable import Threads

@Suite("Strangers who write to the bot directly", .timeLimit(.minutes(1)))
struct StrangerTests {
    private static let line =
        "I do not know you, so I do not answer you yet. Ask an owner for a pairing code and send it here: `!pair CODE`."

    /// alice and olga are owners, who write to the bot directly.
    private func stage(takesRequests: Bool = true, _ traits: RoomTraits = AskStage.rich) async throws -> AskStage {
        let stage = try await AskStage(traits, takesRequests: takesRequests, playing: [[.event(.text("hello"))]])
        for name in ["alice", "olga"] { try await stage.adapter.say("!whoami", from: name, in: name) }
        try await stage.harness.settle()
        stage.adapter.forgetPosts()
        return stage
    }

    private func texts(_ stage: AskStage, in room: String) -> [String] {
        stage.adapter.posts.filter { $0.route.room.name == room }.map(\.text)
    }

    @Test("one line a day says how to get access, and nothing of what they write is kept")
    func line() async throws {
        let stage = try await self.stage(takesRequests: false)
        for text in ["hi", "hello?", "please"] {
            try await expectEqual(stage.adapter.say(text, from: "carl", in: "carl"), .ignored("stranger"))
        }
        try await expectEqual(stage.say("!status", as: "carl"), .ignored("stranger"))
        expectEqual(self.texts(stage, in: "carl"), [Self.line])
        expectEqual(stage.adapter.posts.count, 1)
        stage.advance(by: StrangerBook.day + 1)
        try await stage.adapter.say("hi", from: "carl", in: "carl")
        expectEqual(self.texts(stage, in: "carl"), [Self.line, Self.line])
        let stored = try await stage.bridge.store.read { ledger in
            try (
                ledger.session(for: ThreadKey(adapter: stage.adapter.id, value: "carl/carl")),
                ledger.newEvents(after: 0, limit: 9).count
            )
        }
        #expect(stored.0 == nil && stored.1 == 0)
        #expect(stage.harness.worker.requests.isEmpty)
    }

    @Test("after a restart the line is still said once a day")
    func restart() async throws {
        let stage = try await self.stage(takesRequests: false)
        try await stage.adapter.say("hi", from: "carl", in: "carl")
        let again = try await AskStage(
            directory: stage.harness.directory, adapter: stage.adapter, clock: stage.clock, playing: [])
        try await again.adapter.say("hi", from: "carl", in: "carl")
        expectEqual(self.texts(again, in: "carl"), [Self.line])
    }

    @Test("the owners are asked, and the decision gives the role, is recorded, and is told to the stranger")
    func access() async throws {
        for (letter, role) in [("A", Role.member), ("!approve a1 guest", .guest)] {
            let stage = try await self.stage()
            try await stage.adapter.say("hi", from: "carl", in: "carl")
            expectEqual(self.texts(stage, in: "carl"), [Self.line + " I have asked the owners, too."])
            await stage.bridge.notices.tell()
            try await stage.harness.settleOutbox()
            let post = try #require(stage.adapter.posts.first { $0.route.room.name == "olga" })
            #expect(post.text.hasPrefix("Access `a1`: carl has written to me on fake:one and has no access."))
            expectEqual(post.buttons.map(\.label), ["Member", "Guest", "Deny"])
            try await stage.adapter.say(letter, from: "olga", in: "olga")
            await stage.wait(for: "Let in as a \(role.rawValue) by olga")
            try await stage.harness.settle()
            expectEqual(
                self.texts(stage, in: "carl").last,
                "You have access now, as a \(role.rawValue). `!help` shows what I can do.")
            let carl = Sender(id: "fake:one/carl", identities: [Identity("fake:one/carl")], displayName: "carl")
            expectEqual(stage.bridge.access.role(of: carl), role)
            let people = try await stage.bridge.access.people().people
            expectEqual(people.first { $0.identity == "fake:one/carl" }?.role, role)
            let entry = stage.audit.withLock { $0.last { $0.kind == .access } }
            expectEqual(entry?.details["role"]?.stringValue, role.rawValue)
            expectEqual(entry?.actor, "fake:one/olga")
            try await stage.adapter.say("hi again", from: "carl", in: "carl")
            await stage.adapter.waitForText("hello")
            // It holds after a restart.
            let again = try await AskStage(
                directory: stage.harness.directory, adapter: stage.adapter, clock: stage.clock, playing: [])
            expectEqual(again.bridge.access.role(of: carl), role)
        }
    }

    @Test("a denial tells the stranger nothing, and an ask that nobody decides expires after a day")
    func denied() async throws {
        let stage = try await self.stage()
        try await stage.adapter.say("hi", from: "carl", in: "carl")
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        let post = try #require(stage.adapter.posts.first { $0.route.room.name == "alice" })
        try await stage.adapter.choose(.button("deny a1"), at: post.id, from: "alice", in: "alice")
        await stage.wait(for: "Denied by alice")
        try await stage.harness.settle()
        expectEqual(self.texts(stage, in: "carl").count, 1)
        try await expectEqual(stage.adapter.say("hi", from: "carl", in: "carl"), .ignored("stranger"))

        try await stage.adapter.say("hi", from: "dora", in: "dora")
        try await expectEqual(stage.record("a2").state, .open)
        stage.advance(by: StrangerBook.day + 1)
        let again = try await AskStage(
            directory: stage.harness.directory, adapter: stage.adapter, clock: stage.clock, playing: [])
        try await eventually("it expires") { try await again.record("a2").state == .expired }
        expectEqual(self.texts(again, in: "dora").count, 1)
    }

    @Test("it stays open over a restart, and can be decided then")
    func left() async throws {
        let stage = try await self.stage()
        try await stage.adapter.say("hi", from: "carl", in: "carl")
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        let again = try await AskStage(
            directory: stage.harness.directory, adapter: stage.adapter, clock: stage.clock, playing: [])
        try await expectEqual(again.record().state, .open)
        try await again.adapter.say("B", from: "olga", in: "olga")
        await again.wait(for: "Let in as a guest by olga")
    }

    @Test("three are open on a network at most, and a flood makes few posts and rows")
    func flood() async throws {
        let stage = try await self.stage()
        for number in 0..<200 { try await stage.adapter.say("hi", from: "s\(number)", in: "s\(number)") }
        let counts = try await stage.bridge.store.read { ledger in
            try ["strangers", "asks", "inbox"].map { table in
                try ledger.connection.query("SELECT COUNT(*) AS n FROM \(table)", []).first?.integer("n") ?? 0
            }
        }
        expectEqual(counts[0], Int64(StrangerBook.limit))
        expectEqual(counts[1], 3)
        expectEqual(stage.adapter.posts.count { $0.route.room.name.hasPrefix("s") }, StrangerBook.limit)
        stage.advance(by: StrangerBook.hour)
        try await stage.adapter.say("hi", from: "late", in: "late")
        expectEqual(self.texts(stage, in: "late"), [Self.line])
    }

    @Test("whom an owner has removed, bots, and people in rooms get nothing")
    func nobody() async throws {
        let stage = try await self.stage()
        let alice = Sender(id: "fake:one/alice", identities: [Identity("fake:one/alice")], displayName: "alice")
        _ = try await stage.bridge.access.remove("fake:one/mia", by: alice)
        try await stage.adapter.say("hi", from: "mia", in: "mia")
        try await stage.adapter.say("hi", from: "robot", in: "robot", isBot: true)
        try await stage.say("hi", as: "carl")
        #expect(stage.adapter.posts.isEmpty)
    }
}
