import Git
import Models
import Repositories
import TestSupport
import Testing

@testable import SpecDocuments
@testable import Specs

/// What small documents may cost. A test that fails here takes minutes or gigabytes.
@Suite("Small documents stay small work", .timeLimit(.minutes(1)))
struct DocumentCostTests {
    private static func tasks(_ lines: String) -> String {
        "# Tasks: A\n\n## Phase 1: Setup\n\n- [ ] T001 Create a.py\n\n## Dependencies\n\n\(lines)\n"
    }

    private static func orders(_ lines: String) -> [TaskOrder] {
        TaskDocument(MarkdownDocument(Self.tasks(lines))).orders
    }

    @Test("ranges are ids once each, and at most 1,000 of a text")
    func ranges() {
        let ranges = Array(String(repeating: "T001-T003, T002, ", count: 2_000).utf8)
        expectEqual(TaskID.all(in: ranges[...]), ["T001", "T002", "T003"])
        let many = (0..<100).map { "T\($0 * 300 + 1_000)-T\($0 * 300 + 1_200)" }.joined(separator: ",")
        let ids = TaskID.all(in: Array(many.utf8)[...])
        #expect(ids.count == 1_000 && ids.first == "T1000" && ids.last == "T2395")
        let requirements = (0..<100).map { "FR-\($0 * 300 + 1_000)-FR-\($0 * 300 + 1_200)" }.joined(separator: ",")
        expectEqual(RequirementID.all(in: Array(requirements.utf8)[...], prefixes: ["FR"]).count, 1_000)
    }

    @Test(
        "a line with ranges on both sides is 10,000 dependencies, and a finding says so",
        arguments: [
            "- \(String(repeating: "T001-T200,", count: 10)) depends on \(String(repeating: "T300-T499,", count: 10))",
            "- T001-T200 → T300-T499 → T500-T699", "- T001-T200 depends on T001-T200",
            String(repeating: "- T001-T200 depends on T300-T499\n", count: 2_000),
        ])
    func products(_ lines: String) {
        expectEqual(Self.orders(lines).count, TaskOrder.limit)
        let findings = FeatureValidator().findings(in: FeatureSample.document("tasks.md", Self.tasks(lines)))
        #expect(findings.contains { $0.message.hasPrefix("Only the first 10000 dependencies count") })
        let few = FeatureValidator().findings(in: FeatureSample.document("tasks.md", Self.tasks("- T001 → T002")))
        #expect(!few.contains { $0.message.hasPrefix("Only the first") })
    }

    @Test("a task's own dependencies count among the 10,000")
    func ownDependencies() {
        let lines = (1...200).map { "- [ ] T\($0 + 1_000) Change a.py after T001-T200 or \(($0 % 9) + 300)\n" }
        let document = TaskDocument(MarkdownDocument("# Tasks: A\n\n## Phase 1: A\n\n" + lines.joined()))
        #expect(document.tasks[0].dependencies.count == 200 && document.orders.count == TaskOrder.limit)
    }

    @Test(
        "40 KB of words that begin a dependency, or of arrows",
        arguments: ["after T001 ", "after,", "after(T,", "after T001-T200 ", "after after ", "needs ", "needs(needs("])
    func dependencies(_ words: String) {
        let text = String(repeating: words, count: 40_000 / words.utf8.count)
        let tasks = TaskDocument(MarkdownDocument("# Tasks: A\n\n## Phase 1: A\n\n- [ ] T500 Do it \(text)\n")).tasks
        expectEqual(tasks.map(\.id), ["T500"])
        #expect(tasks[0].dependencies.count <= 200)
    }

    @Test("a clause is read on after a word that it has itself")
    func clause() {
        let text = "- [ ] T500 Do it after T001 and after T002, then x y after T003 - T005\n"
        let tasks = TaskDocument(MarkdownDocument("# Tasks: A\n\n## Phase 1: A\n\n" + text)).tasks
        expectEqual(tasks[0].dependencies, ["T001", "T002", "T003", "T004", "T005"])
    }

