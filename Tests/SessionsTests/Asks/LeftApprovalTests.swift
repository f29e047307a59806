import Audit
import Chat
import JSON
import Primitives
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

/// An approval of a turn that has shown something, and restarts: it stays open, and its answer continues the turn.
@Suite("Approvals that outlive their turn", .timeLimit(.minutes(1)))
struct LeftApprovalTests {
    private static func asking(_ effect: String = "one") -> ScriptedWorker.Step {
        .approval(CallApprovalTests.call("1.1", "diff", effect: effect))
    }

    /// A bridge that was left while bob's turn waits, which has said something.
    private func left() async throws -> (AskStage, TemporaryDirectory) {
        let directory = try TemporaryDirectory()
        let stage = try await AskStage(
            directory: directory, playing: [[.event(.text("Let me see.\n\n")), Self.asking()]])
        try await stage.say("go", as: "bob")
        try await stage.ask()
        try await stage.harness.settleOutbox()
        try await stage.waitForFrames(2)
        return (stage, directory)
    }

    /// - Parameter passed: Milliseconds that have passed for it alone: the bridge that was left still runs, and would see
    ///   that the time of its ask is up.
    private func next(
        _ first: AskStage, _ directory: TemporaryDirectory, effect: String = "one", passed: Int64 = 0
    ) async throws -> AskStage {
        try await AskStage(
            directory: directory, adapter: first.adapter, clock: Protected(first.clock.withLock { $0 } + passed),
            playing: [[Self.asking(effect), .event(.text("done"))]])
    }

    private func work(_ stage: AskStage) async throws -> String { try await stage.record().turn }

    @Test("it stays open, and an approval continues the turn, for the person who asked", arguments: ["A", "C"])
    func answered(_ key: String) async throws {
        let (first, directory) = try await self.left()
        let second = try await self.next(first, directory)
        await second.wait(for: "goes on when `a1` is answered")
        #expect(try await second.record().state == .open && second.harness.worker.requests.isEmpty)
        let third = try await self.next(second, directory)
        try await third.say(key, as: "alice")
        await third.adapter.waitForText("done")
        try await third.harness.settle()
        expectEqual(
            third.outcomes, [key == "A" ? .approved(ask: "a1", by: "alice") : .denied(by: "alice", reason: nil)])
        let request = try #require(third.harness.worker.requests.first)
        #expect(request.id == (try await self.work(third)) && request.isResumed && request.text == "go")
        #expect(request.sender.id == "fake:one/bob" && third.harness.worker.requests.count == 1)
        #expect(third.count("Approval `") == 1 && third.count("Interrupted") == 1)
        expectEqual(third.audit.withLock { $0.map(\.turn) }, [request.id])
    }

    @Test("resume waits for the same ask instead of asking anew")
    func resumed() async throws {
        let (first, directory) = try await self.left()
        let second = try await self.next(first, directory)
        await second.wait(for: "goes on when `a1` is answered")
        try await second.say("!resume", as: "bob")
        try await eventually("the worker has the request") { !second.harness.worker.requests.isEmpty }
        try await second.say("A", as: "bob")
        await second.adapter.waitForText("done")
        try await second.harness.settle()
        expectEqual(second.outcomes, [.approved(ask: "a1", by: "bob")])
        #expect(second.count("Approval `") == 1 && second.harness.worker.requests.count == 1)
    }

    @Test("what would happen is not what was approved: it is refused with the reason, and the ask is closed")
    func changed() async throws {
        let (first, directory) = try await self.left()
        let second = try await self.next(first, directory, effect: "another")
        await second.wait(for: "goes on when `a1` is answered")
        try await second.say("A", as: "bob")
        await second.adapter.waitForText("done")
        try await second.harness.settle()
        guard case .denied(_, let reason) = second.outcomes.first else {
            Issue.record("\(second.outcomes)")
            return
        }
        #expect(reason?.contains("has changed since `a1`") == true && second.count("Approval `") == 1)
        // Before anybody answered: the same, and nobody can answer it any more.
        let (third, other) = try await self.left()
        let fourth = try await self.next(third, other, effect: "another")
        await fourth.wait(for: "goes on when `a1` is answered")
        try await fourth.say("!resume", as: "bob")
        await fourth.adapter.waitForText("done")
        try await fourth.harness.settle()
        #expect(try await fourth.record().state == .expired && fourth.count("Approval `") == 1)
        expectEqual(fourth.audit.withLock { $0.last?.details["outcome"] }, "Expired")
    }

    @Test("somebody else who resumes the work needs an approval of their own")
    func another() async throws {
        let (first, directory) = try await self.left()
        let second = try await self.next(first, directory)
        await second.wait(for: "goes on when `a1` is answered")
        try await second.say("!resume", as: "mia")
        try await second.ask("a2")
        try await expectEqual(second.record("a2").requester.id, "fake:one/mia")
        try await second.say("!approve a2", as: "mia")
        await second.adapter.waitForText("done")
        expectEqual(second.outcomes, [.approved(ask: "a2", by: "mia")])
        try await second.harness.settle()
        try await expectEqual(second.record("a1").state, .expired)
    }

    @Test("decided while no host ran: the next start goes on with it", arguments: [false, true])
    func offline(isAfterClosing: Bool) async throws {
        var (stage, directory) = try await self.left()
        if isAfterClosing {
            stage = try await self.next(stage, directory)
            await stage.wait(for: "goes on when `a1` is answered")
            try await stage.harness.settle()
        }
        let answer = AskAnswer(
            ask: "a1", sender: Sender(id: "host:root", identities: [Identity("host:root")], displayName: "root"),
            role: .owner, key: AskRecord.approve)
        let result = try await stage.bridge.store.answer(answer, at: AskStage.start, audit: { _, _ in })
        guard case .decided = result else { return #expect(Bool(false), "\(result)") }
        let second = try await self.next(stage, directory)
        await second.adapter.waitForText("done")
        try await second.harness.settle()
        expectEqual(second.outcomes, [.approved(ask: "a1", by: "root")])
        expectEqual(second.harness.worker.requests.map(\.id), [try await self.work(second)])
        expectEqual(second.count("Interrupted"), 1)
    }

    @Test("its time passes, also while the host is down, and `stop` closes it", arguments: ["time", "stop"])
    func over(_ cause: String) async throws {
        let (first, directory) = try await self.left()
        let second = try await self.next(first, directory, passed: cause == "time" ? 300_001 : 0)
        await second.wait(for: "Interrupted")
        if cause == "stop" { try await second.say("!stop", as: "bob") }
        try await eventually("the ask is no longer open") { try await second.record().state != .open }
        try await second.harness.settle()
        try await expectEqual(second.record().state, cause == "stop" ? .stopped : .expired)
        try await second.say("!approve a1", as: "bob")
        try await second.harness.settle()
        #expect(second.harness.worker.requests.isEmpty)
    }
}
