import Chat
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

@Suite("Owners are told of what waits", .timeLimit(.minutes(1)))
struct OwnerNoticeTests {
    private func stage(
        _ traits: RoomTraits = AskStage.rich, asking requests: [ApprovalRequest] = [AskStage.request()]
    ) async throws -> AskStage {
        let stage = try await AskStage(traits, playing: requests.map { AskStage.script([$0]) })
        // Where she writes to the bot directly is known from now on.
        try await stage.adapter.say("!whoami", from: "olga", in: "olga")
        try await stage.harness.settle()
        stage.adapter.forgetPosts()
        return stage
    }

    private func direct(_ stage: AskStage) -> [FakeAdapter.Post] {
        stage.adapter.posts.filter { $0.route.room.name == "olga" }
    }

    private func outcome(of stage: AskStage, in thread: String? = "t1") async throws {
        try await stage.say(thread == nil ? "!approve a1" : "!approve", as: "alice", thread: thread)
        await stage.wait(for: "Approved by alice")
        try await stage.harness.settle()
    }

    @Test("an owner elsewhere gets one message, which changes when it is decided; whoever is in the thread gets none")
    func once() async throws {
        let stage = try await self.stage()
        try await stage.adapter.say("!whoami", from: "alice", in: "alice")
        try await stage.say("!whoami", as: "alice")
        try await stage.say("please", as: "bob")
        try await stage.ask()
        await stage.bridge.notices.tell()
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        let post = try #require(self.direct(stage).first)
        #expect(post.text.hasPrefix("bob asks for approval `a1` in “please” on fake:one: `make test`. "))
        let thread = try await stage.record().session
        #expect(post.text.contains("`!approve a1`") && post.text.hasSuffix("http://127.0.0.1:8787/#/t/\(thread)"))
        expectEqual(stage.adapter.posts.count { $0.text.contains("asks for approval") }, 1)

        try await self.outcome(of: stage)
        expectEqual(
            self.direct(stage).map(\.text),
            [
                "bob asks for approval `a1` in “please” on fake:one: `make test`. Approved by alice"
            ])
    }

    @Test("what is said in an encrypted room is not repeated where everything is readable")
    func encrypted() async throws {
        let stage = try await self.stage()
        stage.adapter.encrypt("#team")
        try await stage.say("the word is plum", as: "bob")
        try await stage.ask()
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        let post = try #require(self.direct(stage).first)
        #expect(post.text.hasPrefix("bob asks for approval `a1` in an encrypted conversation on fake:one. Decide it"))
        try await stage.say("!deny a1 plum", as: "alice")
        await stage.wait(for: "Denied by alice")
        try await stage.harness.settle()
        expectEqual(
            self.direct(stage).map(\.text),
            [
                "bob asks for approval `a1` in an encrypted conversation on fake:one. Denied by alice"
            ])
    }

    @Test("where nothing can be changed, the message stays")
    func lines() async throws {
        let stage = try await self.stage(AskStage.lines)
        try await stage.say("please", as: "bob", thread: nil)
        try await stage.ask()
        await stage.bridge.notices.tell()
        await stage.wait(for: "asks for approval")
        try await stage.say("!approve a1", as: "alice", thread: nil)
        await stage.wait(for: "Approved by alice")
        try await stage.harness.settle()
        expectEqual(self.direct(stage).count, 1)
    }

    @Test("a burst makes one message that counts, and the next comes a minute later")
    func burst() async throws {
        let requests = ["one", "two", "three"].map { AskStage.request($0) }
        let stage = try await self.stage(asking: requests)
        try await stage.say("please", as: "bob")
        try await stage.ask("a1")
        try await stage.say("please", as: "mia", thread: "t2")
        try await stage.ask("a2")
        await stage.bridge.notices.tell()
        await stage.wait(for: "2 approvals wait for an owner")
        try await stage.say("please", as: "bob", thread: "t3")
        try await stage.ask("a3")
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        expectEqual(self.direct(stage).count, 1)
        stage.advance(by: 60_000)
        await stage.bridge.notices.tell()
        await stage.wait(for: "asks for approval `a3`")
        expectEqual(self.direct(stage).count, 2)
    }

    @Test("a message that was stored while the clock was ahead keeps no later one back")
    func clock() async throws {
        let stage = try await self.stage(asking: ["one", "two"].map { AskStage.request($0) })
        stage.advance(by: 400 * 86_400_000)
        try await stage.say("please", as: "bob")
        try await stage.ask("a1")
        await stage.bridge.notices.tell()
        await stage.wait(for: "asks for approval `a1`")
        stage.advance(by: -400 * 86_400_000)
        try await stage.say("please", as: "mia", thread: "t2")
        try await stage.ask("a2")
        await stage.bridge.notices.tell()
        await stage.wait(for: "asks for approval `a2`")
        try await stage.harness.settleOutbox()
        expectEqual(self.direct(stage).count, 2)
    }

    @Test("it is kept through a crash, and a decision before it makes it superfluous")
    func crash() async throws {
        let stage = try await self.stage()
        try await stage.say("please", as: "bob")
        try await stage.ask()
        try await stage.waitForFrames(1)
        let again = try await AskStage(
            directory: stage.harness.directory, adapter: stage.adapter, clock: stage.clock, playing: [[.hold]])
        await again.bridge.notices.tell()
        await again.wait(for: "asks for approval `a1`")
        await again.bridge.notices.tell()
        try await again.harness.settleOutbox()
        expectEqual(self.direct(again).count, 1)

        let other = try await self.stage()
        try await other.say("please", as: "bob")
        try await other.ask()
        try await self.outcome(of: other)
        await other.bridge.notices.tell()
        try await other.harness.settleOutbox()
        #expect(self.direct(other).isEmpty)
    }

    @Test(
        "threads are looked up only of owners, however many people write to the bot directly",
        .enabled(if: !TestDatabase.isPostgreSQL, "the plans are SQLite's"))
    func lookups() async throws {
        let stage = try await self.stage(AskStage.lines)
        for name in ["mia", "bob", "gina"] { try await stage.adapter.say("!whoami", from: name, in: name) }
        try await stage.harness.settle()
        try await stage.say("please", as: "bob", thread: nil)
        try await stage.ask()
        let (ask, notices) = (try await stage.record(), stage.bridge.notices)
        let plans = try await stage.bridge.store.write { ledger in
            try PlanningConnection.plans(ledger) { ledger in try notices.note(ask, in: ledger) }
        }
        let lookups = plans.count { plan in plan.contains { $0.contains(" sessions") } }
        expectEqual(lookups, 1, "\(plans)")
        try await self.outcome(of: stage, in: nil)
    }

    @Test("not for what the person who asked may decide, nor for an owner without the role by then")
    func others() async throws {
        let own = try await self.stage(asking: [AskStage.request("make", in: "/workspace", .requester)])
        try await own.say("please", as: "bob")
        try await own.ask()
        await own.bridge.notices.tell()
        try await own.harness.settleOutbox()
        #expect(self.direct(own).isEmpty)

        let removed = try await self.stage()
        try await removed.say("please", as: "bob")
        try await removed.ask()
        let alice = Sender(id: "fake:one/alice", identities: [Identity("fake:one/alice")], displayName: "alice")
        _ = try await removed.bridge.access.remove("fake:one/olga", by: alice)
        await removed.bridge.notices.tell()
        try await removed.harness.settleOutbox()
        #expect(self.direct(removed).isEmpty)
    }
}
