import Chat
import Database
import Primitives
import Store
import TestSupport
import Testing

@testable import Attention
@testable import Delivery
@testable import People
@testable import Sessions
@testable import Threads

@Suite("Answers that a room refuses for a day", .timeLimit(.minutes(1)))
struct LostAnswerTests {
    private static let day = LaneRefusals.patience
    private static let heading =
        "This is the answer to your question “where is it?” in a room on fake:one, which does not accept my messages "
        + "(archived):"

    /// A host whose clock a test sets, and a question in a closed room.
    private struct Stage {
        let clock: Protected<Int64>
        let harness: BridgeHarness
        var adapter: FakeAdapter { self.harness.adapter }

        init(
            _ adapter: FakeAdapter = FakeAdapter(traits: RefusalTests.growing), directory: TemporaryDirectory? = nil,
            saying answer: String = "It is here.", policy: AccessPolicy = AccessPolicy(owners: ["fake:one/alice"])
        ) async throws {
            let clock = Protected<Int64>(1_000)
            self.clock = clock
            self.harness = try await BridgeHarness(
                directory: directory, adapter: adapter, worker: ScriptedWorker([.event(.text(answer))]), policy: policy,
                now: { clock.withLock { $0 } })
        }

        func ask(refusing count: Int64 = 1) async throws {
            self.adapter.close("team", "archived")
            try await self.adapter.say("where is it?", in: "team", isDirect: false, thread: "t1")
            try await RefusalTests.waitForRefused(count, in: self.harness)
        }

        /// The host tries again at this time.
        func tryAgain(after time: Int64) async throws {
            self.clock.withLock { $0 = 1_000 + time }
            let refusals = self.adapter.refusals
            await self.harness.bridge.statusChanged(AdapterStatus(state: .up, since: 0), of: self.adapter.id)
            await self.adapter.waitForRefusals(refusals + 1)
            // Before the clock is set anew, the refusal has to be stored.
            await self.harness.bridge.lanes.drain(until: .now + .seconds(30))
        }

        var direct: [FakeAdapter.Post] { self.adapter.posts.filter { $0.route.room.name == "alice" } }
    }

    @Test("the answer goes to whoever asked, once, and to the room no more")
    func directly() async throws {
        let directory = try TemporaryDirectory()
        let stage = try await Stage(directory: directory)
        stage.adapter.setReachable("alice")
        try await stage.ask()
        try await stage.tryAgain(after: LostAnswerTests.day - 1)
        try await RefusalTests.waitForRefused(1, in: stage.harness)
        #expect(stage.adapter.posts.isEmpty)
        try await stage.tryAgain(after: LostAnswerTests.day)
        await stage.adapter.waitForText("It is here.")
        try await stage.harness.settle()
        await stage.harness.bridge.lost.bring(from: RoomID(adapter: stage.adapter.id, name: "team"))
        try await stage.adapter.reopen("team")
        try await stage.harness.settle()
        expectEqual(stage.adapter.texts, [Self.heading, "It is here."])
        expectEqual(stage.direct.count, 2)
        let notes = try await RefusalTests.notes(of: stage.harness)
        expectEqual(notes.first, TurnTexts.waitsForRoom("archived"))
        #expect(notes.contains("The room did not accept the answer for a day, so it went directly to alice."))
        // Nothing of it is left for the next start.
        let next = try await BridgeHarness(directory: directory, traits: RefusalTests.growing)
        try await next.settle()
        #expect(next.adapter.posts.isEmpty)
    }

    @Test("a long answer goes as its beginning with a link, and one of an encrypted room only as a link")
    func longOrEncrypted() async throws {
        let long = try await Stage(saying: (1...900).map { "line \($0)" }.joined(separator: "\n\n"))
        long.adapter.setReachable("alice")
        // Its beginning and the link.
        try await long.ask(refusing: 2)
        try await long.tryAgain(after: LostAnswerTests.day)
        try await long.harness.settle()
        #expect((3...9).contains(long.direct.count))
        expectEqual(long.direct.last?.text.hasPrefix("The whole answer: http://127.0.0.1:8787/a/"), true)

        let secret = try await Stage()
        secret.adapter.setReachable("alice")
        secret.adapter.encrypt("team")
        try await secret.ask()
        try await secret.tryAgain(after: LostAnswerTests.day)
        await secret.adapter.waitForPosts(1)
        try await secret.harness.settle()
        expectEqual(secret.direct.count, 1)
        #expect(secret.direct.first?.text.contains("encrypted room") == true)
        #expect(secret.adapter.texts.allSatisfy { !$0.contains("here") && !$0.contains("where") })
    }

