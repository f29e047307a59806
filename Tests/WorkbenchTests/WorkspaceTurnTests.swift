import Audit
import Chat
import JSON
import TestSupport
import Testing
import Workspaces

@testable import Workbench

@Suite("Workspace commands", .timeLimit(.minutes(1)))
struct WorkspaceTurnTests {
    @Test("`undo` reverts the last command that changed something, then the one before; its record brings them back")
    func undo() async throws {
        let harness = WorkbenchHarness()
        #expect(try await harness.turn("undo").texts == [WorkbenchTexts.nothingToUndo])
        _ = try await harness.turn("run", "write a")
        _ = try await harness.turn("run", "write b")
        _ = try await harness.turn("run", "echo nothing")
        let undone = try await harness.turn("undo").texts
        #expect(undone.first?.contains("before `write b`") == true)
        #expect(harness.workspace.files == ["a"])
        _ = try await harness.turn("undo")
        #expect(harness.workspace.files.isEmpty)
        let record = try #require(undone.first?.split(separator: "`").first { $0.hasPrefix("undo ") }?.dropFirst(5))
        _ = try await harness.turn("undo", String(record))
        #expect(harness.workspace.files == ["a", "b"])
        #expect(try await harness.turn("undo", "s99").failure?.contains("no snapshot s99") == true)
    }

    @Test("`snapshot` answers its id")
    func snapshot() async throws {
        let harness = WorkbenchHarness()
        #expect(try await harness.turn("snapshot").texts.first?.hasPrefix("Snapshot `s1`") == true)
    }

    @Test("`files` lists the files, and sends one by its name")
    func files() async throws {
        let harness = WorkbenchHarness()
        #expect(try await harness.turn("files").texts == [WorkbenchTexts.noFiles])
        try await harness.workspace.write([1, 2, 3], to: "src/a.bin")
        #expect(try await harness.turn("files").texts == ["```\nsrc/a.bin  3 B\n```"])
        #expect(
            try await harness.turn("files", "src/a.bin").events == [
                .file(TurnFile(name: "src/a.bin", bytes: [1, 2, 3]))
            ])
        #expect(try await harness.turn("files", "src").texts == ["```\nsrc/a.bin  3 B\n```"])
        #expect(try await harness.turn("files", "b").failure == "There is no file b.")
    }

    @Test("`diff` is a code block")
    func diff() async throws {
        let harness = WorkbenchHarness()
        #expect(try await harness.turn("diff").texts == [WorkbenchTexts.nothingChanged])
        try await harness.workspace.write([1], to: "```x")
        #expect(try await harness.turn("diff").texts == ["````diff\n+```x\n````"])
    }

    @Test("`commit` commits with the message and is recorded")
    func commit() async throws {
        let harness = WorkbenchHarness()
        #expect(try await harness.turn("commit").texts == [WorkbenchTexts.nothingToCommit])
        try await harness.workspace.write([1], to: "a")
        #expect(try await harness.turn("commit", "Add a").commits.map(\.subject) == ["Add a"])
        #expect(harness.entries.map(\.kind) == [.commit])
        #expect(try await harness.turn("commit", "x", .guest).failure?.hasPrefix("Guests may not") == true)
    }

    @Test("a file that a person sends is in the workspace")
    func receive() async throws {
        let harness = WorkbenchHarness()
        let place = SessionPlace(session: "s_1", repository: nil)
        try await harness.bench.receive([1, 2], as: "photo.png", in: place)
        #expect(try await harness.bench.files(below: "", in: place).map(\.path) == ["photo.png"])
        #expect(try await harness.bench.file("photo.png", in: place, limit: 10) == [1, 2])
    }
}
