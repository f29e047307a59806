import Chat
import JSON
import Jail
import Models
import Primitives
import TestSupport
import Testing
import Work

@testable import Turns

@Suite("Implement", .timeLimit(.minutes(2)))
struct ImplementTests {
    typealias Scene = ImplementScene

    @Test("two tasks become two commits with their ids, their boxes and the person as the author")
    func twoTasks() async throws {
        try await Scene.with { scene in
            scene.write("src/greet.sh", "echo hello\n")
            scene.play(("shell", ["command": "sh src/greet.sh"]))
            scene.answer("It greets.\n\nResult: done")
            scene.carryOut("docs/greet.md")
            let thread = RecordingThread()
            try await expectEqual(scene.run(in: thread), .complete)
            let subjects = ["T001 Create the script in src/greet.sh", "T002 Describe it in docs/greet.md"]
            try expectEqual(scene.subjects, subjects)
            expectEqual(thread.commits, subjects)
            let trailers =
                "%an %(trailers:key=Jetbridge-Task,valueonly,separator=) %(trailers:key=Jetbridge-Turn,valueonly,separator=)"
            try expectEqual(scene.log(trailers), ["Ada T001 op_1", "Ada T002 op_1"])
            try expectEqual(scene.boxes, "xx")
            let names = try scene.git("diff --name-only \(Scene.feature)~1 \(Scene.feature)")
            expectEqual(names, "docs/greet.md\nspecs/001-greet/tasks.md")
            expectEqual(thread.text, "All 2 tasks of `001-greet` are done.")
            #expect(thread.events.contains(.feature(Scene.feature)))
            expectEqual(thread.steps.last?.folded.hasPrefix("2 of 2 tasks done, "), true)
            #expect(
                thread.steps.contains { $0.shown.contains("… T001 Create the script") && $0.shown.contains("     ok ") }
            )
            try scene.checkRepository()
            // The model is given the task, not the whole thread, and no tool that commits.
            let request = try #require(scene.model.requests.first)
            #expect(!request.tools.contains { $0.name == "commit" })
            #expect(request.messages.contains { $0.text.contains("T001 [US1] Create the script in src/greet.sh") })
            try await expectEqual(scene.run(id: "op_2", in: thread), .complete)
            #expect(thread.text.hasSuffix("All 2 tasks of `001-greet` are done already."))
            try expectEqual(scene.subjects.count, 2)
        }
    }

    @Test("a box that a colleague ticks in between is respected, and the commit beside it is kept")
    func tickedByHand() async throws {
        let tasks = Scene.tasks + "- [ ] T003 [US1] Add docs/more.md\n"
        try await Scene.with(tasks: tasks, "approvals: {commands: ask, writes: allow}") { scene in
            scene.write("src/greet.sh", "echo hello\n")
            scene.play(("shell", ["command": "sh src/greet.sh"]))
            scene.answer("Result: done")
            scene.carryOut("docs/more.md")
            let thread = RecordingThread(onApproval: { _ in
                try scene.commit(
                    "mkdir -p docs; echo bob > docs/greet.md; sed -i 's/- \\[ \\] T002/- [x] T002/' specs/001-greet/tasks.md"
                )
                return .approved(ask: nil, by: "Ada")
            })
            try await expectEqual(scene.run(in: thread), .complete)
            try expectEqual(scene.subjects.map { $0.prefix(4) }, ["By B", "T001", "T003"])
            try expectEqual(scene.boxes, "xxx")
            try expectEqual(scene.file("docs/greet.md"), "bob")
            try scene.checkRepository()
        }
    }

    @Test("a task that is done already gets its box ticked alone")
    func alreadyDone() async throws {
        try await Scene.with { scene in
            scene.answer("It is there.\n\nResult: already done")
            try await expectEqual(scene.run("T001"), .complete)
            try expectEqual(
                scene.git("diff --name-only \(Scene.feature)~1 \(Scene.feature)"), "specs/001-greet/tasks.md")
            try expectEqual(scene.boxes, "x ")
            try scene.checkRepository()
        }
    }

    @Test("a task that fails three times is left with a note, its changes are taken back, and the others are done")
    func failing() async throws {
        let tasks = Scene.tasks + "- [ ] T003 [P] [US1] Add docs/more.md\n"
        try await Scene.with(tasks: tasks) { scene in
            scene.write("src/wrong.sh")
            scene.answer("Result: failed: there is no compiler")
            scene.answer("I did nothing.")
            scene.play(("shell", ["command": "sh test.sh"]))
            scene.answer("Result: done")
            scene.carryOut("docs/more.md")
            let thread = RecordingThread()
            try await expectEqual(scene.run(in: thread), .complete)
            try expectEqual(scene.subjects, ["Note why T001 was left", "T003 Add docs/more.md"])
            try expectEqual(scene.boxes, "  x")
            let note = "- T001 was left: its tests fail: sh test.sh ended with exit 2"
            #expect(try scene.file("specs/001-greet/tasks.md").contains("## Notes\n\n\(note)"))
            try expectEqual(scene.git("ls-tree -r --name-only \(Scene.feature) src"), "")
            #expect(
                thread.notices.contains {
                    $0.hasPrefix("T001 was left: its tests fail") && $0.contains("in the snapshot s")
                })
            #expect(thread.text.contains("1 of 3 tasks of `001-greet` are done."))
            #expect(thread.text.contains("- T002 cannot begin: it waits for T001."))
            #expect(thread.text.hasSuffix("type `implement T001` to try it again."))
            // Later tries know what the earlier ones learnt.
            let prompts = scene.model.requests.compactMap { $0.messages.last { $0.role == .user }?.text }
            #expect(prompts.contains { $0.contains("there is no compiler") && $0.contains("Earlier tries failed") })
            // Again, for the same reason: its changes are taken back too, and the note stays as it is.
            let subjects = try scene.subjects
            scene.write("src/wrong.sh")
            scene.answer("Result: failed: there is no compiler")
            scene.answer("I did nothing.")
            scene.play(("shell", ["command": "sh test.sh"]))
            scene.answer("Result: done")
            let second = RecordingThread()
            try await expectEqual(scene.run("T001", id: "op_2", in: second), .complete)
            try expectEqual(scene.subjects, subjects)
            #expect(second.notices.contains { $0.hasPrefix("T001 was left") && $0.contains("in the snapshot s") })
            // Again: the note is read, and removed when the task is done.
            scene.carryOut("src/greet.sh")
            try await expectEqual(scene.run("T001", id: "op_3"), .complete)
            try expectEqual(scene.git("ls-tree -r --name-only \(Scene.feature) src"), "src/greet.sh")
            try expectEqual(scene.boxes, "x x")
            #expect(try !scene.file("specs/001-greet/tasks.md").contains("was left"))
            try scene.checkRepository()
        }
    }

    @Test("a stopped turn continues in the middle of its task, and nothing is done twice")
    func resume() async throws {
        try await Scene.with("approvals: {commands: ask, writes: allow}") { scene in
            scene.write("src/greet.sh", "echo hello\n")
            scene.play(("shell", ["command": "sh src/greet.sh"]))
            let stopped = RecordingThread(onApproval: { _ in throw CancellationError() })
            await #expect(throws: CancellationError.self) { try await scene.run(in: stopped) }
            try expectEqual(scene.subjects, [])
            scene.answer("Result: done")
            scene.carryOut("docs/greet.md")
            let thread = RecordingThread()
            try await expectEqual(scene.run(isResumed: true, in: thread), .complete)
            try expectEqual(scene.subjects.count, 2)
            try expectEqual(scene.file("src/greet.sh"), "echo hello")
            expectEqual(scene.model.requests.count, 5)
            try scene.checkRepository()
        }
    }

    @Test("a crash between a commit and its report: the turn reports it again and goes on")
    func crash() async throws {
        try await Scene.with { scene in
            scene.carryOut("src/greet.sh")
            let crashed = RecordingThread(onEvent: { event in
                if case .commit = event { throw CancellationError() }
            })
            await #expect(throws: CancellationError.self) { try await scene.run(in: crashed) }
            try expectEqual(scene.boxes, "x ")
            scene.carryOut("docs/greet.md")
            let thread = RecordingThread()
            try await expectEqual(scene.run(isResumed: true, in: thread), .complete)
            expectEqual(thread.commits.map { $0.prefix(4) }, ["T001", "T002"])
            try expectEqual(scene.subjects.map { $0.prefix(4) }, ["T001", "T002"])
            expectEqual(thread.text, "All 2 tasks of `001-greet` are done.")
            try scene.checkRepository()
        }
    }

    @Test("a colleague's change of the same file ends the turn in words, and nothing is overwritten")
    func conflict() async throws {
        try await Scene.with("approvals: {commands: ask, writes: allow}") { scene in
            scene.write("src/greet.sh", "echo hello\n")
            scene.play(("shell", ["command": "true"]))
            scene.answer("Result: done")
            let thread = RecordingThread(onApproval: { _ in
                try scene.commit("mkdir -p src; echo bob > src/greet.sh")
                return .approved(ask: nil, by: "Ada")
            })
            await #expect {
                try await scene.run(in: thread)
            } throws: { error in
                "\(error)".contains("has moved on to") && "\(error)".contains("(src/greet.sh)")
            }
            try expectEqual(scene.file("src/greet.sh"), "bob")
            try expectEqual(scene.boxes, "  ")
            try scene.checkRepository()
        }
    }

    @Test("where the policy asks about changes, the commit is asked about, and a no ends the turn")
    func asked() async throws {
        try await Scene.with("approvals: {commands: allow, writes: ask}") { scene in
            scene.carryOut("src/greet.sh")
            let thread = RecordingThread(onApproval: { request in
                request.tool == "commit" ? .denied(by: "Ada", reason: nil) : .approved(ask: nil, by: "Ada")
            })
            let ending = try await scene.run(in: thread)
            guard case .cut(let reason) = ending else { throw TurnFailure("\(ending)") }
            #expect(reason.hasPrefix("the commit of T001 was not allowed"))
            try expectEqual(scene.subjects, [])
        }
    }

    @Test("what is missing is said in a sentence")
    func refusals() async throws {
        try await Scene.with(tasks: "# Tasks\n") { scene in
            expectEqual(scene.worker.refusal(of: "all of it")?.contains("implement T012"), true)
            await #expect { try await scene.run(role: .guest) } throws: { "\($0)".contains("only members and owners") }
            await #expect { try await scene.run() } throws: { "\($0)".contains("has no task: type `tasks`") }
            try scene.checkRepository()
        }
        try await Scene.with { scene in
            await #expect { try await scene.run("T099") } throws: { "\($0)".contains("T099 is not in the tasks.md") }
            try scene.checkRepository()
        }
    }

    @Test("the rehearsal carries out tasks with files of several kinds, and sees what is done already")
    func rehearsal() async throws {
        let tasks = """
            # Tasks

            ## Phase 1: User Story 1 - Greet (Priority: P1)

            - [ ] T001 [US1] Describe the feature in README.md
            - [ ] T002 [US1] Create the script scripts/greet.sh and its test in tests/test_greet.sh
            - [ ] T003 [P] [US1] Add the table in `data/greetings.json`, src/greet.py and src/style.css
            - [ ] T004 [US1] Extend scripts/greet.sh
            - [ ] T005 [US1] Read it all once more

            """
        try await Scene.with(tasks: tasks, client: RehearsalModel(pace: nil)) { scene in
            let thread = RecordingThread()
            try await expectEqual(scene.run(in: thread), .complete)
            expectEqual(thread.notices, [])
            try expectEqual(scene.boxes, "xxxxx")
            try expectEqual(scene.subjects.map { $0.prefix(4) }, ["T001", "T002", "T003", "T004", "T005"])
            #expect(try scene.file("README.md").hasPrefix("hello\n\n## T001: Describe the feature"))
            try expectEqual(
                scene.git.shell(
                    "git worktree add -q ../check \(Scene.feature) && cd ../check && sh tests/test_greet.sh"),
                "ok: T002")
            #expect(try scene.file("scripts/greet.sh").contains("T004 works"))
            #expect(try scene.file("data/greetings.json").contains("\"task\": \"T003\""))
            try expectEqual(
                scene.git("diff --name-only \(Scene.feature)~1 \(Scene.feature)"), "specs/001-greet/tasks.md")
            try scene.checkRepository()
        }
    }
}