    @Test("what was refused at different times goes together, once")
    func parts() async throws {
        let stage = try await Stage(saying: (1...900).map { "line \($0)" }.joined(separator: "\n\n"))
        stage.adapter.setReachable("alice")
        try await stage.ask(refusing: 2)
        try await stage.harness.bridge.store.write { ledger in
            try ledger.connection.execute(
                "UPDATE outbox SET refused_at = refused_at + 60000 WHERE id = (SELECT MAX(id) FROM outbox)", [])
        }
        try await stage.tryAgain(after: LostAnswerTests.day)
        try await stage.harness.settle()
        let count = stage.direct.count
        #expect(count > 1)
        stage.clock.withLock { $0 += 120_000 }
        await stage.harness.bridge.lost.bring(from: RoomID(adapter: stage.adapter.id, name: "team"))
        try await stage.adapter.reopen("team")
        try await stage.harness.settle()
        expectEqual(stage.adapter.posts.count, count)
    }

    @Test("who cannot be reached finds it in the thread, and `resend` posts it")
    func unreachable() async throws {
        let stage = try await Stage()
        try await stage.ask()
        try await stage.tryAgain(after: LostAnswerTests.day)
        try await stage.harness.settle()
        #expect(stage.adapter.posts.isEmpty)
        let notes = try await RefusalTests.notes(of: stage.harness)
        #expect(notes.last?.contains("alice cannot be reached directly") == true)
        stage.adapter.close("team", nil)
        try await stage.adapter.say("!resend", in: "team", isDirect: false, thread: "t1")
        await stage.adapter.waitForText("It is here.")
    }

    @Test("nothing goes to somebody whose access was taken away")
    func removed() async throws {
        let directory = try TemporaryDirectory()
        let first = try await Stage(directory: directory)
        try await first.ask()
        let closed = FakeAdapter(traits: RefusalTests.growing)
        closed.setReachable("alice")
        closed.close("team", "archived")
        let stage = try await Stage(closed, directory: directory, policy: AccessPolicy(owners: ["fake:one/olga"]))
        // The start tries by itself, a day earlier.
        await closed.waitForRefusals(1)
        await stage.harness.bridge.lanes.drain(until: .now + .seconds(30))
        try await stage.tryAgain(after: LostAnswerTests.day)
        try await stage.harness.settle()
        #expect(stage.adapter.posts.isEmpty)
    }

    @Test(
        "the room is named as people call it, and its name stays a name",
        arguments: [
            ("#dev", "in \\#dev on"), ("Dev *team*", "in “Dev \\*team\\*” on"),
            ("a\u{202E}b", "in “a\\<U+202E\\>b” on"),
        ])
    func title(title: String, shown: String) async throws {
        var traits = RefusalTests.growing
        traits.title = title
        let stage = try await Stage(FakeAdapter(traits: traits))
        stage.adapter.setReachable("alice")
        try await stage.ask()
        try await stage.tryAgain(after: Self.day)
        try await stage.harness.settle()
        let heading = try #require(stage.direct.first?.text)
        #expect(heading.contains("question “where is it?” \(shown) fake:one"), "\(heading)")
    }

    @Test("lines of the bot that are no answer are given up")
    func notes() async throws {
        let stage = try await Stage()
        stage.adapter.setReachable("alice")
        stage.adapter.close("team", "archived")
        try await stage.adapter.say("!whoami", in: "team", isDirect: false, thread: "t1")
        try await RefusalTests.waitForRefused(1, in: stage.harness)
        try await stage.tryAgain(after: LostAnswerTests.day)
        try await stage.harness.settle()
        #expect(stage.adapter.posts.isEmpty)
    }
}
