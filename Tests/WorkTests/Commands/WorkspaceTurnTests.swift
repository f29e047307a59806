import Audit
import Chat
import JSON
import Primitives
import TestSupport
import Testing

@testable import Work

@Suite("Workspace commands", .timeLimit(.minutes(1)))
struct WorkspaceTurnTests {
    @Test("`undo` reverts the last command that changed something, then the one before; its record brings them back")
    func undo() async throws {
        let harness = try await WorkbenchHarness()
        try await expectEqual(harness.turn(.undo).texts, [WorkbenchTexts.nothingToUndo])
        _ = try await harness.turn(.run, "write a")
        _ = try await harness.turn(.run, "write b", id: "op_2")
        _ = try await harness.turn(.run, "echo nothing", id: "op_3")
        try await eventually("it is measured") { try await harness.measured > 0 }
        let undone = try await harness.turn(.undo).texts
        expectEqual(undone.first?.contains("before “write b”"), true)
        expectEqual(harness.workspace.files, ["a"])
        _ = try await harness.turn(.undo)
        #expect(harness.workspace.files.isEmpty)
        let record = try #require(undone.first?.split(separator: "`").first { $0.hasPrefix("undo ") }?.dropFirst(5))
        _ = try await harness.turn(.undo, String(record))
        expectEqual(harness.workspace.files, ["a", "b"])
        try await expectEqual(harness.turn(.undo, "s99").failure?.contains("no snapshot s99"), true)
    }

