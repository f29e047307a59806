import Audit
import Chat
import Git
import JSON
import Primitives
import TestSupport
import Testing

@testable import Jail
@testable import Work

@Suite("Running a command", .timeLimit(.minutes(1)))
struct RunTurnTests {
    @Test("an owner's command runs at once in the persistent shell, and its last text is the exit line")
    func owner() async throws {
        let harness = try await WorkbenchHarness()
        let result = try await harness.turn(.run, "echo hello")
        expectEqual(result.failure, nil)
        expectEqual(result.output, [CommandOutput(stream: .standardOutput, text: "hello\n")])
        expectEqual(result.texts, ["exit 0 · 1.2 s"])
        expectEqual(harness.shell.commands.map(\.place), [.persistent])
        expectEqual(harness.shell.commands.first?.timeout, .seconds(7))
        expectEqual(harness.shell.commands.first?.outputLimit, 4_096)
        expectEqual(harness.results, ["exited"])
    }

    @Test("what a command leaves running is ended once, and the next directory is the workspace")
    func leftovers() async throws {
        let harness = try await WorkbenchHarness()
        #expect(await !harness.bench.endLeftovers(of: "s_1"))
        _ = try await harness.turn(.run, "leave")
        expectEqual(harness.bench.directory(of: "s_1"), "/workspace/src")
        #expect(await harness.bench.endLeftovers(of: "s_1"))
        expectEqual(harness.bench.directory(of: "s_1"), "/workspace")
        #expect(await !harness.bench.endLeftovers(of: "s_1"))
    }

    @Test("bytes that arrive one by one become whole characters, and what is not UTF-8 is replaced")
    func bytes() async throws {
        let result = try await WorkbenchHarness().turn(.run, "bytes")
        expectEqual(result.output.map(\.text).joined(), "ä€\u{FFFD}\n")
        #expect(result.output.allSatisfy { !$0.text.isEmpty })
    }

    @Test("a member's command waits for an approval and then runs in a fresh shell")
    func approved() async throws {
        let harness = try await WorkbenchHarness()
        let outcome = ApprovalOutcome.approved(ask: "a7", by: "fake:one/olga")
        let result = try await harness.turn(.run, "echo hi", .member, approving: outcome)
        expectEqual(result.texts, ["exit 0 · 1.2 s"])
        expectEqual(harness.shell.commands.map(\.place), [.fresh])
        let started = try #require(harness.entries.first)
        expectEqual(started.details["approved_by"], "fake:one/olga")
        expectEqual(started.details["ask"], "a7")
    }

    @Test("what is not approved does not run")
    func refused() async throws {
        let harness = try await WorkbenchHarness()
        let denied = try await harness.turn(.run, "echo", .member, approving: .denied(by: "olga", reason: "not today"))
        expectEqual(denied.failure, "The command was not run: denied by olga: not today")
        let expired = try await harness.turn(.run, "echo", .member, approving: .expired)
        expectEqual(expired.failure?.contains("nobody approved it in time"), true)
        let guest = try await harness.turn(.run, "echo", .guest, approving: .approved(ask: nil, by: "x"))
        expectEqual(guest.failure?.hasPrefix("Guests may not"), true)
        harness.policy.withLock { $0 = CommandPermission(.deny) }
        try await expectEqual(harness.turn(.run, "echo", .owner).failure?.contains("approvals.commands"), true)
        #expect(harness.shell.commands.isEmpty)
        // The approvals are recorded with the decisions.
        expectEqual(harness.entries.map(\.kind), [.commandRefused, .commandRefused])
    }

    @Test("a rule of the policy decides about the command itself, and the refusal names the rule")
    func denied() async throws {
        let harness = try await WorkbenchHarness()
        harness.policy.withLock { $0 = CommandPermission(.deny, rule: "no-pushes", isSetting: false) }
        let result = try await harness.turn(.run, "git push &")
        expectEqual(
            result.failure,
            "The command was not run: the policy's rule `no-pushes` denies it. "
                + "`policy explain COMMAND` shows what is allowed.")
        #expect(harness.shell.commands.isEmpty)
        let entry = try #require(harness.entries.first)
        #expect(entry.kind == .commandRefused && entry.details["rule"] == "no-pushes")
        expectEqual(entry.details["command"], "git push")
    }

    @Test("with `allow` a member's command needs nobody")
    func allowed() async throws {
        let harness = try await WorkbenchHarness()
        harness.policy.withLock { $0 = CommandPermission(.allow) }
        try await expectEqual(harness.turn(.run, "echo hi", .member).texts, ["exit 0 · 1.2 s"])
        expectEqual(harness.shell.commands.map(\.place), [.persistent])
    }

