import Chat
import Primitives
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Approvals and restarts", .timeLimit(.minutes(1)))
struct AskRecoveryTests {
    private static let script = AskStage.script([AskStage.request()])

    /// A bridge that was left while bob's turn waits, and its data.
    private func left(
        _ script: [ScriptedWorker.Step] = AskRecoveryTests.script
    ) async throws -> (AskStage, TemporaryDirectory) {
        let directory = try TemporaryDirectory()
        let stage = try await AskStage(directory: directory, playing: [script])
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await stage.harness.settleOutbox()
        try await stage.waitForFrames(1)
        // Until then it looks once more for an answer, which a crashed one would not find.
        while !stage.bridge.questions.isWatched("a1") { try await Task.sleep(for: .milliseconds(2)) }
        return (stage, directory)
    }

    /// - Parameter passed: Milliseconds that have passed for it alone: the first bridge still runs, and would see that the
    ///   time of its ask is up.
    private func next(
        _ first: AskStage, _ directory: TemporaryDirectory, passed: Int64 = 0
    ) async throws -> AskStage {
        try await AskStage(
            directory: directory, adapter: first.adapter, clock: Protected(first.clock.withLock { $0 } + passed),
            playing: [Self.script])
    }

    @Test(
        "an open ask stays open: its turn joins it, and approving it runs what it was bound to, however often it starts"
    )
    func open() async throws {
        let (first, directory) = try await self.left()
        let second = try await self.next(first, directory)
        try await second.waitForFrames(2)
        let third = try await self.next(second, directory)
        let ask = try await third.ask()
        try await third.adapter.choose(.button("approve a1"), at: ask.id, from: "alice", in: "#team")
        await third.adapter.waitForText("done")
        try await third.harness.settle()
        expectEqual(third.outcomes, [.approved(ask: "a1", by: "alice")])
        expectEqual(third.count("Approval `"), 1)
        expectEqual(third.count("Approved by alice"), 1)
    }

    @Test("an ask that was decided but not taken is taken by the next start")
    func decided() async throws {
        let (first, directory) = try await self.left()
        // As the command line does while no host runs.
        let answer = AskAnswer(
            ask: "a1", sender: Sender(id: "host:root", identities: [Identity("host:root")], displayName: "root"),
            role: .owner, key: AskRecord.approve)
        let result = try await first.bridge.store.answer(answer, at: AskStage.start, audit: { _, _ in })
        guard case .decided = result else { return #expect(Bool(false), "\(result)") }
        let second = try await self.next(first, directory)
        await second.adapter.waitForText("done")
        try await second.harness.settle()
        expectEqual(second.outcomes, [.approved(ask: "a1", by: "root")])
        expectEqual(second.count("Approved by root"), 1)
    }

    @Test("what was approved and may have begun does not begin again")
    func taken() async throws {
        let directory = try TemporaryDirectory()
        let first = try await AskStage(directory: directory, playing: [[.approval(AskStage.request()), .hold]])
        try await first.say("go", as: "bob")
        try await first.ask()
        try await first.say("A", as: "alice")
        try await eventually("the answer is taken") { try await first.record().takenAt != nil }
        try await first.harness.settleOutbox()
        let second = try await self.next(first, directory)
        await second.wait(for: "Interrupted")
        try await second.harness.settle()
        #expect(second.harness.worker.requests.isEmpty)
    }

    @Test("time that passes while the host is down counts")
    func expired() async throws {
        let (first, directory) = try await self.left()
        let second = try await self.next(first, directory, passed: 300_001)
        await second.adapter.waitForText("done")
        try await second.harness.settle()
        expectEqual(second.outcomes, [.expired])
        expectEqual(second.count("\n\nExpired"), 1)
    }

    @Test("after a restart, a replayed press and a closed ask's button change nothing; another command is asked anew")
    func replay() async throws {
        let (first, directory) = try await self.left()
        let old = try await first.ask()
        try await first.adapter.choose(.button("approve a1"), at: old.id, from: "alice", in: "#team", id: "p1")
        await first.adapter.waitForText("done")
        try await first.harness.settle()
        let second = try await AskStage(
            directory: directory, adapter: first.adapter, clock: first.clock,
            playing: [AskStage.script([AskStage.request("rm -rf .")])])
        try await expectEqual(
            second.adapter.choose(.button("approve a1"), at: old.id, from: "alice", in: "#team", id: "p1"), .duplicate)
        try await second.say("go", as: "bob")
        try await second.ask("a2")
        for command in ["approve a1", "approve a1 always", "approve a2"] {
            try await second.adapter.choose(.button(command), at: old.id, from: "alice", in: "#team")
        }
        try await second.harness.settleInbox()
        #expect(try await second.record("a2").state == .open && second.outcomes.isEmpty)
        try await expectEqual(second.record("a1").answer, AskRecord.approve)
    }

    @Test("a shutdown leaves a waiting turn to the next start")
    func shutdown() async throws {
        let (first, directory) = try await self.left()
        await first.bridge.stop()
        expectEqual(first.count("Interrupted"), 0)
        let second = try await self.next(first, directory)
        try await second.say("A", as: "alice")
        await second.adapter.waitForText("done")
        expectEqual(second.outcomes, [.approved(ask: "a1", by: "alice")])
    }

    @Test("an answer that was stored but not handled counts after the restart")
    func stored() async throws {
        let (first, directory) = try await self.left()
        let event = first.adapter.event(
            "yes", from: "alice", in: "#team", id: "e7", isDirect: false, thread: "t1")
        let body = StoredForm.text(of: try #require(event.message))
        _ = try await first.bridge.store.write { ledger in
            try ledger.insertEvent("e7", adapter: event.adapter, body: body, role: .owner, at: AskStage.start)
        }
        let second = try await self.next(first, directory)
        await second.adapter.waitForText("done")
        expectEqual(second.outcomes, [.approved(ask: "a1", by: "alice")])
    }

    @Test("a turn that has shown something is closed, and its ask with it")
    func shown() async throws {
        let (first, directory) = try await self.left([.event(.text("Let me see.\n\n"))] + Self.script)
        let second = try await self.next(first, directory)
        await second.wait(for: "Interrupted")
        try await second.harness.settle()
        try await expectEqual(second.record().state, .expired)
        expectEqual(second.count("\n\nExpired"), 1)
    }
}
