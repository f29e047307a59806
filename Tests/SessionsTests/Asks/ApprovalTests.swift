import Audit
import Chat
import JSON
import Joining
import Primitives
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

@Suite("Approvals: how they are asked and answered", .timeLimit(.minutes(1)))
struct ApprovalTests {
    private static let lead = """
        Approval `a1`: bob wants to run
        ```
        make test
        ```
        Directory `/workspace`, open until 2023-11-14 22:18:20 UTC.
        """
    private static let options =
        "A. Approve  \nB. Always in this thread (for exactly this command)  \nC. Deny"

    @Test("a press that comes before the network has answered the post counts")
    func earlyPress() async throws {
        let stage = try await AskStage(asking: AskStage.request())
        stage.adapter.setHolding(true)
        try await stage.say("go", as: "bob")
        let lane = try #require(
            stage.bridge.lanes.lane(for: RoomID(adapter: stage.adapter.id, name: "#team")))
        while !stage.adapter.isStuck { try await Task.sleep(for: .milliseconds(2)) }
        async let pressed = stage.adapter.choose(.button("approve a1"), at: "p1", from: "alice", in: "#team")
        while await !lane.isAwaited { try await Task.sleep(for: .milliseconds(2)) }
        stage.adapter.setHolding(false)
        try await expectEqual(pressed, .stored)
        await stage.adapter.waitForText("done")
        expectEqual(stage.outcomes, [.approved(ask: "a1", by: "alice")])
    }

    @Test(
        "a form for the reason is only for those who may decide, and for as long as they may",
        arguments: [("alice", true), ("bob", false), ("gina", false), ("eve", false)])
    func form(person: String, isShown: Bool) async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask()
        func mayPrompt() async -> Bool {
            await stage.bridge.mayPrompt(
                Choice(
                    target: MessageReference(room: ask.route.room, id: ask.id),
                    sender: Sender(
                        id: "fake:one/\(person)", identities: [Identity("fake:one/\(person)")], displayName: person),
                    kind: .button("deny a1"), sentAt: 0))
        }
        await expectEqual(mayPrompt(), isShown)
        try await stage.say("!deny a1", as: "olga")
        await stage.adapter.waitForText("done")
        await expectEqual(mayPrompt(), false)
    }

    @Test("a member who asked is told that an owner decides, an owner that another one does")
    func notAllowed() async throws {
        for (person, who) in [("bob", "an owner"), ("alice", "another owner")] {
            let stage = try await AskStage(asking: AskStage.request())
            try await stage.say("go", as: person)
            try await stage.ask()
            try await stage.say("!approve a1", as: person)
            await stage.wait(for: "You asked for `a1` yourself, so \(who) has to decide it.")
        }
    }

    @Test(
        "an answer typed by somebody who may not decide gets the reason, and is no message for the model",
        arguments: ["yes", "A", "no", "Approve"])
    func typed(text: String) async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await stage.say(text, as: "bob")
        await stage.wait(for: "You asked for `a1` yourself, so an owner has to decide it.")
        try await stage.say("A", as: "mia")
        await stage.wait(for: "Only an owner can decide `a1`.")
        try await stage.say("A", as: "alice")
        await stage.adapter.waitForText("done")
        try await stage.harness.settle()
        expectEqual(stage.outcomes, [.approved(ask: "a1", by: "alice")])
        expectEqual(stage.harness.worker.requests.count, 1)
    }

    @Test("one message with the exact command, options and buttons; a press changes it to the outcome")
    func button() async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask()
        expectEqual(
            ask.text,
            Self.lead + "\n\n" + Self.options
                + "\n\nAn owner answers me with the letter, or types `!approve a1` or `!deny a1 REASON`.")
        expectEqual(ask.buttons.map(\.command), ["approve a1", "approve a1 always", "deny a1"])
        try await expectEqual(
            stage.adapter.choose(.button("approve a1"), at: ask.id, from: "alice", in: "#team"), .stored)
        await stage.adapter.waitForText("done")
        try await stage.harness.settle()
        expectEqual(stage.outcomes, [.approved(ask: "a1", by: "alice")])
        let changed = try #require(stage.adapter.posts.first { $0.id == ask.id })
        expectEqual(changed.text, Self.lead + "\n\nApproved by alice, 22:13 UTC")
        #expect(changed.buttons.isEmpty && changed.edits == 1)
        expectEqual(stage.adapter.posts.count, 2)
    }

    @Test("an outcome that is a message of its own and may have been lost is repeated with the mark")
    func lostOutcome() async throws {
        let stage = try await AskStage(AskStage.lines, asking: AskStage.request())
        try await stage.say("go", as: "bob")
        try await stage.ask()
        stage.adapter.meet([.taken(AdapterError(.timedOut, "no answer", isCertain: false))])
        try await stage.say("yes", as: "alice")
        let outcome = "`a1`: Approved by alice, 22:13 UTC"
        await stage.adapter.waitForText(TurnTexts.repeatMark + outcome)
        expectEqual(stage.adapter.texts.filter { $0.hasSuffix(outcome) }, [outcome, TurnTexts.repeatMark + outcome])
    }

    @Test("in a room of lines, the ask is lettered lines and the outcome a line of its own")
    func lines() async throws {
        let stage = try await AskStage(AskStage.lines, asking: AskStage.request("make a\n\n\tmake b "))
        try await stage.say("go", as: "bob", thread: nil)
        try await stage.ask()
        expectEqual(
            stage.adapter.texts,
            [
                "Approval `a1`: bob wants to run", "make a", "\u{2424}", "\u{2409}make b\u{2420}",
                "Directory `/workspace`, open until 2023-11-14 22:18:20 UTC.", "A. Approve  ",
                "B. Always in this thread (for exactly this command)  ", "C. Deny",
                "An owner answers me with the letter, or types `!approve a1` or `!deny a1 REASON`.",
            ])
        try await stage.say("!approve a1", as: "alice", thread: nil)
        await stage.adapter.waitForText("done")
        expectEqual(stage.count("`a1`: Approved by alice"), 1)
    }

    struct Said: Sendable, CustomTestStringConvertible {
        let text: String
        let outcome: ApprovalOutcome
        var testDescription: String { self.text }
    }

    private static let approved = ApprovalOutcome.approved(ask: "a1", by: "alice")
    private static let denied = ApprovalOutcome.denied(by: "alice", reason: nil)

    @Test(
        "it is answered in words",
        arguments: [
            Said(text: "A", outcome: Self.approved), Said(text: "a.", outcome: Self.approved),
            Said(text: "Approve", outcome: Self.approved), Said(text: "yes", outcome: Self.approved),
            Said(text: "Yes.", outcome: Self.approved), Said(text: "b)", outcome: Self.approved),
            Said(text: "always in this thread", outcome: Self.approved),
            Said(text: "C", outcome: Self.denied), Said(text: "no", outcome: Self.denied),
            Said(text: "deny", outcome: Self.denied), Said(text: "!approve", outcome: Self.approved),
            Said(text: "!approve A1", outcome: Self.approved), Said(text: "!approve `a1`", outcome: Self.approved),
            Said(text: "!deny", outcome: Self.denied), Said(text: "!deny a1", outcome: Self.denied),
            Said(text: "!deny a1 not  now", outcome: .denied(by: "alice", reason: "not  now")),
            Said(text: "!deny not now", outcome: .denied(by: "alice", reason: "not now")),
        ])
    func words(_ said: Said) async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask()
        try await stage.say(said.text, as: "alice")
        await stage.adapter.waitForText("done")
        try await stage.harness.settle()
        expectEqual(stage.outcomes, [said.outcome])
        expectEqual(
            stage.adapter.posts.first { $0.id == ask.id }?.text.contains("\n\n\(try await self.line(stage))"), true)
        expectEqual(stage.adapter.posts.count, 2)
    }

    private func line(_ stage: AskStage) async throws -> String {
        AskTexts.outcome(of: try await stage.record(), times: .utc)
    }

    @Test("reactions answer it", arguments: [("✅", true), ("👍", true), ("❌", false), ("👎", false)])
    func reactions(emoji: String, isApproved: Bool) async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask()
        try await expectEqual(stage.adapter.choose(.reaction(emoji), at: ask.id, from: "olga", in: "#team"), .stored)
        await stage.adapter.waitForText("done")
        expectEqual(stage.outcomes, [isApproved ? .approved(ask: "a1", by: "olga") : .denied(by: "olga", reason: nil)])
    }

    @Test("other messages queue behind it; stop, status, approve and deny do not")
    func queue() async throws {
        let stage = try await AskStage(playing: [AskStage.script([AskStage.request()]), [.event(.text("second"))]])
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await stage.say("what about yes?", as: "alice")
        try await stage.say("!status", as: "bob")
        await stage.wait(for: "- waiting: 1\n- open: `a1` (approval) `make test`, until 2023-11-14 22:18:20 UTC\n")
        #expect(stage.outcomes.isEmpty)
        try await stage.say("!deny a1 later", as: "alice")
        await stage.adapter.waitForText("second")
        expectEqual(stage.outcomes, [.denied(by: "alice", reason: "later")])
        try await stage.say("!status", as: "bob")
        await stage.wait(for: "- waiting: 0\n- model:")
    }

    @Test("status cuts a long command, and shows no control character of it")
    func status() async throws {
        let stage = try await AskStage(
            asking: AskStage.request("\u{202E}echo `id` \(String(repeating: "x", count: 100))"))
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await stage.say("!status", as: "bob")
        let words = "<U+202E>echo `id` " + String(repeating: "x", count: 41)
        await stage.wait(for: "- open: `a1` (approval) ``\(words)…``, until")
    }

    @Test("stop closes it, whatever its work does")
    func stopped() async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask()
        try await stage.say("!stop", as: "bob")
        await stage.wait(for: "Denied by bob, 22:13 UTC: stopped")
        try await stage.harness.settle()
        #expect(stage.outcomes.isEmpty)
        try await expectEqual(stage.record().state, .stopped)
        try await expectEqual(
            stage.adapter.choose(.button("approve a1"), at: ask.id, from: "alice", in: "#team"), .stored)
        await stage.wait(for: "`a1` is closed: Denied by bob, 22:13 UTC: stopped")
        #expect(stage.outcomes.isEmpty)
    }

    @Test("the wait does not count towards the turn's time limit")
    func timeLimit() async throws {
        let stage = try await AskStage(asking: AskStage.request(), AskStage.request("make more"))
        try await stage.say("go", as: "bob")
        try await stage.ask()
        let key = ThreadKey(adapter: stage.adapter.id, value: "#team/t1")
        let conversation = stage.bridge.conversations.conversation(for: key)
        await expectEqual(conversation.asksHeld, 1)
        #expect(await !conversation.isWatched)
        try await stage.say("!approve a1", as: "alice")
        try await stage.ask("a2")
        try await stage.say("!approve", as: "alice")
        await stage.adapter.waitForText("done")
    }

    @Test("asking for the same again in one turn joins the first answer")
    func joins() async throws {
        let stage = try await AskStage(asking: AskStage.request(), AskStage.request(), AskStage.request("other"))
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await stage.say("A", as: "alice")
        try await stage.ask("a2")
        expectEqual(stage.outcomes, [.approved(ask: "a1", by: "alice"), .approved(ask: "a1", by: "alice")])
        try await stage.say("C", as: "alice")
        await stage.adapter.waitForText("done")
    }

    @Test("each decision is in the audit, with what it permits")
    func audit() async throws {
        let stage = try await AskStage(asking: AskStage.request("run --token=hunter2secret"))
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await stage.say("!deny a1 no way", as: "alice")
        await stage.adapter.waitForText("done")
        let entries = stage.audit.withLock { $0 }
        expectEqual(entries.count, 1)
        let entry = try #require(entries.first)
        #expect(entry.kind == .approval && entry.actor == "fake:one/alice")
        expectEqual(entry.details["outcome"], "Denied by alice: no way")
        expectEqual(entry.details["requester"], "fake:one/bob")
        expectEqual(entry.details["digest"]?.stringValue, try await stage.record().digest)
        #expect(!entry.details.text.contains("hunter2secret"))
    }

    @Test("the transcript shows the ask and then its outcome")
    func transcript() async throws {
        let stage = try await AskStage(asking: AskStage.request())
        try await stage.say("go", as: "bob")
        try await stage.ask()
        let ask = try await stage.record()
        expectEqual(ask.text, Self.lead + "\n\n" + ask.tail)
        try await stage.say("A", as: "alice")
        await stage.adapter.waitForText("done")
        let message = try await stage.bridge.store.read { ledger in try ledger.message(id: ask.message) }
        expectEqual(message?.text, Self.lead + "\n\nApproved by alice, 22:13 UTC")
    }

    @Test("what cannot be shown whole, and what a guest wants, is refused without asking")
    func refused() async throws {
        let long = AskStage.request(String(repeating: "x", count: 5_000))
        let stage = try await AskStage(asking: long, AskStage.request("  \n"))
        try await stage.say("go", as: "bob")
        await stage.adapter.waitForText("done")
        expectEqual(stage.count("Not approved: the command is too long to be shown whole"), 1)
        #expect(stage.outcomes.allSatisfy { if case .denied(AskTexts.policy, _) = $0 { true } else { false } })
        let wide = try await AskStage(AskStage.lines, asking: AskStage.request(String(repeating: "x ", count: 300)))
        try await wide.say("go", as: "bob", thread: nil)
        await wide.adapter.waitForText("done")
        expectEqual(wide.count("Approval `"), 0)
        let guest = try await AskStage(asking: AskStage.request())
        try await guest.say("go", as: "gina")
        await guest.adapter.waitForText("done")
        expectEqual(guest.outcomes, [.denied(by: AskTexts.policy, reason: AskTexts.guest)])
        expectEqual(guest.count("Approval `"), 0)
    }
}

extension Conversation {
    /// Of the running turn.
    fileprivate var asksHeld: Int? { self.running?.clock.holds }
    fileprivate var isWatched: Bool { self.running?.watchdog != nil }
}
