import Audit
import Chat
import Database
import JSON
import Primitives
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Several approvals in one message", .timeLimit(.minutes(1)))
struct BatchTests {
    private static let requests = [
        AskStage.request("make a", in: "/workspace", .requester),
        ApprovalRequest(
            action: .change, subject: "--- a\n+++ b", directory: "/workspace", tool: "patch", approver: .requester),
        AskStage.request("make c", in: "/workspace", .requester),
    ]

    private func stage(_ traits: RoomTraits = AskStage.rich) async throws -> (AskStage, FakeAdapter.Post) {
        let stage = try await AskStage(traits, playing: [[.approvals(Self.requests), .event(.text("done"))]])
        try await stage.say("go", as: "bob")
        return (stage, try await stage.ask())
    }

    private static let lead = """
        Approval `a1`: the model (asked by bob) wants to run and change

        A. run
        ```
        make a
        ```
        B. change
        ```
        --- a
        +++ b
        ```
        C. run
        ```
        make c
        ```
        Directory `/workspace`, open until 2023-11-14 22:18:20 UTC.
        """

    @Test("one message shows each with a letter; a press of the button approves all")
    func whole() async throws {
        let (stage, ask) = try await self.stage()
        expectEqual(
            ask.text,
            Self.lead
                + "\n\nThe person who asked, or an owner, answers me with `all`, `none` or the letters to "
                + "approve, such as `A,C`, or types `!approve a1 A,C` or `!deny a1 REASON`. What is not approved is "
                + "denied.")
        expectEqual(ask.buttons.map(\.command), ["approve a1 all", "approve a1 always", "deny a1"])
        try await stage.adapter.choose(.button("approve a1 all"), at: ask.id, from: "bob", in: "#team")
        await stage.adapter.waitForText("done")
        try await stage.harness.settle()
        expectEqual(stage.outcomes, Array(repeating: .approved(ask: "a1", by: "bob"), count: 3))
        expectEqual(stage.adapter.posts.first { $0.id == ask.id }?.text, Self.lead + "\n\nApproved by bob, 22:13 UTC")
    }

    struct Said: Sendable, CustomTestStringConvertible {
        let text: String
        /// Which of the three are approved.
        let approved: [Bool]
        let outcome: String
        var testDescription: String { self.text }
    }

    @Test(
        "all, some or none can be approved",
        arguments: [
            Said(text: "A,C", approved: [true, false, true], outcome: "Approved by bob: A, C. Denied: B"),
            Said(text: "c a", approved: [true, false, true], outcome: "Approved by bob: A, C. Denied: B"),
            Said(text: "B.", approved: [false, true, false], outcome: "Approved by bob: B. Denied: A, C"),
            Said(text: "a, b and c", approved: [true, true, true], outcome: "Approved by bob"),
            Said(text: "all", approved: [true, true, true], outcome: "Approved by bob"),
            Said(text: "yes", approved: [true, true, true], outcome: "Approved by bob"),
            Said(text: "none", approved: [false, false, false], outcome: "Denied by bob"),
            Said(text: "no", approved: [false, false, false], outcome: "Denied by bob"),
            Said(text: "!approve a1", approved: [true, true, true], outcome: "Approved by bob"),
            Said(text: "!approve A, B", approved: [true, true, false], outcome: "Approved by bob: A, B. Denied: C"),
            Said(text: "!deny a1 not now", approved: [false, false, false], outcome: "Denied by bob: not now"),
        ])
    func words(_ said: Said) async throws {
        let (stage, ask) = try await self.stage()
        try await stage.say(said.text, as: "bob")
        await stage.adapter.waitForText("done")
        try await stage.harness.settle()
        let approved = stage.outcomes.map { if case .approved = $0 { true } else { false } }
        expectEqual(approved, said.approved)
        let outcome = said.outcome.replacing(" by bob", with: " by bob, 22:13 UTC")
        expectEqual(stage.adapter.posts.first { $0.id == ask.id }?.text.hasSuffix("\n\n\(outcome)"), true)
        let items = stage.audit.withLock { $0.last?.details["items"]?.arrayValue ?? [] }
        expectEqual(items.map { $0["outcome"] }, said.approved.map { $0 ? "Approved" : "Denied" })
        expectEqual(items.map { $0["subject"] }, ["make a", "--- a\n+++ b", "make c"])
    }

    @Test(
        "what names no item of it stays a message or is refused",
        arguments: ["D", "A,D", "A or C", "a1", "always not"])
    func unknown(text: String) async throws {
        let (stage, _) = try await self.stage()
        try await stage.say("!approve a1 \(text)", as: "bob")
        await stage.wait(for: "`a1` is still open: that is no answer to it.")
        try await stage.say(text, as: "bob")
        try await stage.harness.settleInbox()
        #expect(try await stage.record().state == .open && stage.outcomes.isEmpty)
    }

