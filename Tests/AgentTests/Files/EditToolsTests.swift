import Agent
import Glibc
import JSON
import Primitives
import TestSupport
import Testing
import Work

@Suite("Changing files", .timeLimit(.minutes(1)))
struct EditToolsTests {
    @Test("An edit shows its diff before, writes what was shown, and keeps the mode")
    func edit() async throws {
        let fixture = try await ToolFixture(["run.sh": "echo one\necho two\n"])
        try fixture.shell("chmod 755 run.sh")
        let intent = try await fixture.intent("edit", ["path": "run.sh", "old": "two", "new": "three"])
        expectEqual(intent.subject, "--- a/run.sh\n+++ b/run.sh\n@@ -1,2 +1,2 @@\n echo one\n-echo two\n+echo three\n")
        expectEqual(intent.title, "edit run.sh +1 −1")
        #expect(intent.preconditions.map(\.path) == ["run.sh"] && intent.preconditions[0].digest?.count == 64)
        try expectEqual(fixture.text("run.sh"), "echo one\necho two\n")
        let result = try await fixture.perform(intent)
        expectEqual(
            result, ToolResult(.done, text: "Done: edit run.sh +1 −1", summary: "edit run.sh +1 −1", hasChanges: true))
        try expectEqual(fixture.shell("cat run.sh; stat -c %a run.sh"), "echo one\necho three\n755")
    }

    @Test("The files before the turn's first change are recorded once, and can be restored")
    func snapshot() async throws {
        let fixture = try await ToolFixture(["a": "1\n"])
        _ = try await fixture.call("edit", ["path": "a", "old": "1", "new": "2"])
        _ = try await fixture.call("write", ["path": "new/file", "text": "x"])
        let snapshots = fixture.snapshots.withLock { $0 }
        expectEqual(snapshots.count, 1)
        _ = try await fixture.workspace.restore(snapshots[0].id)
        try expectEqual(fixture.text("a"), "1\n")
        #expect(!fixture.exists("new/file"))
    }

