import Audit
import Chat
import Database
import JSON
import Primitives
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

@Suite("Answers to approvals that do not count", .timeLimit(.minutes(1)))
struct AskAttackTests {
    struct Who: Sendable, CustomTestStringConvertible {
        let asker: String
        let rule: ApprovalRequest.Approver
        let answerer: String
        let mayAnswer: Bool
        var testDescription: String { "\(self.answerer), asked by \(self.asker), \(self.rule)" }
    }

    @Test(
        "who may answer",
        arguments: [
            Who(asker: "bob", rule: .ownersOnly, answerer: "alice", mayAnswer: true),
            Who(asker: "bob", rule: .ownersOnly, answerer: "bob", mayAnswer: false),
            Who(asker: "bob", rule: .ownersOnly, answerer: "mia", mayAnswer: false),
            Who(asker: "bob", rule: .ownersOnly, answerer: "gina", mayAnswer: false),
            Who(asker: "alice", rule: .ownersOnly, answerer: "alice", mayAnswer: false),
            Who(asker: "alice", rule: .ownersOnly, answerer: "olga", mayAnswer: true),
            Who(asker: "bob", rule: .requester, answerer: "bob", mayAnswer: true),
            Who(asker: "bob", rule: .requester, answerer: "alice", mayAnswer: true),
            Who(asker: "bob", rule: .requester, answerer: "mia", mayAnswer: false),
            Who(asker: "bob", rule: .requester, answerer: "gina", mayAnswer: false),
        ])
    func who(_ who: Who) async throws {
        let stage = try await AskStage(asking: AskStage.request("ls", in: "/workspace", who.rule))
        try await stage.say("go", as: who.asker)
        let ask = try await stage.ask()
        // Each way on its own: where one does not count, the next one meets an ask that is still open.
        try await stage.adapter.choose(.button("approve a1"), at: ask.id, from: who.answerer, in: "#team")
        try await stage.adapter.choose(.reaction("✅"), at: ask.id, from: who.answerer, in: "#team")
        try await stage.say("!approve a1", as: who.answerer)
        try await stage.harness.settleInbox()
        try await expectEqual(stage.record().state, who.mayAnswer ? .answered : .open)
        if who.mayAnswer {
            await stage.adapter.waitForText("done")
            return
        }
        let word = try await stage.say("A", as: who.answerer)
        expectEqual(word, .stored)
        try await stage.harness.settleInbox()
        #expect(try await stage.record().state == .open && stage.outcomes.isEmpty)
        #expect(stage.audit.withLock { $0.isEmpty })
    }

    @Test("an owner approves nothing that another identity of theirs has asked for")
    func linked() async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.bridge.store.write { ledger in try ledger.link("fake:one/bob", "fake:one/olga", at: 1) }
        try await stage.bridge.access.readLinks()
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask()
        try await stage.adapter.choose(.button("approve a1"), at: ask.id, from: "olga", in: "#team")
        try await stage.say("!approve a1", as: "olga")
        await stage.wait(for: "You asked for `a1` yourself")
        let olga = Sender(id: "fake:one/olga", identities: [Identity("fake:one/olga")], displayName: "olga")
        let answer = AskAnswer(ask: "a1", sender: olga, role: .owner, key: "yes", reason: nil)
        guard case .notAllowed = try await stage.bridge.answer(answer) else { return #expect(Bool(false)) }
        try await expectEqual(stage.record().state, .open)
        try await stage.say("!approve a1", as: "alice")
        await stage.adapter.waitForText("done")
    }

