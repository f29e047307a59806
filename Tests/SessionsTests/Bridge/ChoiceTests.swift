import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

@Suite("Buttons and reactions", .timeLimit(.minutes(1)))
struct ChoiceTests {
    private static let withButtons = RoomTraits(
        capabilities: .buttons, textLimit: 400, textUnit: .bytes, isMultiline: false)
    private static let resume = MessageButton(label: "Continue", command: "resume", style: .primary)
    private static let approval = [
        MessageButton(label: "Approve", command: "approve 17", style: .primary),
        MessageButton(label: "Deny", command: "deny 17", style: .danger),
    ]
    private static let cut: [ScriptedWorker.Step] = [.event(.text("Half")), .cut("the line broke")]

    /// Posts a bot message with `buttons` in alice's thread.
    private func offer(_ buttons: [MessageButton], in harness: BridgeHarness) async throws -> String {
        _ = try await harness.ask("!help new")
        await harness.adapter.waitForPosts(1)
        try await harness.settle()
        let post = try #require(harness.adapter.posts.first?.id)
        try await harness.bridge.store.write { ledger in
            _ = try ledger.connection.execute(
                "UPDATE outbox SET buttons = ? WHERE reference = ?",
                [.text(try #require(StoredForm.text(of: buttons))), .text(post)])
        }
        return post
    }

    @Test("a cut answer has a button to continue, which runs the command once for each press")
    func goesOn() async throws {
        let harness = try await BridgeHarness(
            traits: Self.withButtons, worker: ScriptedWorker(Self.cut, [.hold, .event(.text("whole"))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(2)
        try await harness.settle()
        let note = try #require(harness.adapter.posts.last)
        expectEqual(note.buttons, [Self.resume])
        expectEqual(note.text, "Cut off: the line broke. Type `!resume` to continue.")
        try await expectEqual(harness.adapter.choose(.button("resume"), at: note.id, id: "c1"), .stored)
        // Once the answer has ended, the button is gone.
        try await expectEqual(harness.adapter.choose(.button("resume"), at: note.id, id: "c1"), .duplicate)
        harness.worker.release()
        await harness.adapter.waitForPosts(3)
        try await harness.settle()
        expectEqual(harness.worker.requests.last?.continuing, "Half")
        expectEqual(harness.worker.requests.count, 2)
    }

    @Test("choices have buttons, can be typed where there are no buttons, and are in the transcript")
    func offered() async throws {
        let buttons = [MessageButton(label: "Done", command: "task done T1")]
        for traits in [Self.withButtons, RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false)] {
            let worker = ScriptedWorker([.event(.offer("The task, see `task T1`", buttons))])
            let harness = try await BridgeHarness(traits: traits, worker: worker)
            _ = try await harness.ask("1")
            try await harness.settle()
            let hasButtons = traits.capabilities.contains(.buttons)
            let posts = harness.adapter.posts
            #expect(posts.first?.text == "The task, see `!task T1`" && (posts.last?.buttons == buttons) == hasButtons)
            expectEqual(posts.contains { $0.text == "Type `!task done T1` (Done)." }, !hasButtons)
            let texts = try await harness.bridge.store.read { ledger in
                let session = try #require(try ledger.sessions(after: nil, limit: 1).items.first)
                return try ledger.messages(of: session.id, after: nil, limit: 9).items.map(\.text)
            }
            #expect(texts.contains("The task, see `!task T1`"))
            await harness.bridge.stop()
        }
    }

    @Test("a button that is pressed twice continues the answer once")
    func twice() async throws {
        let harness = try await BridgeHarness(
            traits: Self.withButtons, worker: ScriptedWorker(Self.cut, [.hold, .event(.text("whole"))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(2)
        try await harness.settle()
        let note = try #require(harness.adapter.posts.last)
        for press in ["c1", "c2"] {
            try await expectEqual(harness.adapter.choose(.button("resume"), at: note.id, id: press), .stored)
        }
        await harness.adapter.waitForText("That answer is already being continued.")
        harness.worker.release()
        await harness.adapter.waitForText("whole")
        try await harness.settle()
        expectEqual(harness.worker.requests.count, 2)
        expectEqual(harness.adapter.posts.count, 4)
    }

    @Test("a room without buttons shows the commands in words")
    func words() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker(Self.cut))
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.posts.last?.buttons, [])
        let poster = AnswerPoster(
            traits: RoomTraits(textLimit: 400, textUnit: .bytes), renderer: PlainMarkdownRenderer())
        expectEqual(
            poster.lines(for: "Run `ls`?", offering: Self.approval),
            [
                .init(
                    text: "Run `ls`?\n\nType `!approve 17` (Approve) or `!deny 17` (Deny).", buttons: Self.approval)
            ])
        expectEqual(
            poster.lines(for: "Type `!resume` to continue.", offering: [Self.resume]).map(\.text),
            [
                "Type `!resume` to continue."
            ])
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let kind: Choice.Kind
        let command: String?
        var testDescription: String { "\(self.kind)" }
    }

    @Test(
        "only what a message offers can be chosen",
        arguments: [
            Row(kind: .button("approve 17"), command: "approve 17"),
            Row(kind: .button("approve 17 because"), command: "approve 17 because"),
            Row(kind: .button("approve 18"), command: nil),
            Row(kind: .button("approve 170"), command: nil),
            Row(kind: .button("stop all"), command: nil),
            Row(kind: .reaction("✅"), command: "approve 17"),
            Row(kind: .reaction("👍"), command: "approve 17"),
            Row(kind: .reaction("❌"), command: "deny 17"),
            Row(kind: .reaction("👎\u{FE0F}"), command: "deny 17"),
            Row(kind: .reaction("🎉"), command: nil),
        ])
    func offered(_ row: Row) {
        expectEqual(row.kind.command(among: Self.approval), row.command)
        expectEqual(row.kind.command(among: []), nil)
        expectEqual(Choice.Kind.reaction("✅").command(among: [Self.resume]), nil)
    }

    @Test("a reaction counts as a decision only where one is offered; the reply says that nothing waits for approval")
    func reaction() async throws {
        let harness = try await BridgeHarness()
        let post = try await self.offer(Self.approval, in: harness)
        try await expectEqual(harness.adapter.choose(.reaction("👍"), at: post), .stored)
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts.last?.contains("17"), true)
        try await expectEqual(harness.adapter.choose(.reaction("🎉"), at: post), .ignored("no choice"))
        try await expectEqual(harness.adapter.choose(.reaction("👍"), at: "p77"), .ignored("no choice"))
    }

    @Test("reactions without a meaning do not wait for a message that is being sent")
    func meaningless() async throws {
        let harness = try await BridgeHarness()
        harness.adapter.setHolding(true)
        _ = try await harness.ask("!help new")
        while !harness.adapter.isStuck { try await Task.sleep(for: .milliseconds(2)) }
        // Ten seconds for each would be more than this suite's time limit.
        for number in 0..<20 {
            try await expectEqual(
                harness.adapter.choose(.reaction("🎉"), at: "p7\(number)"), .ignored("no choice"))
        }
        harness.adapter.setHolding(false)
        try await harness.settle()
    }

    @Test("a stranger's choice is ignored, a guest's has the guest's rights")
    func rights() async throws {
        let harness = try await BridgeHarness()
        let post = try await self.offer(Self.approval, in: harness)
        try await expectEqual(
            harness.adapter.choose(.button("approve 17"), at: post, from: "mallory"), .ignored("stranger"))
        try await expectEqual(harness.adapter.choose(.button("approve 17"), at: post, from: "gina"), .stored)
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts.last?.hasPrefix("`!approve` needs the role member; you are a guest."), true)
    }
}
