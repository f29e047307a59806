import Specs
import Testing

@Suite("Documents are read", .timeLimit(.minutes(1)))
struct DocumentParserTests {
    private func spec(_ text: String) -> SpecDocument { SpecDocument(MarkdownDocument(text)) }
    private func tasks(_ text: String) -> TaskDocument { TaskDocument(MarkdownDocument(text)) }

    @Test("a specification's parts")
    func specification() throws {
        let spec = self.spec(FeatureSample.spec)
        #expect(spec.fields.map(\.name) == ["Feature Branch", "Created", "Status", "Input"])
        #expect(spec.fields.first?.value == "`004-shared-lists`")
        #expect(spec.stories.map(\.label) == ["US1", "US2"])
        #expect(spec.stories.map(\.title) == ["Invite somebody", "Tick entries together"])
        #expect(spec.stories.map(\.priority) == ["P1", "P2"])
        #expect(spec.stories.map(\.scenarios.count) == [2, 1])
        let scenario = try #require(spec.stories.last?.scenarios.first)
        #expect(scenario.missing.isEmpty && scenario.text.hasSuffix("**Then** Ana sees the tick within two seconds"))
        #expect(spec.stories.first?.independentTest == "invite a second account and open the list with it.")
        #expect(spec.requirements.map(\.id.description) == ["FR-001", "FR-002", "FR-003"])
        #expect(spec.criteria.map(\.text).last == "A tick is visible to others within 2 seconds")
        #expect(spec.edgeCases.count == 2 && spec.entities.count == 2 && spec.assumptions == ["People have an account"])
        let clarification = try #require(spec.clarifications.first)
        #expect(clarification.session == "Session 2026-03-03")
        #expect(clarification.question == "Who may remove an entry?" && clarification.answer == "Everybody on the list")
    }

    @Test("other forms of ids, headings and keywords")
    func forms() {
        let spec = self.spec(DocumentShapes.underscores)
        #expect(spec.requirements.map(\.id.description) == ["FR-001", "FR-001a", "FR-010", "NFR-001"])
        #expect(spec.stories.first?.scenarios.count == 2)
        #expect(spec.stories.first?.title == "Export a month")
        let table = self.spec(DocumentShapes.table)
        #expect(table.requirements.map(\.id.description) == ["FR-001", "FR-002", "FR-003"])
        #expect(table.requirements.map(\.text).first == "Shows the list MUST")
        let japanese = self.spec(DocumentShapes.japanese).stories
        #expect(japanese.first?.title == "ログインする（Priority: P1）" && japanese.first?.priority == "P1")
        #expect(japanese.first?.scenarios.first?.missing == [])
        let german = self.spec(DocumentShapes.german).stories.first
        #expect(german?.scenarios.map(\.missing) == [[], ["Given", "When", "Then"]])
        #expect(self.spec(DocumentShapes.arabic).stories.first?.scenarios.first?.missing == [])
    }

    @Test("questions that are open")
    func questions() {
        let text =
            "a [NEEDS CLARIFICATION: which [A] or B?] b\n`[NEEDS CLARIFICATION: code]`\n[NEEDS CLARIFICATION: no end\n"
        #expect(self.spec(text).questions.map(\.question) == ["which [A] or B?", "no end"])
        #expect(self.spec(text).questions.map(\.line) == [0, 2])
    }

    @Test("headings in code and comments are none")
    func nesting() {
        let document = MarkdownDocument(DocumentShapes.nested)
        #expect(
            document.sections.map(\.title)
                == ["Implementation Plan: Nested", "Summary", "Closed", "With `code` & <b>marks</b>"])
        #expect(document.openFence == nil && document.openComment == nil)
        #expect(MarkdownDocument("```\n# a\n").openFence == 0)
        #expect(MarkdownDocument("a\n<!-- b\n# c\n").openComment == 1)
        #expect(MarkdownDocument("---\ntitle: x\n# no\n---\n# a\n").sections.map(\.title) == ["no", "a"])
        #expect(MarkdownDocument("---\ntitle: x\n---\n# a\n").sections.map(\.line) == [3])
    }

    @Test("tasks with labels, files and what they wait for")
    func taskList() throws {
        let tasks = self.tasks(FeatureSample.tasks)
        #expect(tasks.tasks.map(\.id) == (1...7).map { "T00\($0)" })
        #expect(tasks.tasks.map(\.isTicked) == [true, false, false, false, false, false, false])
        #expect(tasks.tasks.map(\.isParallel) == [false, true, true, true, false, false, true])
        #expect(tasks.tasks.map(\.stories) == [[], [], [], [1], [1], [2], []])
        #expect(tasks.tasks[4].dependencies == ["T002", "T004"] && tasks.tasks[5].dependencies == ["T003"])
        #expect(tasks.tasks[5].paths == ["src/lists/events.py"])
        #expect(tasks.phases.map(\.number) == [1, 2, 3, 4, 5])
        #expect(tasks.phases.map(\.kind) == [.setup, .foundation, .stories([1]), .stories([2]), .polish])
        let orders = tasks.orders.map { "\($0.task)<\($0.prerequisite)" }
        #expect(orders.contains("Phase 4<Phase 3") && orders.contains("T005<T003") && orders.contains("T007<T005"))
    }

    @Test("tasks in other forms")
    func taskForms() {
        #expect(self.tasks(DocumentShapes.tabs).tasks.map(\.id) == ["T001", "T002", "T003"])
        let matter = self.tasks(DocumentShapes.frontMatter)
        #expect(matter.phases.map(\.kind) == [.setup, .stories([1, 3])])
        #expect(matter.tasks.map(\.text)[1] == "Write rows in `internal/csv/rows.go` with the header first")
        #expect(matter.tasks[2].dependencies == ["T002"])
        #expect(self.tasks(DocumentShapes.oldTasks).tasks.count == 4)
        let damaged = self.tasks("-[ ] T001 a\n- [] T002 b\n- [✓] T003 c\n- [x]T004 d\n- [ ] **T005**: e\n")
        #expect(damaged.tasks.map(\.id) == ["T001", "T002", "T003", "T004", "T005"])
        #expect(damaged.tasks.map(\.hasWellFormedBox) == [false, false, false, false, true])
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
        #expect(self.tasks("- [ ] T001 \(text)\n").tasks.first?.paths == paths)
    }

    @Test("plans, research, checklists, constitutions")
    func others() {
        let plan = PlanDocument(MarkdownDocument(FeatureSample.plan))
        #expect(plan.context.map(\.name) == ["Language/Version", "Primary Dependencies", "Storage", "Testing"])
        #expect(plan.structureDecision == "the existing single project")
        let research = ResearchDocument(MarkdownDocument(DocumentShapes.researchSections))
        #expect(research.decisions.map(\.title) == ["1. Storage", "2. Format"])
        #expect(research.decisions.map(\.hasRationale) == [true, false])
        let checklist = ChecklistDocument(MarkdownDocument(FeatureSample.checklist))
        #expect(checklist.items.map(\.id) == ["CHK001", "CHK002"] && checklist.items.map(\.isTicked) == [true, false])
        let constitution = ConstitutionDocument(MarkdownDocument(FeatureSample.constitution))
        #expect(constitution.principles.map(\.title) == ["I. Tests first", "II. Small changes"])
        #expect(constitution.version?.value == "1.2.0" && constitution.amended?.value == "2026-02-10")
    }
}
