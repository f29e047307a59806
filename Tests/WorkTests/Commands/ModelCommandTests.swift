import Audit
import Chat
import Git
import JSON
import Jail
import Primitives
import TestSupport
import Testing

@testable import Work

@Suite("What a model does through the workbench", .timeLimit(.minutes(1)))
struct ModelCommandTests {
    private static let thread = ClosureThread { _ in }

    @Test("A command runs in a fresh shell, is recorded, and reports what it changed")
    func execute() async throws {
        let harness = try await WorkbenchHarness()
        let report = try await harness.bench.execute(
            "write a.txt", timeout: .seconds(5), for: WorkbenchHarness.request("", .member),
            rule: "commands", approval: ("alice", "ask_1"), in: Self.thread
        ) { _ in }
        #expect(report.ending.status == 0 && report.changes?.map(\.path) == ["a.txt"])
        expectEqual(harness.shell.commands.map(\.place), [.fresh])
        expectEqual(harness.shell.commands.map(\.timeout), [.seconds(5)])
        expectEqual(harness.entries.map(\.kind), [.commandStarted, .commandEnded])
        #expect(harness.entries[0].details["approved_by"] == "alice" && harness.entries[0].details["ask"] == "ask_1")
        try await expectEqual(harness.bench.jobs(of: "s_1").map(\.command), ["write a.txt"])
        #expect(harness.bench.running.thread(of: "s_1") == nil)
    }

    @Test("Its output comes as it is written, and its commits wait for a decision")
    func output() async throws {
        let harness = try await WorkbenchHarness()
        harness.workspace.makeInside(FakeWorkspace.notice("Inside"))
        let text = Protected("")
        let report = try await harness.bench.execute(
            "echo hello", for: WorkbenchHarness.request("", .member), rule: "commands", approval: nil, in: nil
        ) { piece in text.withLock { $0 += piece.text } }
        #expect(text.withLock { $0 } == "hello\n" && report.commits.isEmpty)
        let request = WorkbenchHarness.request("", .member)
        let commits = try #require(try await harness.bench.jailCommits(for: request))
        expectEqual(commits.subjects, ["Inside"])
        await #expect(throws: WorkspaceFailure.self) {
            _ = try await harness.bench.commit("More", for: request, in: ClosureThread { _ in })
        }
        try await expectEqual(
            harness.bench.takeOver(commits.changes.digest, for: request, in: ClosureThread { _ in }), 1)
        // The configured limit holds.
        _ = try await harness.bench.execute(
            "status 0", timeout: .seconds(999), for: WorkbenchHarness.request("", .member), rule: "commands",
            approval: nil, in: nil
        ) { _ in }
        expectEqual(harness.shell.commands.map(\.timeout), [.seconds(7), .seconds(7)])
    }

    @Test("A command that waits for a free jail says so, and its turn's clock stands still meanwhile")
    func waiting() async throws {
        let harness = try await WorkbenchHarness()
        let thread = ClockedThread()
        let report = try await harness.bench.execute(
            "wait", for: WorkbenchHarness.request("", .member), rule: "commands", approval: nil, in: thread
        ) { _ in }
        expectEqual(report.ending.status, 0)
        expectEqual(
            thread.said.withLock { $0 },
            [
                "stop", "The command waits for a free jail: all 4 of your jails are busy.", "start",
            ])
    }

    private final class ClockedThread: TurnThread {
        let said = Protected<[String]>([])

        func report(_ event: TurnEvent) async throws {
            if case .notice(let text) = event { self.said.withLock { $0.append(text) } }
        }

        func stopClock() async { self.said.withLock { $0.append("stop") } }

        func startClock() async { self.said.withLock { $0.append("start") } }

        func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome { .expired }
    }

    @Test("What is not recorded, not allowed or without a jail does not run")
    func refused() async throws {
        let harness = try await WorkbenchHarness()
        await #expect(throws: TurnFailure.self) {
            try await harness.bench.execute(
                "echo", for: WorkbenchHarness.request("", .guest), rule: "commands", approval: nil, in: nil
            ) { _ in }
        }
        harness.refusal.withLock { $0 = "there is no jail" }
        await #expect(throws: TurnFailure.self) {
            try await harness.bench.execute(
                "echo", for: WorkbenchHarness.request("", .member), rule: "commands", approval: nil, in: nil
            ) { _ in }
        }
        harness.refusal.withLock { $0 = nil }
        harness.fillDisk()
        await #expect(throws: TurnFailure.self) {
            try await harness.bench.execute(
                "echo", for: WorkbenchHarness.request("", .member), rule: "commands", approval: nil, in: nil
            ) { _ in }
        }
        #expect(harness.shell.commands.isEmpty)
    }

    @Test("A commit is in the audit")
    func commit() async throws {
        let harness = try await WorkbenchHarness()
        try await expectEqual(
            harness.bench.commit(
                "Empty", expecting: nil, for: WorkbenchHarness.request("", .member), in: Self.thread), nil)
        try await harness.workspace.write([1], to: "a")
        let commit = try await harness.bench.commit(
            "Mend", expecting: nil, for: WorkbenchHarness.request("", .member), in: Self.thread)
        #expect(commit?.subject == "Mend" && harness.entries.map(\.kind) == [.commit])
        await #expect(throws: TurnFailure.self) {
            try await harness.bench.commit(
                "Mend", expecting: nil, for: WorkbenchHarness.request("", .guest), in: Self.thread)
        }
    }
}