    @Test("a command is recorded before it runs; without a record it is refused")
    func unrecorded() async throws {
        let harness = try await WorkbenchHarness()
        harness.fillDisk()
        let result = try await harness.turn(.run, "echo hi")
        expectEqual(result.failure?.contains("cannot be recorded (the disk is full)"), true)
        #expect(harness.shell.commands.isEmpty)
        try await expectEqual(harness.bench.jobs(of: "s_1").map(\.state), [.ended])
    }

    @Test("the audit names the command, its end and the files that it changed")
    func audit() async throws {
        let harness = try await WorkbenchHarness()
        harness.workspace.makeInside(FakeWorkspace.notice("inside"))
        let result = try await harness.turn(.run, "write notes.txt")
        expectEqual(result.commits.map(\.subject), ["inside"])
        expectEqual(harness.entries.map(\.kind), [.commandStarted, .commit, .commandEnded])
        let started = try #require(harness.entries.first).details
        expectEqual(started["rule"], "own")
        #expect(started["command"] == "write notes.txt" && started["limits"] == "none at all")
        let ended = try #require(harness.entries.last).details
        #expect(ended["exit"] == 0 && ended["status"] == "exited")
        #expect(ended["files"]?[0]?["path"] == "notes.txt" && ended["files"]?[0]?["digest"] == "d-notes.txt")
    }

    @Test("where not all changed files are listed, their number is recorded and reported, and `undo` reverts them")
    func manyChanges() async throws {
        let harness = try await WorkbenchHarness()
        harness.workspace.listChanges(atMost: 0)
        let result = try await harness.turn(.run, "write a")
        #expect(result.events.contains(.notice(WorkbenchTexts.changesAreMany(1, listed: 0))))
        let ended = try #require(harness.entries.last).details
        #expect(ended["files_changed"] == 1 && ended["files"] == [])
        _ = try await harness.turn(.undo)
        #expect(harness.workspace.files.isEmpty)
        let restored = try #require(harness.entries.last)
        #expect(restored.kind == .restored && restored.details["files_changed"] == 1)
    }

    @Test("changed files are recorded 500 at a time")
    func batches() {
        let changes = (0..<1_201).map { WorkspaceChange(kind: .added, path: "\($0)", digest: nil) }
        let files = AuditFiles(WorkspaceChanges(files: changes, count: 199_000))
        let all = [files.first] + files.others
        expectEqual(all.map { $0.arrayValue?.count }, [500, 500, 201])
        expectEqual(all.last?[200]?["path"], "1200")
        #expect(AuditFiles(nil).first == [] && Array(AuditFiles(nil).others).isEmpty)
    }

    @Test(
        "every end has an exit line, and a reason where it was not the command's own",
        arguments: [
            (ShellExit.Status.exited(3), 3, false), (.signalled(9), 137, true), (.stopped, 130, true),
            (.timedOut, 124, true), (.outputLimit, 137, true), (.limit("memory"), 137, true),
            (.shellEnded(4), 4, true), (.shellEnded(nil), 137, true), (.lost("it broke"), 137, true),
        ])
    func endings(_ status: ShellExit.Status, line: Int, isNoted: Bool) {
        let exit = ShellExit(status: status, duration: .milliseconds(75_260), isShellLost: false, directory: "/")
        let ending = CommandEnding(exit, limits: WorkbenchSettings())
        expectEqual(ending.line, "exit \(line) · 75.3 s")
        expectEqual(ending.note != nil, isNoted)
    }

    @Test("a shell that is another than before is noted, and so is one that is lost")
    func fresh() {
        func note(isLost: Bool, isFresh: Bool) -> String? {
            CommandEnding(
                ShellExit(
                    status: .timedOut, duration: .zero, isShellLost: isLost, isShellFresh: isFresh, directory: "/"),
                limits: WorkbenchSettings()
            ).note
        }
        let reason = note(isLost: false, isFresh: false) ?? ""
        expectEqual(note(isLost: false, isFresh: true), "\(WorkbenchTexts.renewedShell) \(reason)")
        expectEqual(
            note(isLost: true, isFresh: true), "\(WorkbenchTexts.renewedShell) \(reason) \(WorkbenchTexts.freshShell)")
    }

