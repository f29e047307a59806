import TestSupport
import Testing

@testable import SpecDocuments

@Suite("Documents are read", .timeLimit(.minutes(1)))
struct DocumentParserTests {
    private func spec(_ text: String) -> SpecDocument { SpecDocument(MarkdownDocument(text)) }
    private func tasks(_ text: String) -> TaskDocument { TaskDocument(MarkdownDocument(text)) }

    @Test("a specification's parts")
    func specification() throws {
        let spec = self.spec(FeatureSample.spec)
        expectEqual(spec.fields.map(\.name), ["Feature Branch", "Created", "Status", "Input"])
        expectEqual(spec.fields.first?.value, "`004-shared-lists`")
        expectEqual(spec.stories.map(\.label), ["US1", "US2"])
        expectEqual(spec.stories.map(\.title), ["Invite somebody", "Tick entries together"])
        expectEqual(spec.stories.map(\.priority), ["P1", "P2"])
        expectEqual(spec.stories.map(\.scenarios.count), [2, 1])
        let scenario = try #require(spec.stories.last?.scenarios.first)
        #expect(scenario.missing.isEmpty && scenario.text.hasSuffix("**Then** Ana sees the tick within two seconds"))
        expectEqual(spec.stories.first?.independentTest, "invite a second account and open the list with it.")
        expectEqual(spec.requirements.map(\.id.description), ["FR-001", "FR-002", "FR-003"])
        expectEqual(spec.criteria.map(\.text).last, "A tick is visible to others within 2 seconds")
        #expect(spec.edgeCases.count == 2 && spec.entities.count == 2 && spec.assumptions == ["People have an account"])
        let clarification = try #require(spec.clarifications.first)
        expectEqual(clarification.session, "Session 2026-03-03")
        #expect(clarification.question == "Who may remove an entry?" && clarification.answer == "Everybody on the list")
    }

    @Test("other forms of ids, headings and keywords")
    func forms() {
        let spec = self.spec(DocumentShapes.underscores)
        expectEqual(spec.requirements.map(\.id.description), ["FR-001", "FR-001a", "FR-010", "NFR-001"])
        expectEqual(spec.stories.first?.scenarios.count, 2)
        expectEqual(spec.stories.first?.title, "Export a month")
        let table = self.spec(DocumentShapes.table)
        expectEqual(table.requirements.map(\.id.description), ["FR-001", "FR-002", "FR-003"])
        expectEqual(table.requirements.map(\.text).first, "Shows the list MUST")
        let japanese = self.spec(DocumentShapes.japanese).stories
        #expect(japanese.first?.title == "ログインする（Priority: P1）" && japanese.first?.priority == "P1")
        expectEqual(japanese.first?.scenarios.first?.missing, [])
        let german = self.spec(DocumentShapes.german).stories.first
        expectEqual(german?.scenarios.map(\.missing), [[], ["Given", "When", "Then"]])
        expectEqual(self.spec(DocumentShapes.arabic).stories.first?.scenarios.first?.missing, [])
    }

    @Test("questions that are open")
    func questions() {
        let text =
            "a [NEEDS CLARIFICATION: which [A] or B?] b\n`[NEEDS CLARIFICATION: code]`\n[NEEDS CLARIFICATION: no end\n"
        expectEqual(self.spec(text).questions.map(\.question), ["which [A] or B?", "no end"])
        expectEqual(self.spec(text).questions.map(\.line), [0, 2])
    }

    @Test(
        "brackets are the outermost ones that have an end",
        arguments: [
            ("a [b] c [d [e]]", ["[b]", "[d [e]]"]), ("[[a] [b]", ["[a]", "[b]"]), ("] [a]]", ["[a]"]),
            ("[a \\[b] c", []), ("\\[a] [b]", ["[b]"]), ("[a [[b]", ["[b]"]), ("[", []),
            ("[NEEDS CLARIFICATION: a [b] c", ["[NEEDS CLARIFICATION: a [b] c", "[b]"]),
            (
                "[NEEDS CLARIFICATION: a [NEEDS CLARIFICATION: b",
                ["[NEEDS CLARIFICATION: a ", "[NEEDS CLARIFICATION: b"]
            ),
        ])
    func brackets(line: String, expected: [String]) {
        let document = MarkdownDocument(line)
        expectEqual(
            document.brackets(on: 0).map { String(decoding: document.bytes[$0.range], as: UTF8.self) }, expected)
    }

    @Test("thousands of unfinished links are not links, and hide no others")
    func manyLinks() {
        let text = String(repeating: "](x", count: 100_000) + "\n[a](b.md \"title\") [c](<d e.md>)\n"
        var room = DocumentLink.room
        expectEqual(DocumentLink.all(in: MarkdownDocument(text), &room).map(\.text), ["b.md", "d e.md"])
    }

    @Test(
        "very many brackets without an end are read once",
        arguments: ["[", "[[]", "[NEEDS CLARIFICATION: a ", "[NEEDS CLARIFICATION: [] "])
    func manyBrackets(_ unit: String) {
        let text = String(repeating: unit, count: 1_000_000 / unit.utf8.count)
        let spans = MarkdownDocument(text).brackets(on: 0)
        #expect(spans.map(\.inner.count).reduce(0, +) <= text.utf8.count)
    }