    @Test("a room of lines shows it too; an item that cannot be shown whole there leaves one message each")
    func lines() async throws {
        let (stage, _) = try await self.stage(AskStage.lines)
        #expect(stage.adapter.texts.contains("B. change") && stage.adapter.texts.contains("+++ b"))
        let long = (0..<3).map {
            AskStage.request(Array(repeating: "make \($0)", count: 16).joined(separator: "\n"), in: "", .requester)
        }
        let wide = try await AskStage(
            AskStage.lines, playing: [[.approvals(long), .event(.text("done"))]])
        try await wide.say("go", as: "bob", thread: nil)
        for id in ["a1", "a2", "a3"] {
            try await wide.ask(id)
            try await wide.say(id == "a2" ? "C" : "A", as: "bob", thread: nil)
        }
        await wide.adapter.waitForText("done")
        expectEqual(
            wide.outcomes,
            [
                .approved(ask: "a1", by: "bob"), .denied(by: "bob", reason: nil), .approved(ask: "a3", by: "bob"),
            ])
    }

    @Test("more than one message has letters for are asked one by one, however many there are")
    func many() async throws {
        expectEqual([0, 25, 26, 191].map { AskRecord.letter($0) }, ["A", "Z", "27", "192"])
        let many = (0..<200).map { AskStage.request("make \($0)", in: "/workspace", .requester) }
        let stage = try await AskStage(playing: [[.approvals(many), .event(.text("done"))]])
        try await stage.say("go", as: "bob")
        let ask = try await stage.ask()
        #expect(ask.text.contains("make 0\n") && !ask.text.contains("make 1"))
        try await expectEqual(stage.record().bindings.count, 1)
    }

    @Test("always counts for exactly these; then only what is new is asked")
    func always() async throws {
        let more = Self.requests + [AskStage.request("make d", in: "/workspace", .requester)]
        let stage = try await AskStage(playing: [
            [.approvals(Self.requests), .event(.text("done"))], [.approvals(more), .event(.text("again"))],
        ])
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await stage.say("always", as: "bob")
        await stage.adapter.waitForText("done")
        try await stage.say("go on", as: "bob")
        let ask = try await stage.ask("a2")
        #expect(ask.text.hasPrefix("Approval `a2`: the model (asked by bob) wants to run\n```\nmake d\n```"))
        try await stage.say("C", as: "bob")
        await stage.adapter.waitForText("again")
        expectEqual(
            Array(stage.outcomes.suffix(4)),
            Array(repeating: .approved(ask: nil, by: "bob"), count: 3)
                + [.denied(by: "bob", reason: nil)])
    }

    @Test("the same twice is asked once; texts that only look equal are two")
    func same() async throws {
        // The letter K and the Kelvin sign are equal to `String`.
        let kelvin = AskStage.request("make \u{212A}", in: "/workspace", .requester)
        let letter = AskStage.request("make K", in: "/workspace", .requester)
        let stage = try await AskStage(playing: [[.approvals([letter, kelvin, letter]), .event(.text("done"))]])
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await expectEqual(stage.record().bindings.count, 2)
        try await stage.say("A", as: "bob")
        await stage.adapter.waitForText("done")
        expectEqual(
            stage.outcomes,
            [
                .approved(ask: "a1", by: "bob"), .denied(by: "bob", reason: nil), .approved(ask: "a1", by: "bob"),
            ])
    }

    @Test("one item that needs another owner makes all of them need one")
    func strictest() async throws {
        let stage = try await AskStage(playing: [
            [.approvals([Self.requests[0], AskStage.request("make all")]), .event(.text("done"))]
        ])
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await stage.say("!approve a1", as: "bob")
        await stage.wait(for: "You asked for `a1` yourself")
        try await stage.say("all", as: "alice")
        await stage.adapter.waitForText("done")
        expectEqual(stage.outcomes, Array(repeating: .approved(ask: "a1", by: "alice"), count: 2))
    }

    @Test("a stored item that was changed cannot be approved")
    func altered() async throws {
        let (stage, ask) = try await self.stage()
        try await stage.bridge.store.write { ledger in
            _ = try ledger.connection.execute("UPDATE asks SET bound = replace(bound, 'make c', 'rm -rf /')", [])
        }
        try await stage.adapter.choose(.button("approve a1 all"), at: ask.id, from: "bob", in: "#team")
        await stage.wait(for: "`a1` does not match what was stored")
        #expect(stage.outcomes.isEmpty)
    }

    @Test("after a restart the turn joins it, and what was approved runs once")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let script: [ScriptedWorker.Step] = [.approvals(Self.requests), .event(.text("done"))]
        let first = try await AskStage(directory: directory, playing: [script])
        try await first.say("go", as: "bob")
        try await first.ask()
        try await first.harness.settleOutbox()
        try await first.waitForFrames(1)
        let second = try await AskStage(
            directory: directory, adapter: first.adapter, clock: first.clock, playing: [script])
        try await second.say("A,B", as: "bob")
        await second.adapter.waitForText("done")
        try await second.harness.settle()
        expectEqual(
            second.outcomes,
            [
                .approved(ask: "a1", by: "bob"), .approved(ask: "a1", by: "bob"), .denied(by: "bob", reason: nil),
            ])
        expectEqual(second.count("Approval `"), 1)
    }
}