    @Test("a lost shell is noted before the exit line")
    func lostShell() async throws {
        let harness = try await WorkbenchHarness()
        expectEqual(harness.bench.directory(of: "s_1"), "/workspace")
        _ = try await harness.turn(.run, "echo hi")
        expectEqual(harness.bench.directory(of: "s_1"), "/workspace/src")
        let result = try await harness.turn(.run, "lose")
        expectEqual(result.texts.first, "Stopped: the jail is over its limit of memory. \(WorkbenchTexts.freshShell)")
        expectEqual(result.texts.last, "exit 137 · 1.2 s")
        expectEqual(harness.bench.directory(of: "s_1"), "/workspace")
    }

    @Test("a cancelled turn ends its command and still reports and records the end")
    func stopped() async throws {
        let harness = try await WorkbenchHarness()
        let turn = Task { try await harness.turn(.run, "hang") }
        try await harness.shell.waitForHanging()
        turn.cancel()
        let result = try await turn.value
        expectEqual(result.output.map(\.text).joined(), "begun ended\n")
        expectEqual(result.texts.last, "exit 130 · 1.2 s")
        expectEqual(harness.entries.last?.details["status"], "stopped")
    }

    @Test("a foreground command is a job while it runs, and `kill` ends it")
    func killForeground() async throws {
        let harness = try await WorkbenchHarness()
        let turn = Task { try await harness.turn(.run, "hang") }
        try await harness.shell.waitForHanging()
        try await expectEqual(harness.bench.jobs(of: "s_1").map(\.state), [.running])
        #expect(try await harness.bench.kill("j1", of: "s_1"))
        try await expectEqual(turn.value.texts.last, "exit 130 · 1.2 s")
        try await expectEqual(harness.bench.kill("j1", of: "s_1"), false)
    }

    @Test("without a working jail nothing runs, and the refusal has the reason")
    func noJail() async throws {
        let harness = try await WorkbenchHarness()
        harness.refusal.withLock { $0 = "user namespaces are off. Enable them." }
        let refusal = "Commands cannot run: user namespaces are off. Enable them."
        try await expectEqual(harness.turn(.run, "echo").failure, refusal)
        #expect(harness.shell.commands.isEmpty)
        expectEqual(harness.entries.map(\.kind), [.commandRefused])
        expectEqual(
            harness.entries.first?.details, ["command": "echo", "directory": "/workspace", "reason": .string(refusal)])
        expectEqual(harness.bench.jail, "user namespaces are off. Enable them.")
        harness.refusal.withLock { $0 = nil }
        expectEqual(harness.bench.jail, "a fake jail")
        expectEqual(harness.bench.workers[.run]?.refusal(of: ""), WorkbenchTexts.noCommand)
        expectEqual(harness.bench.workers[.run]?.refusal(of: " &"), WorkbenchTexts.noBackgroundCommand)
    }

    @Test("a jail that cannot be started is a failure with an end in the records")
    func jailFailure() async throws {
        let harness = try await WorkbenchHarness()
        harness.shell.fail(JailFailure("no namespaces are left: raise user.max_user_namespaces."))
        let result = try await harness.turn(.run, "echo hi")
        expectEqual(result.failure?.contains("no namespaces are left"), true)
        expectEqual(harness.entries.map(\.kind), [.commandStarted, .commandEnded])
        try await expectEqual(harness.bench.jobs(of: "s_1").first?.ending, "not run")
    }

    @Test("a workspace that cannot be had refuses the command")
    func workspaceFailure() async throws {
        let harness = try await WorkbenchHarness()
        harness.workspace.fail(WorkspaceFailure("the quota is used up. Delete files."))
        try await expectEqual(
            harness.turn(.run, "echo").failure, "The command was not run: the quota is used up. Delete files.")
        #expect(harness.shell.commands.isEmpty)
    }

    @Test("a command that only reads is no job, has no snapshot and is not recorded")
    func reading() async throws {
        let harness = try await WorkbenchHarness()
        let output = Protected("")
        let status = try await harness.bench.read(
            "echo found", timeout: .seconds(1), outputLimit: 100, for: WorkbenchHarness.request("search"),
            in: ClosureThread { _ in }
        ) { piece in output.withLock { $0 += String(decoding: piece.bytes, as: UTF8.self) } }
        #expect(status == .exited(0) && output.withLock { $0 } == "found\n")
        expectEqual(harness.shell.commands.map(\.place), [.aside])
        #expect(harness.entries.isEmpty)
        #expect(try await harness.bench.jobs(of: "s_1").isEmpty)
    }
}