    @Test("headings in code and comments are none")
    func nesting() {
        let document = MarkdownDocument(DocumentShapes.nested)
        expectEqual(
            document.sections.map(\.title),
            ["Implementation Plan: Nested", "Summary", "Closed", "With `code` & <b>marks</b>"])
        #expect(document.openFence == nil && document.openComment == nil)
        expectEqual(MarkdownDocument("```\n# a\n").openFence, 0)
        expectEqual(MarkdownDocument("a\n<!-- b\n# c\n").openComment, 1)
        expectEqual(MarkdownDocument("---\ntitle: x\n# no\n---\n# a\n").sections.map(\.title), ["no", "a"])
        expectEqual(MarkdownDocument("---\ntitle: x\n---\n# a\n").sections.map(\.line), [3])
    }

    @Test("tasks with labels, files and what they wait for")
    func taskList() throws {
        let tasks = self.tasks(FeatureSample.tasks)
        expectEqual(tasks.tasks.map(\.id), (1...7).map { "T00\($0)" })
        expectEqual(tasks.tasks.map(\.isTicked), [true, false, false, false, false, false, false])
        expectEqual(tasks.tasks.map(\.isParallel), [false, true, true, true, false, false, true])
        expectEqual(tasks.tasks.map(\.stories), [[], [], [], [1], [1], [2], []])
        #expect(tasks.tasks[4].dependencies == ["T002", "T004"] && tasks.tasks[5].dependencies == ["T003"])
        expectEqual(tasks.tasks[5].paths, ["src/lists/events.py"])
        expectEqual(tasks.phases.map(\.number), [1, 2, 3, 4, 5])
        expectEqual(tasks.phases.map(\.kind), [.setup, .foundation, .stories([1]), .stories([2]), .polish])
        let orders = tasks.orders.map { "\($0.task)<\($0.prerequisite)" }
        #expect(orders.contains("Phase 4<Phase 3") && orders.contains("T005<T003") && orders.contains("T007<T005"))
    }

    @Test("tasks in other forms")
    func taskForms() {
        expectEqual(self.tasks(DocumentShapes.tabs).tasks.map(\.id), ["T001", "T002", "T003"])
        let matter = self.tasks(DocumentShapes.frontMatter)
        expectEqual(matter.phases.map(\.kind), [.setup, .stories([1, 3])])
        expectEqual(matter.tasks.map(\.text)[1], "Write rows in `internal/csv/rows.go` with the header first")
        expectEqual(matter.tasks[2].dependencies, ["T002"])
        expectEqual(self.tasks(DocumentShapes.oldTasks).tasks.count, 4)
        let damaged = self.tasks("-[ ] T001 a\n- [] T002 b\n- [✓] T003 c\n- [x]T004 d\n- [ ] **T005**: e\n")
        expectEqual(damaged.tasks.map(\.id), ["T001", "T002", "T003", "T004", "T005"])
        expectEqual(damaged.tasks.map(\.hasWellFormedBox), [false, false, false, false, true])
    }

    @Test("tasks with other programs' boxes are there, and ticking one changes nothing but its box")
    func otherBoxes() throws {
        let text = "- [/] T001 a\n- [>] T002 b\n- [!] T003 c\n- [?] T004 d\n- [ ]* T005 e\n- [x]* T006 f\n- [ ]\n- []\n"
        let tasks = self.tasks(text)
        expectEqual(tasks.tasks.map(\.id), (1...6).map { "T00\($0)" })
        expectEqual(tasks.tasks.map(\.isTicked), [false, false, false, false, false, true])
        for (id, old) in [("T001", "[/]"), ("T002", "[>]"), ("T003", "[!]"), ("T004", "[?]"), ("T005", "[ ]*")] {
            let ticked = String(decoding: try tasks.ticking(id), as: UTF8.self)
            let new = old.hasSuffix("*") ? "[x]*" : "[x]"
            expectEqual(ticked, text.replacing("\(old) \(id)", with: "\(new) \(id)"))
        }
    }

    @Test(
        "files in descriptions",
        arguments: [
            ("Create `src/a.py`, tests/b_test.py and docs/", ["src/a.py", "tests/b_test.py", "docs/"]),
            ("Set up CI/CD and authentication/authorization", []),
            ("Add the key to `package.json`; user.name and e.g. this.", ["package.json"]),
            ("Wire app/routes/week.$id.tsx (see (`lib/x`))", ["app/routes/week.$id.tsx", "lib/x"]),
            ("GET /api/albums", []),
        ])
    func paths(text: String, paths: [String]) {
        expectEqual(self.tasks("- [ ] T001 \(text)\n").tasks.first?.paths, paths)
    }

    @Test("plans, research, checklists, constitutions")
    func others() {
        let plan = PlanDocument(MarkdownDocument(FeatureSample.plan))
        expectEqual(plan.context.map(\.name), ["Language/Version", "Primary Dependencies", "Storage", "Testing"])
        expectEqual(plan.structureDecision, "the existing single project")
        let research = ResearchDocument(MarkdownDocument(DocumentShapes.researchSections))
        expectEqual(research.decisions.map(\.title), ["1. Storage", "2. Format"])
        expectEqual(research.decisions.map(\.hasRationale), [true, false])
        let checklist = ChecklistDocument(MarkdownDocument(FeatureSample.checklist))
        #expect(checklist.items.map(\.id) == ["CHK001", "CHK002"] && checklist.items.map(\.isTicked) == [true, false])
        let constitution = ConstitutionDocument(MarkdownDocument(FeatureSample.constitution))
        expectEqual(constitution.principles.map(\.title), ["I. Tests first", "II. Small changes"])
        #expect(constitution.version?.value == "1.2.0" && constitution.amended?.value == "2026-02-10")
    }
}
