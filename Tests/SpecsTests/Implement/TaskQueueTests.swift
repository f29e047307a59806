import Specs
import TestSupport
import Testing

@testable import SpecDocuments

@Suite("Implement: which task is next", .timeLimit(.minutes(1)))
struct TaskQueueTests {
    static let text = """
        # Tasks: Login

        ## Phase 1: Setup

        - [x] T001 Create the folder src/
        - [ ] T002 Add the README section in README.md

        ## Phase 2: User Story 1 - Sign in (Priority: P1)

        - [ ] T003 [P] [US1] Create the model in src/user.sh
        - [ ] T004 [P] [US1] Create the page in src/page.sh
        - [ ] T005 [US1] Join them in src/app.sh (depends on T003, T004)
        - [ ] T006 [US1] Describe it in docs/app.md

        ## Phase 3: User Story 2 - Sign out (Priority: P2)

        - [ ] T007 [P] [US2] Create src/out.sh
        - [ ] T008 [P] [US2] Extend src/user.sh

        ## Notes

        - T001 was easy
        """

    static func tasks(_ text: String = Self.text, ticked: String...) throws -> TaskDocument {
        var tasks = TaskDocument(MarkdownDocument(text))
        for id in ticked { tasks = TaskDocument(MarkdownDocument(try tasks.ticking(id))) }
        return tasks
    }

    static func order(_ tasks: TaskDocument, _ selection: TaskSelection = TaskSelection(), failing: Set<String> = [])
        throws
        -> [String]
    {
        var (tasks, order, left) = (tasks, [String](), Set<String>())
        while case .task(let task) = TaskQueue(tasks, selection, left: left).next {
            order.append(task.id)
            if failing.contains(task.id) {
                left.insert(task.id)
            } else {
                tasks = TaskDocument(MarkdownDocument(try tasks.ticking(task.id)))
            }
        }
        return order
    }

    @Test("unticked tasks come in their order, and a box ticked by hand is passed over")
    func order() throws {
        try expectEqual(Self.order(Self.tasks()), ["T002", "T003", "T004", "T005", "T006", "T007", "T008"])
        try expectEqual(Self.order(Self.tasks(ticked: "T003", "T006")), ["T002", "T004", "T005", "T007", "T008"])
    }

    @Test("what waits for a left task does not begin, everything else does")
    func left() throws {
        // T005 names it, T006 follows in the phase without a mark, T008 changes the same file.
        let tasks = try Self.tasks()
        try expectEqual(Self.order(tasks, failing: ["T003"]), ["T002", "T003", "T004", "T007"])
        try expectEqual(Self.order(tasks, failing: ["T007"]), ["T002", "T003", "T004", "T005", "T006", "T007", "T008"])
        // What prepares everything blocks everything.
        try expectEqual(Self.order(tasks, failing: ["T002"]), ["T002"])
        let queue = TaskQueue(tasks, left: ["T003"])
        expectEqual(queue.blocked.first { $0.task.id == "T005" }?.waitsFor, ["T003", "T004", "T002"])
    }

    @Test("tasks, ranges and stories can be chosen, in any writing")
    func selection() throws {
        let tasks = try Self.tasks(ticked: "T002")
        try expectEqual(Self.order(tasks, #require(TaskSelection("T003"))), ["T003"])
        try expectEqual(Self.order(tasks, #require(TaskSelection("t003 - t005"))), ["T003", "T004", "T005"])
        try expectEqual(Self.order(tasks, #require(TaskSelection("us2"))), ["T007", "T008"])
        try expectEqual(Self.order(tasks, #require(TaskSelection("T003,T004, US2"))), ["T003", "T004", "T007", "T008"])
        expectEqual(TaskSelection(""), TaskSelection())
        expectEqual(TaskSelection("T012a"), TaskSelection(ids: ["T012a"]))
        for wrong in ["everything", "T", "12", "US", "T001 please"] {
            expectEqual(TaskSelection(wrong), nil, "\(wrong)")
        }
        expectEqual(TaskSelection("T003 T099 US7")?.missing(in: tasks), ["T099", "US7"])
    }

    @Test("a choice of more than 500 tasks or 1,000 bytes is refused with the limits")
    func excess() throws {
        expectEqual(TaskSelection("T001-T200 T300-T499")?.ids.count, 400)
        for text in ["T001-T200 T300-T499 T600-T799", "T1\(String(repeating: " ", count: 60_000))T002"] {
            expectEqual(TaskSelection(text), nil)
            let refusal = try #require(ImplementTexts.refusal(of: text))
            #expect(refusal.contains("at most 500 tasks in 1000 bytes"))
        }
        expectEqual(ImplementTexts.refusal(of: "everything"), ImplementTexts.arguments)
        expectEqual(ImplementTexts.refusal(of: "T003 -  T005"), nil)
        let spaces = String(repeating: " ", count: 200)
        expectEqual(
            TaskSelection("T003\(spaces)–\(spaces)T005\(spaces)T007")?.ids, ["T003", "T004", "T005", "T007"])
    }

    @Test("a chosen task that waits for another one does not begin, and says for which")
    func waiting() throws {
        let selection = try #require(TaskSelection("T005"))
        let queue = try TaskQueue(Self.tasks(), selection)
        expectEqual(queue.next, .finished)
        expectEqual(queue.blocked.map(\.waitsFor), [["T003", "T004"]])
        let text = ImplementTexts.summary(queue, feature: "001-login", made: 0, left: [:])
        #expect(text.contains("- T005 cannot begin: it waits for T003, T004."))
        #expect(text.hasSuffix("Type `implement T003` first, or `implement` for all tasks in their order."))
    }

    @Test("tasks in a circle, without a box or with one id end in words, not in a loop")
    func damaged() throws {
        let tasks = TaskDocument(
            MarkdownDocument(
                """
                ## Phase 1: Work

                - [ ] T001 Write a.sh (depends on T002)
                - [ ] T002 Write b.sh (depends on T001)
                - T003 Write c.sh
                - [ ] T004 Write d.sh
                - [ ] T004 Write e.sh
                """))
        let queue = TaskQueue(tasks)
        expectEqual(queue.next, .finished)
        expectEqual(queue.blocked.count, 5)
        #expect(
            ImplementTexts.summary(queue, feature: "001-x", made: 0, left: [:]).contains(
                "T003 cannot begin: it has no checkbox"))
    }
}
