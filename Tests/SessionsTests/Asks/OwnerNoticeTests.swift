import Chat
import Store
import TestSupport
import Testing

@testable import Attention
@testable import People
@testable import Sessions
@testable import Threads

@Suite("People are told of what waits for them", .timeLimit(.minutes(1)))
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

    @Test("an owner elsewhere gets the ask once, with its buttons; whoever is in the thread is named there")
    func once() async throws {
        let stage = try await self.stage()
        try await stage.adapter.say("!whoami", from: "alice", in: "alice")
        try await stage.say("!whoami", as: "alice")
        try await stage.say("please", as: "bob")
        let ask = try await stage.ask()
        await stage.bridge.notices.tell()
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        let post = try #require(self.direct(stage).first)
        let thread = try await stage.record().session
        #expect(post.text.hasPrefix("Approval `a1`: bob wants to run\n```\nmake test\n```"))
        #expect(post.text.contains("Asked in “please” on fake:one: http://127.0.0.1:8787/#/t/\(thread)"))
        expectEqual(post.buttons, ask.buttons)
        expectEqual(ask.route.mentions, [Mention(person: "one/alice", name: "alice")])
        expectEqual(stage.count("Asked in “please”"), 1)

        try await self.outcome(of: stage)
        expectEqual(self.direct(stage).count, 1)
        let shown = try #require(self.direct(stage).first)
        #expect(shown.text.hasSuffix("Approved by alice, 22:13 UTC") && shown.buttons.isEmpty)
    }

    @Test(
        "the button, the letter and the command decide it there, and everybody's message shows that",
        arguments: ["button", "A", "yes", "!approve", "!approve a1", "!deny a1 not now", "C"])
    func there(_ way: String) async throws {
        let stage = try await self.stage()
        try await stage.adapter.say("!whoami", from: "alice", in: "alice")
        try await stage.harness.settle()
        stage.adapter.forgetPosts()
        stage.advance(by: 1_000)
        try await stage.say("please", as: "bob")
        let ask = try await stage.ask()
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        let post = try #require(self.direct(stage).first)
        switch way {
        case "button":
            try await expectEqual(
                stage.adapter.choose(.button("approve a1"), at: post.id, from: "olga", in: "olga"), .stored)
        default: try await stage.adapter.say(way, from: "olga", in: "olga")
        }
        await stage.adapter.waitForText("done")
        try await stage.harness.settle()
        let isDenied = way.hasPrefix("!deny") || way == "C"
        let outcome = isDenied ? "Denied by olga" : "Approved by olga"
        expectEqual(
            stage.outcomes,
            [isDenied ? .denied(by: "olga", reason: way == "C" ? nil : "not now") : .approved(ask: "a1", by: "olga")])
        let texts = [ask.id, post.id].compactMap { id in stage.adapter.posts.first { $0.id == id }?.text }
        #expect(texts.count == 2 && texts.allSatisfy { $0.contains(outcome) }, "\(texts)")
        // Nothing but the changed messages says so.
        expectEqual(self.direct(stage).count, 1)
        expectEqual(stage.adapter.posts.count { $0.route.room.name == "alice" }, 1)
        expectEqual(stage.harness.worker.requests.count, 1)
    }

    @Test("a letter for one of two needs the id; a second decision is told, and what is no answer is a question")
    func several() async throws {
        let stage = try await self.stage(asking: ["one", "two"].map { AskStage.request($0) })
        stage.advance(by: 1_000)
        try await stage.say("please", as: "bob")
        try await stage.ask("a1")
        try await stage.say("please", as: "mia", thread: "t2")
        try await stage.ask("a2")
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        expectEqual(self.direct(stage).count, 2)
        let first = try #require(self.direct(stage).first)
        try await stage.adapter.say("A", from: "olga", in: "olga")
        await stage.wait(for: "Several approvals are open here: `a1`, `a2`.")
        try await stage.adapter.say("!deny a2", from: "olga", in: "olga")
        await stage.wait(for: "Denied by olga")
        try await stage.adapter.say("a", from: "olga", in: "olga")
        await stage.wait(for: "Approved by olga")
        try await stage.harness.settle()
        try await stage.adapter.choose(.button("deny a1"), at: first.id, from: "olga", in: "olga")
        await stage.wait(for: "`a1` is closed: Approved by olga")
        try await stage.harness.settle()
        expectEqual(self.direct(stage).last?.text, "`a1` is closed: Approved by olga, 22:13 UTC")
    }

    @Test("somebody who has lost the role, or whose message it is not, decides nothing there")
    func notTheirs() async throws {
        let stage = try await self.stage()
        try await stage.say("please", as: "bob")
        try await stage.ask()
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        let post = try #require(self.direct(stage).first)
        try await stage.adapter.choose(.button("approve a1"), at: post.id, from: "mia", in: "olga")
        await stage.wait(for: "Only an owner can decide `a1`.")
        let alice = Sender(id: "fake:one/alice", identities: [Identity("fake:one/alice")], displayName: "alice")
        _ = try await stage.bridge.access.set(.member, of: "fake:one/olga", by: alice)
        try await stage.adapter.choose(.button("approve a1"), at: post.id, from: "olga", in: "olga")
        try await stage.harness.settleOutbox()
        try await expectEqual(stage.record().state, .open)
        try await self.outcome(of: stage)
    }

    @Test("a conversation is begun with who has never written; who cannot be reached is named in the thread")
    func begun() async throws {
        for isReachable in [true, false] {
            let stage = try await AskStage(asking: AskStage.request())
            stage.adapter.setReachable("olga", isReachable)
            try await stage.say("please", as: "bob")
            let ask = try await stage.ask()
            expectEqual(ask.route.mentions.map(\.name), ["alice"])
            await stage.bridge.notices.tell()
            try await stage.harness.settleOutbox()
            let named = stage.adapter.posts.filter { $0.text == "`a1` waits for your decision." }
            if isReachable {
                expectEqual(self.direct(stage).count, 1)
                #expect(named.isEmpty)
                try await stage.adapter.say("A", from: "olga", in: "olga")
                await stage.wait(for: "Approved by olga")
            } else {
                #expect(self.direct(stage).isEmpty)
                expectEqual(named.map(\.route.mentions), [[Mention(person: "one/olga", name: "olga")]])
                expectEqual(named.first?.route.anchor, "t1")
                try await self.outcome(of: stage)
            }
        }
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
                "bob asks for approval `a1` in an encrypted conversation on fake:one. Denied by alice, 22:13 UTC"
            ])
    }

    @Test("where nothing can be changed, a line says what was decided")
    func lines() async throws {
        let stage = try await self.stage(AskStage.lines)
        try await stage.say("please", as: "bob", thread: nil)
        try await stage.ask()
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        #expect(self.direct(stage).contains { $0.text == "make test" })
        try await stage.adapter.say("A", from: "olga", in: "olga")
        await stage.wait(for: "Approved by olga")
        try await stage.harness.settle()
        expectEqual(self.direct(stage).last?.text, "`a1`: Approved by olga, 22:13 UTC")
        expectEqual(stage.count("`a1`: Approved by olga"), 2)
    }

    @Test("of many, five are told in a minute, and what has ended by then is not")
    func burst() async throws {
        let stage = try await self.stage(asking: (1...7).map { AskStage.request("\($0)") })
        for number in 1...7 {
            try await stage.say("please", as: "bob", thread: "t\(number)")
            try await stage.ask("a\(number)")
        }
        await stage.bridge.notices.tell()
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        expectEqual(self.direct(stage).count, 5)
        try await stage.say("!deny a6", as: "alice", thread: "t6")
        await stage.wait(for: "Denied by alice")
        stage.advance(by: 60_000)
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        expectEqual(self.direct(stage).count, 6)
        #expect(self.direct(stage).last?.text.hasPrefix("Approval `a7`") == true)
    }

    @Test("a message that was stored while the clock was ahead keeps no later one back")
    func clock() async throws {
        let stage = try await self.stage(asking: ["one", "two"].map { AskStage.request($0) })
        stage.advance(by: 400 * 86_400_000)
        try await stage.say("please", as: "bob")
        try await stage.ask("a1")
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        stage.advance(by: -400 * 86_400_000)
        try await stage.say("please", as: "mia", thread: "t2")
        try await stage.ask("a2")
        await stage.bridge.notices.tell()
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
        try await again.harness.settleOutbox()
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
            try PlanningConnection.plans(ledger) { ledger in _ = try notices.told(of: ask, in: ledger) }
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

    @Test("an owner hears nothing of what another identity of theirs has asked for")
    func linked() async throws {
        let stage = try await self.stage()
        try await stage.bridge.store.write { ledger in try ledger.link("fake:one/bob", "fake:one/olga", at: 1) }
        try await stage.bridge.access.readLinks()
        try await stage.say("please", as: "bob")
        let ask = try await stage.ask()
        expectEqual(ask.route.mentions, [Mention(person: "one/alice", name: "alice")])
        // As if it had been stored before they were linked.
        let id = try await stage.record().id
        try await stage.bridge.store.write { ledger in try ledger.insertNotice(of: id, for: "fake:one/olga") }
        await stage.bridge.notices.tell()
        try await stage.harness.settleOutbox()
        expectEqual(self.direct(stage).map(\.text), [])
        try await expectEqual(stage.bridge.store.read { ledger in try ledger.peopleToNotify() }, [])
    }
}