    @Test("on a full disk a person's command runs without a snapshot, a model's does not; each is measured")
    func fullDisk() async throws {
        let harness = try await WorkbenchHarness()
        try await harness.workspace.write([1, 2, 3], to: "a")
        harness.workspace.fail(WorkspaceFailure("the disk is almost full", isDiskFull: true))
        let run = try await harness.turn(.run, "echo freed")
        #expect(run.failure == nil && run.events.contains(.notice(WorkbenchTexts.noSnapshot)))
        expectEqual(harness.entries.first?.details["snapshot"], .null)
        try await eventually("it is measured") { try await harness.measured == 3 }
        await #expect(throws: TurnFailure.self) {
            _ = try await harness.bench.execute(
                "echo x", for: WorkbenchHarness.request("", .member), rule: "commands", approval: nil, in: nil
            ) { _ in }
        }
        harness.workspace.fail(WorkspaceFailure("it is damaged"))
        try await expectEqual(harness.turn(.run, "echo x").failure, "The command was not run: it is damaged")
    }

    @Test("`snapshot` answers its id")
    func snapshot() async throws {
        let harness = try await WorkbenchHarness()
        try await expectEqual(harness.turn(.snapshot).texts.first?.hasPrefix("Snapshot `s1`"), true)
    }

    @Test("`files` lists the files, and sends one by its name")
    func files() async throws {
        let harness = try await WorkbenchHarness()
        try await expectEqual(harness.turn(.files).texts, [WorkbenchTexts.noFiles])
        try await harness.workspace.write([1, 2, 3], to: "src/a.bin")
        try await expectEqual(harness.turn(.files).texts, ["```\nsrc/a.bin  3 B\n```"])
        try await expectEqual(
            harness.turn(.files, "src/a.bin").events,
            [
                .file(TurnFile(name: "src/a.bin", bytes: [1, 2, 3]))
            ])
        for name in ["./src/a.bin", "/workspace/src/a.bin"] {
            try await expectEqual(
                harness.turn(.files, name).events,
                [
                    .file(TurnFile(name: "src/a.bin", bytes: [1, 2, 3]))
                ])
        }
        try await expectEqual(harness.turn(.files, "src").texts, ["```\nsrc/a.bin  3 B\n```"])
        try await expectEqual(harness.turn(.files, "b").failure, "There is no file b.")
        try await harness.workspace.write([], to: "x\u{1B}\u{202E}\n\t")
        try await expectEqual(harness.turn(.files, "x").texts, ["```\nx␛<U+202E>␊␉  0 B\n```"])
    }

    @Test("`diff` shows what differs")
    func diff() async throws {
        let harness = try await WorkbenchHarness()
        try await expectEqual(harness.turn(.diff).texts, [WorkbenchTexts.nothingChanged])
        try await harness.workspace.write([1], to: "```x")
        try await expectEqual(harness.turn(.diff).events, [.diff("+```x\n")])
    }

    @Test("`commit` commits with the message and is recorded")
    func commit() async throws {
        let harness = try await WorkbenchHarness()
        try await expectEqual(harness.turn(.commit).texts, [WorkbenchTexts.nothingToCommit])
        try await harness.workspace.write([1], to: "a")
        try await expectEqual(harness.turn(.commit, "Add a").commits.map(\.subject), ["Add a"])
        expectEqual(harness.entries.map(\.kind), [.commit])
        expectEqual(harness.entries.first?.actor, "fake:one/alice")
        expectEqual(harness.entries.first?.details["branch"], "work")
        try await expectEqual(harness.turn(.commit, "x", .guest).failure?.hasPrefix("Guests may not"), true)
    }

    @Test("what is undone is recorded before it happens, with files, digests and the state before")
    func restored() async throws {
        let harness = try await WorkbenchHarness()
        _ = try await harness.turn(.run, "write a")
        let count = harness.entries.count
        _ = try await harness.turn(.undo)
        let entry = try #require(harness.entries.dropFirst(count).first)
        #expect(harness.entries.count == count + 1 && entry.kind == .restored)
        #expect(entry.actor == "fake:one/alice" && entry.turn == "op_1")
        expectEqual(
            entry.details,
            [
                "snapshot": "s1", "saved": "s2", "files_changed": 1,
                "files": [["change": "deleted", "path": "a", "digest": .null]],
            ])
        try await expectEqual(harness.turn(.undo, "s99").failure?.contains("no snapshot s99"), true)
        expectEqual(harness.entries.count, count + 1)
    }

    @Test("what cannot be recorded is neither undone, sent nor received; a commit is posted all the same")
    func unrecorded() async throws {
        let harness = try await WorkbenchHarness()
        _ = try await harness.turn(.run, "write a")
        harness.fillDisk()
        try await expectEqual(harness.turn(.undo).failure?.hasPrefix("Nothing was done, because"), true)
        expectEqual(harness.workspace.files, ["a"])
        let sent = try await harness.turn(.files, "a")
        #expect(sent.events.isEmpty && sent.failure?.hasPrefix("Nothing was done, because") == true)
        await #expect(throws: WorkspaceFailure.self) {
            _ = try await harness.bench.receive(
                TurnFile(name: "b", bytes: []), in: SessionPlace(session: "s_1", repository: nil),
                from: WorkbenchHarness.request("").sender, turn: "op_9")
        }
        expectEqual(harness.workspace.files, ["a"])
        let commit = try await harness.turn(.commit, "Add a")
        expectEqual(commit.commits.map(\.subject), ["Add a"])
        expectEqual(commit.events.last, .notice("The commit could not be recorded: the disk is full"))
    }

    @Test("a file that is sent is recorded")
    func sent() async throws {
        let harness = try await WorkbenchHarness()
        try await harness.workspace.write(Array("hello\n".utf8), to: "a b")
        _ = try await harness.turn(.files, "a b")
        expectEqual(harness.entries.map(\.kind), [.files])
        expectEqual(
            harness.entries.first?.details,
            [
                "direction": "sent",
                "files": [["path": "a b", "size": 6, "digest": "ce013625030ba8dba906f756967f9e9ca394464a"]],
            ])
    }

    @Test("guests, a policy and too many jobs refuse a command, and that is recorded")
    func refused() async throws {
        let harness = try await WorkbenchHarness()
        try await expectEqual(harness.turn(.run, "echo hi", .guest).failure, WorkbenchTexts.guest)
        harness.policy.withLock { $0 = CommandPermission(.deny) }
        try await expectEqual(harness.turn(.run, "echo hi").failure, WorkbenchTexts.deniedByPolicy)
        harness.fillDisk()
        try await expectEqual(harness.turn(.run, "echo hi").failure, WorkbenchTexts.deniedByPolicy)
        expectEqual(harness.entries.map(\.kind), [.commandRefused, .commandRefused])
        expectEqual(
            harness.entries.map { $0.details["reason"] ?? .null },
            [
                .string(WorkbenchTexts.guest), .string(WorkbenchTexts.deniedByPolicy),
            ])
    }

    @Test("a file that a person sends is in the workspace")
    func receive() async throws {
        let harness = try await WorkbenchHarness()
        let place = SessionPlace(session: "s_1", repository: nil)
        let name = try await harness.bench.receive(
            TurnFile(name: "photo.png", bytes: [1, 2]), in: place, from: WorkbenchHarness.request("").sender,
            turn: "op_9")
        expectEqual(name, "photo.png")
        let entry = try #require(harness.entries.first)
        #expect(harness.entries.count == 1 && entry.kind == .files && entry.turn == "op_9")
        #expect(entry.actor == "fake:one/alice" && entry.details["direction"] == "received")
        expectEqual(
            entry.details["files"],
            [["path": "photo.png", "size": 2, "digest": "71bd63e6202752b0f0052971c84168c139021759"]])
        expectEqual(entry.details["snapshot"], "s1")
        try await eventually("it is measured") { try await harness.measured == 2 }
        try await expectEqual(harness.bench.files(below: "", in: place).map(\.path), ["photo.png"])
        try await expectEqual(harness.bench.open("photo.png", in: place).read(0, 10), [1, 2])
    }

    @Test("a file that a person sends replaces no other; the same file is there once")
    func receiveAgain() async throws {
        let harness = try await WorkbenchHarness()
        let place = SessionPlace(session: "s_1", repository: nil)
        try await harness.workspace.write(Array("# Read me\n".utf8), to: "README.md")
        let sender = WorkbenchHarness.request("").sender
        let sent: [(name: String, bytes: [UInt8], placed: String)] = [
            ("README.md", [1], "README-2.md"), ("README.md", [2], "README-3.md"), ("README.md", [1], "README-2.md"),
            ("Makefile", [1], "Makefile"), ("Makefile", [], "Makefile-2"), (".env", [1], ".env"),
            (".env", [2], ".env-2"),
        ]
        for file in sent {
            let name = try await harness.bench.receive(
                TurnFile(name: file.name, bytes: file.bytes), in: place, from: sender, turn: "op_9")
            expectEqual(name, file.placed)
        }
        try await expectEqual(harness.bench.open("README.md", in: place).read(0, 20), Array("# Read me\n".utf8))
    }
}
