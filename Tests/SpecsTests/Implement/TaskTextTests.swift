import Specs
import TestSupport
import Testing

@testable import SpecDocuments

@Suite("Implement: notes, reports and progress", .timeLimit(.minutes(1)))
struct TaskTextTests {
    static func tasks(_ bytes: [UInt8]) -> TaskDocument { TaskDocument(MarkdownDocument(bytes)) }

    @Test("a note is added to the section Notes, replaced, and removed, and every other byte stays")
    func notes() throws {
        for ending in ["\n", "\r\n"] {
            let text = TaskQueueTests.text.replacing("\n", with: ending)
            let tasks = Self.tasks(Array(text.utf8))
            let once = Self.tasks(TaskNotes.adding("the test [fails] on `x`", of: "T003", to: tasks))
            let line = "- T003 was left: the test fails on x"
            expectEqual(once.markdown.bytes, Array((text + ending + line + ending).utf8))
            expectEqual(TaskNotes.note(of: "T003", in: once), "the test fails on x")
            expectEqual(TaskNotes.adding("the test [fails] on `x`", of: "T003", to: once), once.markdown.bytes)
            let twice = Self.tasks(TaskNotes.adding("no", of: "T003", to: once))
            expectEqual(TaskNotes.note(of: "T003", in: twice), "no")
            expectEqual(twice.tasks, once.tasks)
            expectEqual(TaskNotes.removing("T003", from: twice), Array((text + ending).utf8))
        }
    }

    @Test("a list without notes gets the section")
    func newSection() {
        let tasks = Self.tasks(Array("# Tasks\n\n- [ ] T001 Write a.sh\n".utf8))
        let text = String(decoding: TaskNotes.adding("it fails", of: "T001", to: tasks), as: UTF8.self)
        expectEqual(text, "# Tasks\n\n- [ ] T001 Write a.sh\n\n## Notes\n\n- T001 was left: it fails\n")
    }

    @Test("a note is no task, no dependency and no finding")
    func validity() {
        let tasks = Self.tasks(Array(TaskQueueTests.text.utf8))
        let text = "needs T005 first ](x) <!-- - [ ] T009 T010 in src/a.sh\nafter T003"
        let noted = Self.tasks(TaskNotes.adding(text, of: "T002", to: tasks))
        expectEqual(noted.tasks.map(\.id), tasks.tasks.map(\.id))
        expectEqual(noted.orders, tasks.orders)
        expectEqual(noted.unnumbered, [])
    }

    @Test(
        "the model's report is found at the end of its answer",
        arguments: [
            ("All is well.\n\nResult: done", TaskReport.done), ("**Result:** done.", .done),
            ("`Result: already done`", .alreadyDone), ("result: failed: no compiler", .failed("no compiler")),
            ("Result: failed", .failed("the model gave no reason")), ("I think so", .open), ("", .open),
            ("Result: done\nResult: failed, because of x", .failed("because of x")),
        ])
    func report(_ answer: String, _ report: TaskReport) {
        expectEqual(TaskReport(answer), report)
    }

    @Test("progress shows the last tasks, the current one with its steps, and no markup of others")
    func progress() throws {
        var progress = ImplementProgress(feature: "001-login", total: 8, done: 1)
        let tasks = try TaskQueueTests.tasks().tasks
        progress.begin(tasks[1], attempt: 2)
        progress.show(["ok read a", "ok read b", "ok write c", "… shell `sh test.sh`", "x"])
        expectEqual(
            progress.shown,
            """
            ```
            1 of 8 tasks done in 001-login
            … T002 Add the README section in README.md (try 2)
                 ok read b
                 ok write c
                 … shell `sh test.sh`
                 x
            ```
            """)
        for task in tasks[1...6] { progress.end(task, isDone: task.id != "T004") }
        expectEqual(
            progress.shown,
            """
            ```
            6 of 8 tasks done in 001-login
            +2 tasks
            left T004 Create the page in src/page.sh
            ok T005 Join them in src/app.sh (depends on T003, T004)
            ok T006 Describe it in docs/app.md
            ok T007 Create src/out.sh
            ```
            """)
        expectEqual(progress.folded(seconds: 80, tokens: 31_400), "6 of 8 tasks done, 80 s, 31 k tokens")
        expectEqual(ImplementProgress.lines(ofBlock: "```\nok a\nok b\n```"), ["ok a", "ok b"])
    }

    @Test("a subject has the id and fits on one line")
    func subject() throws {
        let tasks = TaskDocument(
            MarkdownDocument("- [ ] T001 Write\u{202E} `a.sh` \(String(repeating: "word ", count: 40))"))
        let subject = ImplementTexts.subject(of: try #require(tasks.tasks.first))
        #expect(subject.hasPrefix("T001 Write  'a.sh' word") && subject.hasSuffix("…") && subject.count == 72)
    }
}