    @Test("A file may be replaced only by whoever has read it as it is")
    func digestRule() async throws {
        let fixture = try await ToolFixture(["a": "1\n"])
        #expect(
            try await fixture.call("write", ["path": "a", "text": "2\n"]).text.contains("Read it before you replace it")
        )
        _ = try await fixture.call("read", ["path": "a"])
        try fixture.put("other\n", "a")
        #expect(
            try await fixture.call("write", ["path": "a", "text": "2\n"]).text.contains("changed since you read it"))
        _ = try await fixture.call("read", ["path": "./a"])
        try await expectEqual(fixture.call("write", ["path": "a", "text": "2\n"]).outcome, .done)
        // What it has written it knows.
        try await expectEqual(fixture.call("write", ["path": "a", "text": "3\n"]).outcome, .done)
        try await expectEqual(fixture.call("edit", ["path": "a", "old": "3", "new": "4"]).outcome, .done)
        try await expectEqual(fixture.call("write", ["path": "a", "text": "5\n"]).outcome, .done)
        await fixture.tools.forgetReads()
        try await expectEqual(fixture.call("write", ["path": "a", "text": "6\n"]).outcome, .failed)
        try expectEqual(fixture.text("a"), "5\n")
    }

    @Test("What does not apply fails before anybody is asked, and says what to do")
    func failures() async throws {
        let fixture = try await ToolFixture(["a": "one\ntwo\none\n", "b": "x\n"])
        try fixture.shell("printf '\\177ELF\\000' > program")
        let calls: [(String, JSON, String)] = [
            ("edit", ["path": "a", "old": "one", "new": "x"], "there 2 times, at lines 1, 3"),
            ("edit", ["path": "missing", "old": "one", "new": "x"], "no file missing"),
            ("edit", ["path": "program", "old": "ELF", "new": "x"], "ELF program of 5 bytes"),
            ("edit", ["path": "b", "old": "xyzzy", "new": "x"], "not in the file"),
            ("write", ["path": "b", "text": "x\n"], "already"),
            ("write", ["path": "b/c", "text": "x"], "a file is in the place of a folder"),
            ("write", ["path": ".", "text": "x"], "the workspace itself"),
            ("patch", ["text": "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-three\n+four\n"], "Nothing was changed"),
            ("patch", ["text": "--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-three\n+four\n"], "it contains .."),
        ]
        for (tool, arguments, text) in calls {
            guard case .failed(let result) = try await fixture.prepare(tool, arguments) else {
                Issue.record("\(tool) \(arguments) did not fail")
                continue
            }
            #expect(result.text.contains(text), "\(result.text)")
        }
        #expect(fixture.snapshots.withLock { $0.isEmpty })
    }

    @Test("A result that no tool could read again is refused before anybody is asked")
    func largeResult() async throws {
        let fixture = try await ToolFixture(["a": String(repeating: "e\n", count: 1_000)])
        let new = String(repeating: "x", count: 5_000)
        let result = try await fixture.call("edit", ["path": "a", "old": "e", "new": .string(new), "all": true])
        expectEqual(result.outcome, .failed)
        expectEqual(result.text, "the file a would have 5001000 bytes, over the limit of 4194304")
        try expectEqual(fixture.text("a").utf8.count, 2_000)
    }

    @Test("A patch of several files is written as a whole")
    func patch() async throws {
        let fixture = try await ToolFixture(["a": "1\n", "dir/gone": "x\n", "from": "a\nb\n"])
        let patch = """
            *** Begin Patch
            *** Update File: a
            -1
            +2
            *** Delete File: dir/gone
            *** Add File: /workspace/x/y
            +new
            *** Update File: from
            *** Move to: to
            -a
            +A
            *** End Patch
            """
        let intent = try await fixture.intent("patch", ["text": .string(patch)])
        expectEqual(intent.title, "patch 5 files +4 −4")
        expectEqual(intent.preconditions.filter { $0.digest == nil }.map(\.path), ["x/y", "to"])
        try await expectEqual(fixture.perform(intent).outcome, .done)
        #expect(try fixture.text("a") == "2\n" && fixture.text("x/y") == "new\n" && fixture.text("to") == "A\nb\n")
        #expect(!fixture.exists("dir") && !fixture.exists("from"))
    }

    @Test("A patch makes a file executable")
    func mode() async throws {
        let fixture = try await ToolFixture(["a": "1\n"])
        let result = try await fixture.call(
            "patch", ["text": "diff --git a/a b/a\nold mode 100644\nnew mode 100755\n"])
        expectEqual(result.outcome, .done)
        try expectEqual(fixture.shell("stat -c %a a"), "755")
    }

    @Test("What changed between the question and the answer is not overwritten")
    func raced() async throws {
        let fixture = try await ToolFixture(["a": "1\n", "b": "1\n"])
        let patch = "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+2\n--- a/b\n+++ b/b\n@@ -1 +1 @@\n-1\n+2\n"
        let intent = try await fixture.intent("patch", ["text": .string(patch)])
        try fixture.put("other\n", "b")
        let result = try await fixture.perform(intent)
        #expect(result.outcome == .failed && result.text.contains("b is not what it was"))
        #expect(try fixture.text("a") == "1\n" && fixture.text("b") == "other\n")
        #expect(fixture.snapshots.withLock { $0.isEmpty })
        // A new file that another has made meanwhile.
        let new = try await fixture.intent("write", ["path": "c", "text": "mine"])
        try fixture.put("theirs", "c")
        try await expectEqual(fixture.perform(new).outcome, .failed)
        try expectEqual(fixture.text("c"), "theirs")
    }

    @Test("A change that was not checked is not written")
    func unchecked() async throws {
        let fixture = try await ToolFixture(["a": "1\n"])
        let intent = try await fixture.intent("edit", ["path": "a", "old": "1", "new": "2"])
        let swapped = ToolIntent(
            call: intent.call, subject: intent.subject, directory: intent.directory, title: intent.title,
            preconditions: intent.preconditions,
            changes: intent.changes + [ToolIntent.Change(path: "b", bytes: [1])])
        try await expectEqual(fixture.perform(swapped).outcome, .failed)
        #expect(try fixture.text("a") == "1\n" && !fixture.exists("b"))
        try await expectEqual(fixture.tools.perform(intent, approval: .denied(reason: "no")).outcome, .denied)
        try await expectEqual(fixture.tools.perform(intent, approval: .expired).outcome, .denied)
        try expectEqual(fixture.text("a"), "1\n")
    }

    @Test("Tasks are shown, questions are asked, and what is missing is said")
    func others() async throws {
        let fixture = try await ToolFixture(question: { question, options in "\(question) \(options)" })
        let tasks: JSON = [["text": "Look", "state": "done"], ["text": "Mend\u{202E}", "state": "doing"]]
        let result = try await fixture.call("tasks", ["tasks": tasks])
        expectEqual(result.summary, "tasks 1 of 2: Mend⟨U+202E⟩")
        expectEqual(fixture.plan.withLock { $0.map(\.state) }, [.done, .doing])
        try await expectEqual(
            fixture.call("ask_user", ["question": "Which?", "options": ["a"]]).text, "The answer: Which? [\"a\"]")
        try await expectEqual(fixture.call("shell", ["command": "ls"]).text, "shell is not possible here.")
    }
}
