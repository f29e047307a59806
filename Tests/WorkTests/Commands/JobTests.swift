import Audit
import Chat
import JSON
import Jail
import Primitives
import Store
import TestSupport
import Testing

@testable import Work

@Suite("Jobs", .timeLimit(.minutes(1)))
struct JobTests {
    @Test(
        "a command that ends in ` &` is a job",
        arguments: [
            ("make test &", "make test", true), ("make test", "make test", false), ("a && b", "a && b", false),
            ("a&", "a&", false), ("true &&", "true &&", false), ("x & \n", "x", true), ("&", "", true),
        ])
    func texts(_ text: String, command: String, isJob: Bool) {
        expectEqual(CommandText(text).command, command)
        expectEqual(CommandText(text).isJob, isJob)
    }

    @Test("a job is answered at once, can be followed and killed, and its end is reported")
    func background() async throws {
        let harness = try await WorkbenchHarness()
        let result = try await harness.turn(.run, "hang &")
        #expect(result.texts.count == 1 && result.texts.first?.hasPrefix("Job `j1` runs") == true)
        try await harness.shell.waitForHanging()
        expectEqual(harness.shell.commands.map(\.place), [.background])
        expectEqual(harness.shell.commands.first?.timeout, nil)
        let progress = try await harness.bench.progress(of: "j1", in: "s_1", after: 0, isWaiting: true)
        #expect(progress.output.map(\.text) == ["begun"] && progress.ending == nil)
        #expect(try await harness.bench.kill("j1", of: "s_1"))
        try await harness.waitForNotices(1)
        expectEqual(harness.notices.first?.hasSuffix("exit 130 · 1.2 s"), true)
        let rest = try await harness.bench.progress(of: "j1", in: "s_1", after: progress.position, isWaiting: true)
        #expect(rest.output.map(\.text) == [" ended\n"] && rest.ending == "exit 130 · 1.2 s")
    }

    @Test("a process that a command left running is listed as a job, and killed")
    func processes() async throws {
        let harness = try await WorkbenchHarness()
        let bench = harness.bench
        _ = try await harness.turn(.run, "leave")
        let process = try #require(try await bench.jobs(of: "s_1").first)
        #expect(process.id == "p12" && process.command == "sleep 99" && process.state == .running)
        #expect(process.isLeftover && WallClock.now() - process.startedAt >= 61_000)
        try await expectEqual(bench.job("P12", of: "s_1")?.id, "p12")
        try await expectEqual(bench.job("p13", of: "s_1"), nil)
        let progress = try await bench.progress(of: "p12", in: "s_1", after: 0, isWaiting: true)
        expectEqual(progress.ending?.contains("`kill p12` ends it"), true)
        #expect(try await !bench.kill("p13", of: "s_1"))
        #expect(try await bench.kill("p12", of: "s_1"))
        #expect(try await bench.jobs(of: "s_1").allSatisfy { !$0.isLeftover })
        #expect(try await !bench.kill("p12", of: "s_1"))
    }

    @Test("a commit that a job made is reported as a commit before the job's end")
    func commits() async throws {
        let harness = try await WorkbenchHarness()
        harness.workspace.makeInside(FakeWorkspace.notice("inside"))
        _ = try await harness.turn(.run, "write a &")
        try await harness.waitForNotices(1)
        expectEqual(harness.commits, [FakeWorkspace.notice("inside")])
        expectEqual(harness.entries.map(\.kind), [.commandStarted, .commit, .commandEnded])
    }

    @Test("too many jobs of one session are refused")
    func limit() async throws {
        let harness = try await WorkbenchHarness()
        _ = try await harness.turn(.run, "hang &")
        _ = try await harness.turn(.run, "hang &")
        try await expectEqual(harness.turn(.run, "hang &").failure?.contains("`kill JOB`"), true)
        await harness.bench.stop()
    }

    @Test("the host's stop ends all jobs and lets no command begin")
    func stop() async throws {
        let harness = try await WorkbenchHarness()
        _ = try await harness.turn(.run, "hang &")
        try await harness.shell.waitForHanging()
        await harness.bench.stop()
        try await expectEqual(harness.bench.jobs(of: "s_1").map(\.state), [.ended])
        try await expectEqual(harness.turn(.run, "echo hi").failure, WorkbenchTexts.stopping)
        expectEqual(harness.shell.commands.count, 1)
    }

    @Test("commands of the last run are recorded as interrupted")
    func recovery() async throws {
        let harness = try await WorkbenchHarness()
        _ = try await harness.store.write { ledger in
            try ledger.insertJob(
                session: "s_1", turn: "op_1", actor: "fake:one/alice", command: "make", isBackground: false,
                snapshot: nil, at: 1)
        }
        try await harness.bench.recover()
        expectEqual(harness.entries.map(\.kind), [.commandEnded])
        expectEqual(harness.entries.first?.details["status"], "interrupted")
        expectEqual(harness.entries.first?.actor, "fake:one/alice")
    }

    @Test("changes of a workspace that is gone can't be undone")
    func forgottenSnapshots() async throws {
        let harness = try await WorkbenchHarness()
        try await harness.store.write { ledger in
            for session in ["s", "t"] {
                try ledger.insertChange(
                    session: session, turn: "op_\(session)", actor: "a", text: "make", snapshot: "s1", at: 1)
            }
            try ledger.forgetSnapshots(of: "s")
            try expectEqual(ledger.lastChange(of: "s"), nil)
            try expectEqual(ledger.firstSnapshot(ofTurn: "op_s"), nil)
            try expectEqual(ledger.lastChange(of: "t")?.snapshot, "s1")
            try ledger.insertChange(session: "s", turn: "op_u", actor: "a", text: "make", snapshot: "s1", at: 2)
            try expectEqual(ledger.lastChange(of: "s")?.job.turn, "op_u")
        }
    }

    @Test("a follower sees only the last output of a job that wrote much")
    func bounded() async {
        let output = JobOutput()
        let piece = String(repeating: "x", count: 1_000)
        for _ in 0..<200 { output.append(CommandOutput(stream: .standardOutput, text: piece)) }
        let progress = await output.progress(after: 0, isWaiting: true)
        expectEqual(progress.position, 200)
        expectEqual(progress.output.count, 32)
    }
}