    @Test("a line of 20,000 arrows is searched once, and both kinds of arrows are in their order")
    func arrows() {
        let line = "- T001 " + String(repeating: "->", count: 20_000) + " T002 -> T003 → T004"
        expectEqual(Self.orders(line).map { "\($0.task)<\($0.prerequisite)" }, ["T003<T002", "T004<T003"])
    }

    @Test("the first 20 cycles are named")
    func cycles() {
        let lines =
            (1..<100).flatMap { low in (1...9).map { "- T\(low + 100) depends on T\(low + 100 + $0)" } }
            .joined(separator: "\n") + "\n- T109-T190 depends on T101-T180"
        let findings = FeatureValidator().findings(in: FeatureSample.document("tasks.md", Self.tasks(lines)))
        expectEqual(findings.count { $0.rule.id == "task-cycle" }, OrderCycles.limit)
    }

    @Test("a cycle that several lines state is one")
    func sameCycle() {
        let lines = String(repeating: "- T001 depends on T002\n- T002 depends on T001\n", count: 50)
        let findings = FeatureValidator().findings(in: FeatureSample.document("tasks.md", Self.tasks(lines)))
        expectEqual(findings.count { $0.rule.id == "task-cycle" }, 1)
    }

    @Test("documents of marks are quoted with their runs broken, and a mark that is quoted so is found")
    func marks() throws {
        let marks = "a" + String(repeating: "\u{301}\u{316}", count: 5_000)
        let text = "# Feature Specification: A\n\n[NEEDS CLARIFICATION: \(marks)]\n"
        var material = StageMaterial()
        material.add(document: "specs/001-a/spec.md", Array(text.utf8))
        let spec = SpecDocument(MarkdownDocument(text))
        let question = try #require(ClarifyQuestion.marked(in: spec).first)
        let prompts =
            ClarifyPrompt.questions(about: spec, topic: "") + ClarifyPrompt.change(by: "b", to: question, in: spec)
        let quoted = [material.text, question.place ?? ""] + prompts.filter { $0.role == .user }.map(\.text)
        #expect(quoted.count == 4 && quoted.allSatisfy { $0.unicodeScalars.contains("\u{34F}") })
        let mark = try #require(spec.questions.first)
        expectEqual(ClarifyChange.plain("b", to: question, in: spec), ClarificationEdit.Change.mark(mark, with: "b"))
    }

    @Test("an anchor has no long run of marks, though it lacks what is between them in its heading")
    func anchorOfMarks() {
        let points = "a" + String(repeating: "\u{5B0}\u{5B1}", count: 5_000)
        let anchor = LinkRules.anchors(of: MarkdownDocument("# \(points)\n")).first
        expectEqual(anchor?.unicodeScalars.contains("\u{34F}"), true)
    }

    @Test("10,000 equal headings have an anchor each")
    func anchors() {
        let text = "[a](#b) [c](#a-9999)\n\n" + String(repeating: "# a\n", count: 10_000)
        expectEqual(LinkRules.anchors(of: MarkdownDocument(text)).count, 10_000)
        let findings = FeatureValidator().findings(in: FeatureSample.document("notes.md", text))
        expectEqual(findings.filter { $0.rule.id == "anchor" }.count, 1)
        expectEqual(
            LinkRules.anchors(of: MarkdownDocument("# a\n# a-1\n# a\n# a\n")), ["a", "a-1", "a-2", "a-3"])
    }

    @Test("the phase of 10,000 stories is one of 50, which the findings of its tasks name")
    func storiesOfPhase() {
        let numbers = (1...10_000).map(String.init).joined(separator: ",")
        let text =
            "# Tasks: A\n\n## Phase 1: US\(numbers)\n\n"
            + (1...2_000).map { "- [ ] T\($0 + 1_000) Change a.py\n" }.joined()
        let document = TaskDocument(MarkdownDocument(text))
        expectEqual(document.phases.map(\.kind), [.stories(Array(1...50))])
        let findings = FeatureValidator().findings(in: FeatureSample.document("tasks.md", text))
        #expect(findings.allSatisfy { $0.message.utf8.count < 2_000 })
    }

