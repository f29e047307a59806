import Audit
import Chat
import JSON
import Primitives
import TestSupport
import Testing

@testable import Threads

/// What an approval of a model's call is valid for: this call and nothing else.
@Suite("Approvals of calls", .timeLimit(.minutes(1)))
struct CallApprovalTests {
    static func call(
        _ id: String, _ subject: String = "make test", effect: String? = nil, preview: String? = nil
    ) -> ApprovalRequest {
        ApprovalRequest(
            action: effect == nil ? .run : .change, subject: subject, directory: "/workspace", tool: "shell",
            approver: .requester, scope: .call(id), effect: effect, preview: preview)
    }

    @Test("the same text later in the turn is asked about again")
    func again() async throws {
        let stage = try await AskStage(playing: [
            [.approval(Self.call("1.1")), .approval(Self.call("2.1")), .event(.text("done"))]
        ])
        try await stage.say("go", as: "bob")
        try await stage.ask("a1")
        try await stage.say("A", as: "bob")
        try await stage.ask("a2")
        try await stage.say("C", as: "bob")
        await stage.adapter.waitForText("done")
        try await stage.harness.settle()
        expectEqual(stage.outcomes, [.approved(ask: "a1", by: "bob"), .denied(by: "bob", reason: nil)])
        let outcomes = stage.audit.withLock { $0.compactMap { $0.details["outcome"]?.stringValue } }
        expectEqual(outcomes, ["Approved by bob", "Denied by bob"])
    }

    @Test("the same text twice in one answer is two items, each with its own decision")
    func twice() async throws {
        let stage = try await AskStage(playing: [
            [.approvals([Self.call("1.1"), Self.call("1.2")]), .event(.text("done"))]
        ])
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await stage.say("B", as: "bob")
        await stage.adapter.waitForText("done")
        try await stage.harness.settle()
        expectEqual(stage.outcomes, [.denied(by: "bob", reason: nil), .approved(ask: "a1", by: "bob")])
        let items = stage.audit.withLock { $0.last?.details["items"]?.arrayValue ?? [] }
        expectEqual(items.map { $0["outcome"] }, ["Denied", "Approved"])
        expectEqual(Set(items.compactMap { $0["digest"]?.stringValue }).count, 2)
    }

    @Test("always covers the same text of another call, but no other effect of it")
    func always() async throws {
        let stage = try await AskStage(playing: [
            [
                .approval(Self.call("1.1")), .approval(Self.call("2.1")), .approval(Self.call("3.1", effect: "x")),
                .event(.text("done")),
            ]
        ])
        try await stage.say("go", as: "bob")
        try await stage.ask("a1")
        try await stage.say("B", as: "bob")
        try await stage.ask("a2")
        try await stage.say("A", as: "bob")
        await stage.adapter.waitForText("done")
        expectEqual(
            stage.outcomes,
            [
                .approved(ask: "a1", by: "bob"), .approved(ask: nil, by: "bob"), .approved(ask: "a2", by: "bob"),
            ])
    }

    @Test("late, foreign and repeated answers to a call's approval change nothing")
    func wrong() async throws {
        let stage = try await AskStage(playing: [
            [.approval(Self.call("1.1")), .approval(Self.call("2.1")), .event(.text("done"))]
        ])
        try await stage.say("go", as: "bob")
        let first = try await stage.ask("a1")
        for person in ["mia", "gina", "nobody"] {
            try await stage.adapter.choose(.button("approve a1"), at: first.id, from: person, in: "#team")
        }
        try await stage.harness.settleInbox()
        try await expectEqual(stage.record("a1").state, .open)
        try await stage.say("C", as: "bob")
        try await stage.ask("a2")
        // Closed: neither the button nor the command nor its owner opens it again, and it is not the other ask.
        for person in ["bob", "alice"] {
            try await stage.adapter.choose(.button("approve a1"), at: first.id, from: person, in: "#team")
            try await stage.say("!approve a1 always", as: person)
        }
        try await stage.harness.settleInbox()
        try await expectEqual(stage.record("a2").state, .open)
        #expect(try await stage.record("a1").isDenied && stage.outcomes.count == 1)
    }

    @Test("a commit's approval shows its diff, cut where the room is small, and its message whole")
    func preview() async throws {
        let diff = "a.txt +3000 −0\n\n" + (1...3000).map { "+line \($0)\n" }.joined()
        let request = Self.call("1.1", "Mend the sum\n\nIt was a difference.", effect: "1..2", preview: diff)
        for traits in [AskStage.rich, AskStage.lines] {
            let stage = try await AskStage(traits, playing: [[.approval(request), .event(.text("done"))]])
            try await stage.say("go", as: "bob", thread: nil)
            try await stage.ask()
            let text = stage.adapter.texts.joined(separator: "\n")
            for part in ["Mend the sum", "It was a difference.", "a.txt +3000 −0", "+line 1", "more lines; `diff`"] {
                #expect(text.contains(part), "\(part): \(text)")
            }
            #expect(!text.contains("+line 3000"))
            try await expectEqual(stage.record().bindings.first?.request.effect, "1..2")
        }
    }
}
