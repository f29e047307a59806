import Chat
import JSON
import Tasks
import TestSupport
import Testing

@testable import Turns

@Suite("Tasks in a thread", .timeLimit(.minutes(2)))
struct TaskTurnTests {
    private static let list = "# Tasks\n\n- [ ] T1 Write docs/greet.md @ada\n- [ ] Second\n- [x] T3 Third\n"

    private static func with(_ body: @Sendable (ImplementScene) async throws -> Void) async throws {
        try await ImplementScene.with { scene in
            try scene.git.shell(
                "mkdir -p docs && printf '%s' '\(Self.list)' > docs/TASKS.md && git add -A && git commit -qm list")
            try await body(scene)
        }
    }

    @Test("shows and changes tasks, each as a commit by the person")
    func changes() async throws {
        try await Self.with { scene in
            let thread = RecordingThread()
            func say(_ text: String) async throws {
                _ = try await scene.runTask(text, id: "op_\(text.hashValue.magnitude)", in: thread)
            }
            try await say("")
            #expect(thread.text.contains("Yours:\n- `T1` Write docs/greet.md · ada"))
            #expect(thread.text.contains("Others:\n- `~") && !thread.text.contains("Third"))
            // The features' own are beside it.
            #expect(thread.text.contains("0 of 2 done · next `T001` Create the script"), "\(thread.text)")
            try await say("add Fourth @bob #web")
            try await say("claim T4")
            try await say("start T4")
            try await say("note T4 careful\n- [ ] T99 evil")
            try await say("link T4 https://example.org/pull/34")
            try await say("done T4")
            expectEqual(
                thread.commits,
                [
                    "Add task T4: Fourth", "Assign T4 to ada: Fourth", "Start T4: Fourth", "Note on T4: Fourth",
                    "Link T4: Fourth", "Finish T4: Fourth",
                ])
            let text = try scene.git("show HEAD:docs/TASKS.md")
            #expect(text.contains("- [x] T4 Fourth @ada #web [#34](https://example.org/pull/34)\n  - note (Ada, "))
            #expect(text.hasSuffix("careful - [ ] T99 evil") && text.hasPrefix(Self.list))
            expectEqual(Array(thread.buttons.prefix(3)), ["task claim T4", "task start T4", "task done T4"])
            expectEqual(thread.buttons.last, "task reopen T4")
            try await say("me countess")
            try await say("claim T1")
            #expect(try scene.git("show HEAD:docs/TASKS.md").contains("T1 Write docs/greet.md @countess\n"))
            await #expect(throws: TurnFailure.self) { try await say("done T77") }
            #expect(scene.tasks.refusal(of: "fly to the moon") != nil)
        }
    }

    @Test("`task ID do` lets the model work: its commit names the task and ticks the box")
    func work() async throws {
        try await Self.with { scene in
            scene.carryOut("docs/greet.md")
            let thread = RecordingThread()
            try await expectEqual(scene.runTask("T1 do", id: "op_1", in: thread), .complete)
            expectEqual(thread.commits, ["T1 Write docs/greet.md"])
            try await expectEqual(scene.desk.task("T1", in: nil).session, "abc123")
            let branch = try scene.git("for-each-ref --format='%(refname:short)' refs/heads/jetbridge")
            #expect(try scene.git("show \(branch):docs/TASKS.md").contains("- [x] T1 Write docs/greet.md @ada"))
            let trailer = "%(trailers:key=Jetbridge-Task,valueonly,separator=)"
            try expectEqual(scene.git("log -1 --format='%an \(trailer)' \(branch)"), "Ada T1")
            // The repository's own branch has it when it is merged.
            #expect(try scene.git("show main:docs/TASKS.md").contains("- [ ] T1"))
        }
    }

    @Test("a task without an id gets one first; one that fails stays as it is")
    func failing() async throws {
        try await Self.with { scene in
            scene.answer("Result: failed: it is too hard")
            let thread = RecordingThread()
            let address = try #require(
                await scene.desk.list(.init(), in: nil, limit: 9).items.first { $0.text == "Second" }?.id)
            try await expectEqual(scene.runTask("\(address) do", id: "op_1", in: thread), .complete)
            expectEqual(thread.commits, ["Start T4: Second"])
            #expect(thread.text.contains("`T4` is not done: it is too hard."))
        }
    }
}