    @Test("a stranger and a bot are ignored")
    func strangers() async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask()
        try await expectEqual(
            stage.adapter.choose(.button("approve a1"), at: ask.id, from: "mallory", in: "#team"), .ignored("stranger"))
        try await expectEqual(stage.say("!approve a1", as: "mallory"), .ignored("stranger"))
        try await expectEqual(stage.record().state, .open)
    }

    @Test("a typed answer from another thread or a direct message changes nothing, and says where to answer")
    func otherThread() async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await stage.say("!approve a1", as: "alice", thread: "t2")
        await stage.wait(for: "`a1` was asked in another thread.")
        try await stage.adapter.say("!approve a1", from: "alice", in: "alice")
        await stage.adapter.waitForPosts { posts in posts.count { $0.text.contains("in another thread") } == 2 }
        try await stage.adapter.say("!approve", from: "alice", in: "alice")
        await stage.wait(for: "Nothing waits for approval here.")
        try await stage.say("!approve a1", as: "mia", thread: "t2")
        await stage.wait(for: "No approval `a1` is open here.")
        #expect(try await stage.record().state == .open && stage.outcomes.isEmpty)
    }

    @Test(
        "where people have threads of their own in one room, the room is the ask's place",
        arguments: ["!approve", "yes"])
    func sameRoom(text: String) async throws {
        let stage = try await AskStage(AskStage.lines, asking: AskStage.request())
        try await stage.say("go", as: "bob", thread: nil)
        try await stage.ask()
        try await stage.say(text, as: "alice", thread: nil)
        await stage.adapter.waitForText("done")
        expectEqual(stage.outcomes, [.approved(ask: "a1", by: "alice")])
    }

    @Test("so it is where each line says whose it is, as on IRC with accounts")
    func anchoredRoom() async throws {
        let stage = try await AskStage(AskStage.lines, asking: AskStage.request())
        try await stage.say("go", as: "bob", thread: "bob")
        try await stage.ask()
        try await stage.say("!approve a1", as: "alice", thread: "alice")
        await stage.adapter.waitForText("done")
        expectEqual(stage.outcomes, [.approved(ask: "a1", by: "alice")])
    }

    @Test("after a restart, the room is still the place of an ask that was open")
    func sameRoomLater() async throws {
        let directory = try TemporaryDirectory()
        let first = try await AskStage(
            AskStage.lines, directory: directory, playing: [AskStage.script([AskStage.request()])])
        try await first.say("go", as: "bob", thread: nil)
        try await first.ask()
        try await first.harness.settleOutbox()
        try await first.waitForFrames(1)
        let second = try await AskStage(
            directory: directory, adapter: first.adapter, clock: first.clock,
            playing: [AskStage.script([AskStage.request()])])
        try await second.waitForFrames(2)
        try await second.say("yes", as: "alice", thread: nil, id: "later")
        await second.adapter.waitForText("done")
        expectEqual(second.outcomes, [.approved(ask: "a1", by: "alice")])
    }

    @Test("`yes` of a lively conversation of one's own stays a message; the letter and the id count")
    func ownConversation() async throws {
        let stage = try await AskStage(
            AskStage.lines,
            playing: [[.event(.text("Shall I?"))], AskStage.script([AskStage.request()]), [.event(.text("ok"))]])
        try await stage.say("hello", as: "alice", thread: nil)
        await stage.adapter.waitForText("Shall I?")
        try await stage.harness.settle()
        try await stage.say("go", as: "bob", thread: nil)
        try await stage.ask()
        try await stage.say("yes", as: "alice", thread: nil)
        await stage.adapter.waitForText("ok")
        try await expectEqual(stage.record().state, .open)
        try await stage.say("A", as: "alice", thread: nil)
        await stage.adapter.waitForText("done")
        expectEqual(stage.outcomes, [.approved(ask: "a1", by: "alice")])
    }

    @Test("changed button data is ignored")
    func changedButton() async throws {
        let stage = try await AskStage(playing: [
            AskStage.script([AskStage.request()]), AskStage.script([AskStage.request("rm -rf .")]),
        ])
        try await stage.say("go", as: "bob", thread: "t1")
        let ask = try await stage.ask()
        try await stage.say("go", as: "bob", thread: "t2")
        try await stage.ask("a2")
        for command in ["approve a2", "approve a11", "approve", "stop", "approve a1always"] {
            let delivery = try await stage.adapter.choose(.button(command), at: ask.id, from: "alice", in: "#team")
            expectEqual(delivery, .ignored("no choice"), "\(command)")
        }
        try await stage.adapter.choose(.button("approve a1 a2"), at: ask.id, from: "alice", in: "#team")
        await stage.wait(for: "`a1` is still open: that is no answer to it.")
        try await expectEqual(stage.record("a1").state, .open)
        try await expectEqual(stage.record("a2").state, .open)
    }

    @Test("a stored command that was changed cannot be approved")
    func changedCommand() async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask()
        try await stage.bridge.store.write { ledger in
            _ = try ledger.connection.execute("UPDATE asks SET bound = replace(bound, 'make test', 'rm -rf /')", [])
        }
        try await stage.adapter.choose(.button("approve a1"), at: ask.id, from: "alice", in: "#team")
        await stage.wait(for: "`a1` does not match what was stored")
        #expect(stage.outcomes.isEmpty)
    }

    @Test("a second answer changes nothing; each person is told once by buttons, and always by words")
    func second() async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask()
        try await expectEqual(
            stage.adapter.choose(.button("deny a1"), at: ask.id, from: "alice", in: "#team", id: "p1"), .stored)
        await stage.adapter.waitForText("done")
        try await expectEqual(
            stage.adapter.choose(.button("deny a1"), at: ask.id, from: "alice", in: "#team", id: "p1"), .duplicate)
        for _ in 0..<3 {
            try await stage.adapter.choose(.button("approve a1"), at: ask.id, from: "olga", in: "#team")
        }
        try await stage.harness.settle()
        expectEqual(stage.count("`a1` is closed: Denied by alice"), 1)
        try await stage.say("!approve a1", as: "olga")
        try await stage.harness.settle()
        expectEqual(stage.count("`a1` is closed: Denied by alice"), 2)
        expectEqual(stage.outcomes, [.denied(by: "alice", reason: nil)])
        expectEqual(stage.audit.withLock { $0.count }, 1)
    }

    @Test("of two owners at once, one decides")
    func together() async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask()
        async let first = stage.adapter.choose(.button("approve a1"), at: ask.id, from: "alice", in: "#team")
        async let second = stage.adapter.choose(.button("deny a1"), at: ask.id, from: "olga", in: "#team")
        _ = try await (first, second)
        await stage.adapter.waitForText("done")
        try await stage.harness.settle()
        #expect(stage.outcomes.count == 1 && stage.audit.withLock { $0.count } == 1)
        let record = try await stage.record()
        let isAlice = record.decider?.displayName == "alice"
        expectEqual(stage.outcomes, [isAlice ? .approved(ask: "a1", by: "alice") : .denied(by: "olga", reason: nil)])
        expectEqual(stage.count("`a1` is closed: "), 1)
    }

    @Test("an unanswered ask expires: it is closed, says so, and a late answer is told so")
    func expires() async throws {
        let stage = try await AskStage(timeout: .milliseconds(1), asking: AskStage.request())
        try await stage.say("go", as: "bob")
        await stage.adapter.waitForText("done")
        try await stage.harness.settle()
        expectEqual(stage.outcomes, [.expired])
        expectEqual(stage.count("\n\nExpired"), 1)
        try await stage.say("!approve a1", as: "alice")
        await stage.wait(for: "`a1` is closed: Expired")
        expectEqual(stage.audit.withLock { $0.map { $0.details["outcome"] } }, ["Expired"])
    }

    @Test("an answer after the time counts as late, also before the clock closes the ask")
    func late() async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask()
        stage.advance(by: 300_000)
        try await stage.adapter.choose(.button("approve a1"), at: ask.id, from: "alice", in: "#team")
        await stage.adapter.waitForText("done")
        expectEqual(stage.outcomes, [.expired])
    }

    @Test("an id is not given out twice, also after its ask is deleted")
    func ids() async throws {
        let stage = try await AskStage(asking: AskStage.request(), AskStage.request("second"))
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await stage.bridge.store.write { ledger in _ = try ledger.connection.execute("DELETE FROM asks", []) }
        let id = try await stage.bridge.store.write { ledger in try ledger.nextAskID() }
        expectEqual(id, "a2")
    }
}