    @Test("phases that wait for thousands of others do not slow the choice of the next task")
    func queue() throws {
        let waits = (0..<2_000).map { "- Phase 1 depends on Phase \($0 % 1_000 + 2)\n" }.joined()
        let tasks = (1...1_000).map { "- [ ] T\($0 + 1_000) Do a\n" }.joined()
        let text =
            "# Tasks: A\n\n## Phase 1: A\n\n\(tasks)\n## Phase 2: B\n\n- [ ] T500 Do b\n\n## Dependencies\n\n\(waits)"
        let document = TaskDocument(MarkdownDocument(text))
        let queue = TaskQueue(document)
        #expect(queue.blocked.count == 1_000 && queue.blocked.allSatisfy { $0.waitsFor == ["T500"] })
        expectEqual(queue.next, .task(try #require(document.tasks.last)))
    }

    @Test("thousands of tasks that wait for thousands of others name some of them")
    func waits() {
        let setup = (1...4_000).map { "- [ ] T\($0 + 1_000) Set a up\n" }.joined()
        let tasks = (1...4_000).map { "- [ ] T\($0 + 6_000) Do b\n" }.joined()
        let text = "# Tasks: A\n\n## Phase 1: Setup\n\n\(setup)\n## Phase 2: Foundational\n\n\(tasks)"
        let blocked = TaskQueue(TaskDocument(MarkdownDocument(text))).blocked
        expectEqual(blocked.count, 4_000)
        #expect(blocked.allSatisfy { $0.waitsFor.count == 50 })
    }

    @Test("a task names each of at most 200 stories once, and one id that a list repeats is waited for once")
    func repeated() {
        let labels = (0..<10_000).map { "US\($0 % 300 + 1)" }.joined(separator: ",")
        let entries = TaskDocument(MarkdownDocument("# Tasks: A\n\n- [ ] T1 [\(labels)] Do a\n")).tasks
        expectEqual(entries.map(\.stories), [Array(1...200)])
        let setup = String(repeating: "- [ ] T1 Set a up\n", count: 4_000)
        let tasks = (1...4_000).map { "- [ ] T\($0 + 6_000) Do b\n" }.joined()
        let text =
            "# Tasks: A\n\n## Phase 1: A\n\n\(setup)\n## Phase 2: B\n\n\(tasks)\n## Dependencies\n\n"
            + "- Phase 2 depends on Phase 1\n"
        let blocked = TaskQueue(TaskDocument(MarkdownDocument(text))).blocked
        #expect(blocked.count == 8_000 && blocked.suffix(4_000).allSatisfy { $0.waitsFor == ["T1"] })
    }

    @Test("a document of headings, and headings of marks, are read at once")
    func headings() {
        let marks = (0..<50_000).map { ["\u{345}", "\u{301}", "\u{316}", "\u{334}"][$0 % 4] }.joined()
        let research = ResearchDocument(MarkdownDocument(String(repeating: "# \n", count: 50_000)))
        expectEqual(research.decisions.count, 0)
        let document = MarkdownDocument("# A\n\n## a\(marks)\n\n## b\(marks)\n")
        #expect(document.sections.allSatisfy { $0.key != "c" })
    }

    @Test("an answer of more than 100 sections is not applied, and none to a document of more than 2,000")
    func sections() throws {
        let document = Array("# A\n\n\(String(repeating: "## Phase 1: a\n\n", count: 1_900))".utf8)
        let many = try #require(SectionAnswer((1...20_000).map { "## b\($0)\n" }.joined()))
        #expect(many.titles.count == 20_000 && many.applied(to: document) == nil)
        let some = try #require(SectionAnswer("## One\n\na\n\n### Inner\n\nb\n\n## Two\n\nc\n"))
        #expect(some.titles == ["One", "Two"] && some.applied(to: document) != nil)
        let long = Array("# A\n\n\(String(repeating: "## b\n\n", count: 2_000))".utf8)
        expectEqual(some.applied(to: long), nil)
        // A part may bring as many.
        let deep = try #require(SectionAnswer("## One\n\n\(String(repeating: "### b\n\n", count: 2_000))"))
        expectEqual(deep.applied(to: Array("# A\n\n## One\n\na\n".utf8)), nil)
    }

    @Test("an answer that begins thousands of documents keeps as many as are allowed, and one for the rest")
    func partsOfAnswer() {
        var draft = StageDraft(main: "plan.md", title: "A", noun: "the plan", others: StageFiles())
        let names = (1...5_000).map { "=== contracts/a\($0 % 100).md ===\n\n# Contract: A\n\nb\n\n" }
        _ = draft.append("# Plan\n\na\n\n" + names.joined())
        _ = draft.finish()
        expectEqual(draft.documents.count, StageLimits.others + 1)
        expectEqual(draft.parts.count, StageLimits.others + 2)
    }

    @Test("the first 2,000 bytes of a description name its feature")
    func shortName() {
        expectEqual(ShortName.of("\(String(repeating: "and ", count: 400))reset password"), "reset-password")
        expectEqual(ShortName.of("\(String(repeating: "and ", count: 600))reset password"), "new-feature")
    }

    @Test("a document has at most 200 findings, of each rule the first ones, and one that says that there are more")
    func findings() {
        let text = "# A\n\n\(String(repeating: "TB" + "D\n", count: 25_000))\n[x](#none)\n"
        let findings = FeatureValidator().findings(in: FeatureSample.document("notes.md", text))
        expectEqual(findings.count, FindingLimit.count + 1)
        expectEqual(Set(findings.map(\.rule.id)), ["unfinished", "anchor"])
        expectEqual(
            findings.filter { $0.line == nil }.map(\.message),
            ["The document has more than 200 findings, and only these are shown: correct them, then check again."])
        let unknown = String(repeating: "As FR-999 says\n", count: 5_000)
        let feature = FeatureSample.feature(checklist: "# A\n\n- [ ] CHK001 a\n\n\(unknown)")
        expectEqual(FeatureValidator().findings(in: feature).count { $0.rule.id == "id-unknown" }, 201)
    }

    @Test("of a feature 4 MiB of documents are read, its specification and tasks first, and the others are named")
    func feature() throws {
        let tasks = "# Tasks: A\n\n## Phase 1: Setup\n\n- [ ] T001 Create a.py\n"
        var files = ["specs/001-a/tasks.md": Array(tasks.utf8)]
        for number in 100..<160 { files["specs/001-a/n\(number).md"] = Array(repeating: 0x61, count: 100_000) }
        let head = try #require(GitObjectID(String(repeating: "a", count: 40)))
        let read = FeatureFiles(name: "001-a", branch: "001-a", head: head, files: files)
        let overview = FeatureOverview(read)
        expectEqual(overview.tasks.map(\.id), ["T001"])
        expectEqual(overview.documents.count, 61)
        expectEqual(overview.documents.count { $0.path.hasPrefix("specs/001-a/n") && $0.warnings == 1 }, 19)
    }

    @Test("a line of 1,500 runs of backticks, all of other lengths, is read once")
    func backticks() {
        let runs = (1...1_500).map { String(repeating: "`", count: $0) + "[A_B]" }.joined()
        let document = MarkdownDocument(runs)
        expectEqual(document.plain(0).elementsEqual(runs.utf8), true)
    }

    @Test(
        "code ends at the next run of as many backticks",
        arguments: [
            ("`[A_B]``[A_B]` [C_D]", ["C_D"]), ("``[A_B]` [A_B]``[C_D]`[E_F]", ["C_D", "E_F"]),
            ("\\``[A_B]` [C_D]", ["C_D"]), ("`[A_B]` [C_D] `[A_B]` [E_F]`", ["C_D", "E_F"]),
            ("[A_B] ``` [C_D] `[E_F]`", ["A_B", "C_D"]), ("`[A_B]\\` [C_D] ``[E_F]", ["C_D", "E_F"]),
        ])
    func code(_ text: String, _ brackets: [String]) {
        expectEqual(MarkdownDocument("a " + text).brackets(on: 0).map(\.inner.text), brackets)
    }

    @Test("of a repository's templates 1 MiB is searched for placeholders")
    func templates() throws {
        let line = (1...440).map { String(repeating: "`", count: $0) + " " }.joined()
        var files = ["specs/001-a/notes.md": Array("# A\n\nThe [first word] and\n\nthe [last word]\n".utf8)]
        for number in 100..<299 { files[".specify/templates/t\(number).md"] = Array(line.utf8) }
        files[".specify/templates/a.md"] = Array("[first word]\n".utf8)
        files[".specify/templates/z.md"] = Array("[last word]\n\(line)\n".utf8)
        let head = try #require(GitObjectID(String(repeating: "a", count: 40)))
        let overview = FeatureOverview(FeatureFiles(name: "001-a", branch: "001-a", head: head, files: files))
        expectEqual(overview.documents.map(\.errors), [1])
    }

    @Test("the first 1,000 links and 200 stories of a document are read")
    func linksAndStories() {
        let links = MarkdownDocument("# A\n\n\(String(repeating: "[a](b.md) ", count: 3_000))\n[b]: c.md\n")
        var room = DocumentLink.room
        expectEqual(DocumentLink.all(in: links, &room).count, DocumentLink.limit)
        let stories = (1...1_000).map { "### User Story \($0) - A\n\n#### Acceptance Scenarios\n\n1. Given b\n\n" }
        let spec = SpecDocument(MarkdownDocument("# A\n\n## User Scenarios\n\n\(stories.joined())"))
        expectEqual(spec.stories.map(\.number), Array(1...200))
        #expect(spec.stories.allSatisfy { $0.scenarios.count == 1 })
    }

    @Test("what is read behind places that look like links has a limit")
    func openLinks() {
        let opened = String(repeating: "](", count: 30_000) + ")"
        let document = MarkdownDocument("# A\n\n[a](b.md)\n\n\(opened)\n\n[c](d.md)\n")
        var room = DocumentLink.room
        expectEqual(DocumentLink.all(in: document, &room).map(\.text), ["b.md"])
    }

    @Test("of a run 50,000 links are followed, each once, whatever the documents")
    func linksOfRun() {
        let text = "# A\n\n\((0..<1_000).map { "[a](\($0).md)\n" }.joined())"
        let documents = (100..<160).map { FeatureDocument(path: "specs/001-a/n\($0).md", text: text) }
        let feature = FeatureDocuments(folder: "specs/001-a", documents: documents)
        var (room, asked) = (DocumentLink.room, 0)
        let findings = FeatureValidator().findings(in: feature, &room) { _ in
            asked += 1
            return false
        }
        #expect(asked == 50_000 && room == 0)
        expectEqual(findings.count { $0.rule.id == "link" }, 50 * (FindingLimit.count + 1))
        expectEqual(
            findings.filter { $0.message.hasPrefix("Only the first 50000 links") }.map(\.path), [documents[49].path])
        let files = documents.map { ($0.path, $0.markdown.bytes) }
        let check = StageCheck(folder: "specs/001-a", files: Dictionary(uniqueKeysWithValues: files))
        expectEqual(check.all.map(\.place), findings.map(\.place))
    }

    @Test("a link in a folder of half a million parts costs no more than the folder's length")
    func deepFolder() {
        let folder = String(repeating: "a/", count: 500_000)
        let links = (0..<1_000).map { "[a](../b/./\($0).md)\n" }.joined()
        let feature = FeatureSample.document("\(folder)n.md", "# A\n\n\(links)")
        var (room, bytes) = (DocumentLink.room, 0)
        let findings = FeatureValidator().findings(in: feature, &room) { path in
            bytes += path.utf8.count
            return true
        }
        expectEqual(findings, [])
        // Without its last part, and with `b/`, the number and `.md`.
        expectEqual(bytes, 1_000 * (folder.utf8.count + 3) + 10 + 2 * 90 + 3 * 900)
    }

    @Test("where links lead, from the folder of their document")
    func linkPaths() {
        let links = [
            ("b.md", "s/a/b.md"), ("./b.md", "s/a/b.md"), ("../b.md", "s/b.md"), ("../../b.md", "b.md"), ("/", ""),
            ("/b/./c.md", "b/c.md"), ("..", "s"), ("../..", ""), ("b//c.md", "s/a/b/c.md"), ("b%20c.md", "s/a/b c.md"),
            ("b/../../c", "s/c"), ("../../../b.md", nil), ("/../b.md", nil),
        ]
        for (link, path) in links {
            let target = DocumentLink(line: 0, text: link).target(from: "s/a")
            expectEqual(target, path.map { DocumentLink.Target.file($0) } ?? .outside, link)
        }
    }

    @Test("the name of a feature's folder is read once for all lines")
    func folderName() {
        let folder = "specs/001-a" + String(repeating: "é", count: 20_000)
        let spec = FeatureDocument(
            path: "\(folder)/spec.md", text: "# A\n\n## Requirements\n\n- **FR-001**: It MUST b.\n")
        let lines = String(repeating: "-\n", count: 51_000)
        let text = "# A\n\n\(lines)\nFR-002 of 002-login\n\nFR-003 of \(folder.dropFirst(6))\n"
        let feature = FeatureDocuments(
            folder: folder, documents: [spec, FeatureDocument(path: "\(folder)/notes.md", text: text)])
        expectEqual(
            CoverageRules.findings(in: feature).map(\.message),
            ["FR-003 is not defined in spec.md: define it there, or correct the id."])
    }

    @Test("17,000 words and 20,000 documents are matched at once")
    func refineTarget() {
        let names = (0..<20_000).map { "contracts/\(String(repeating: "é", count: 40))\($0)e.md" } + ["b/c.md", "c.md"]
        let words = String(repeating: "-e.md ", count: 17_000)
        expectEqual(RefineTarget(words, names: names).name, nil)
        for (word, name) in [
            ("c.md", "b/c.md"), ("b/c.md", "b/c.md"), ("x/b/c.md", "b/c.md"), ("x/c.md", "c.md"), ("xc.md", nil),
            ("xb/c.md", "c.md"), ("C.MD", "b/c.md"), ("/c.md", "c.md"), ("c.md.", "b/c.md"), ("md", nil),
        ] {
            expectEqual(RefineTarget(word, names: names).name, name, word)
        }
    }

    private static func openFields(_ context: String) -> [Int] {
        let text = "# Implementation Plan: A\n\n## Technical Context\n\n\(context)\n\n## Summary\n\na\n"
        let document = FeatureDocument(path: "specs/001-a/plan.md", text: text)
        guard case .plan(let plan) = document.content else { return [] }
        let findings = PlanRules.findings(in: plan, document)
        return findings.filter { $0.message.contains(" is empty: ") }.compactMap(\.line)
    }

    @Test("thousands of fields without values look at what follows their line once")
    func fields() {
        let (names, lines) = (String(repeating: "**a**:|", count: 7_000), String(repeating: "a\n", count: 25_000))
        for _ in 0..<4 { expectEqual(Self.openFields("\(names)\n\(lines)"), []) }
        // Not fields as a whole, so each is text to the one before.
        expectEqual(Self.openFields(String(repeating: "x|**a**:\n", count: 11_000)).count, 1)
    }

    @Test(
        "a field without a value is empty unless text follows",
        arguments: [
            ("**A**:\n\nb", 0), ("**A**:", 1), ("**A**:\n\n**B**: c", 1), ("**A**:\n```\nb\n```", 1),
            ("**A**: | **B**:\n\n\n", 2), ("**A**: | **B**:\nc", 0), ("**A**:\n<!-- c -->\nd", 1),
        ])
    func field(_ context: String, _ count: Int) {
        expectEqual(Self.openFields(context).count, count)
    }

    @Test("of a document's tasks, and of its dependencies, the first 20,000 ids count, and all tasks are read")
    func idsOfDocument() {
        let tasks = (1...3_500).map { "- [ ] T\($0 + 1_000) a after T001-T200\n" }.joined()
        let document = TaskDocument(MarkdownDocument("# Tasks: A\n\n## Phase 1: A\n\n\(tasks)"))
        expectEqual(document.tasks.count, 3_500)
        expectEqual(document.tasks.count { !$0.dependencies.isEmpty }, TaskID.room / 200)
        let ranges = String(repeating: "- T001-T200\n", count: 100)
        expectEqual(Self.orders("\(ranges)- T001 -> T002").count, 0)
        expectEqual(Self.orders("\(ranges.prefix(12 * 99))- T001 -> T002").count, 1)
    }

    @Test("of a feature's documents, the first 100,000 ids of requirements are looked up")
    func idsOfFeature() {
        // FR-003 is the last one of the sample.
        let more = (1_004...1_200).map { "- **FR-\("\($0)".dropFirst())**: b\n" }.joined()
        let spec = FeatureSample.spec.replacing("- **FR-003**", with: "\(more)- **FR-003**")
        func unknown(_ lines: Int) -> Int {
            let ranges = String(repeating: "As FR-001-FR-200 say\n", count: lines)
            let checklist = "# A\n\n- [ ] CHK001 a\n\n\(ranges)\nFR-999\n"
            let feature = FeatureSample.feature(spec: spec, checklist: checklist)
            return FeatureValidator().findings(in: feature).count { $0.rule.id == "id-unknown" }
        }
        expectEqual(unknown(10), 1)
        expectEqual(unknown(500), 0)
    }

    @Test("thousands of phases and of tasks are matched at once, and a phase in another one is found")
    func phases() throws {
        let phases = (1...20_000).map { "## Phase \($0): A\n\n- [ ] T\($0 + 10_000) [P] Change a.py\n\n" }
        let text = "# Tasks: A\n\n\(phases.joined())"
        let document = TaskDocument(MarkdownDocument(text))
        expectEqual(document.tasks.compactMap { document.phase(of: $0)?.number }, Array(1...20_000))
        expectEqual(ParallelRules.findings(in: document, FeatureDocument(path: "tasks.md", text: "")).count, 0)
        let nested = TaskDocument(
            MarkdownDocument(
                "# Tasks: A\n\n- [ ] T001 a\n\n## Phase 1: A\n\n- [ ] T002 [P] b.py\n\n### Phase 2: B\n\n"
                    + "- [ ] T003 [P] b.py\n\n### Other\n\n- [ ] T004 d\n\n## Notes\n\ne\n"))
        let tasks = nested.tasks.filter { ["T002", "T003", "T004"].contains($0.id) }
        expectEqual(tasks.map { nested.phase(of: $0)?.number }, [1, 2, 1])
        expectEqual(nested.phase(at: 2), nil)
        expectEqual(nested.phase(at: nested.markdown.lines.count - 1), nil)
    }

    @Test("a phase has the first 240 bytes of its title, and all that its heading says it is")
    func phaseTitle() throws {
        let words = String(repeating: "é", count: 25_000)
        let document = TaskDocument(
            MarkdownDocument("# Tasks: A\n\n## Phase 3: \(words) User Story 7\n\n- [ ] T001 a\n- [ ] T002 b\n"))
        expectEqual(document.tasks.map(\.id), ["T001", "T002"])
        for task in document.tasks {
            let phase = try #require(document.phase(of: task))
            expectEqual(phase.title, String(repeating: "é", count: 120))
            #expect(phase.number == 3 && phase.kind == .stories([7]))
        }
    }

    @Test("an answer's marks that a control character parted are parted otherwise")
    func marksOfAnswer() throws {
        let marks = (0..<200_000).map { ["\u{345}\u{1}", "\u{316}\u{1}"][$0 % 2] }.joined()
        let answer = try #require(SectionAnswer("## a\(marks)\n\nb\n"))
        expectEqual(answer.titles == ["a"], false)
        expectEqual(answer.text.unicodeScalars.contains("\u{34F}"), true)
    }
}
