import TestSupport
import Testing

@testable import SpecDocuments
@testable import Specs

@Suite("Documents are changed by code", .timeLimit(.minutes(1)))
struct DocumentEditTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    private func tasks(_ text: String) -> TaskDocument { TaskDocument(MarkdownDocument(text)) }
    private func spec(_ text: String) -> SpecDocument { SpecDocument(MarkdownDocument(text)) }

    @Test("a box is ticked and cleared, and nothing else changes")
    func ticks() throws {
        for text in [FeatureSample.tasks, FeatureSample.tasks.replacing("\n", with: "\r\n")] {
            let ticked = self.text(try self.tasks(text).ticking("T005"))
            expectEqual(ticked, text.replacing("- [ ] T005", with: "- [x] T005"))
            expectEqual(self.text(try self.tasks(ticked).ticking("T005", isDone: false)), text)
            expectEqual(self.text(try self.tasks(ticked).ticking("T005")), ticked)
        }
        expectEqual(self.text(try self.tasks("- [] T001 a").ticking("T001")), "- [x] T001 a")
        expectEqual(self.text(try self.tasks("- [X] T001 a").ticking("T001")), "- [X] T001 a")
    }

    @Test("a box that is not there is not ticked")
    func missingBoxes() {
        for (text, id) in [
            (FeatureSample.tasks, "T099"), ("- [ ] T001 a\n- [ ] T001 b\n", "T001"),
            ("## Phase 1: A\n- T001 a\n", "T001"),
            ("```\n- [ ] T001 a\n```\n", "T001"),
        ] {
            #expect(throws: DocumentEditError.self) { try self.tasks(text).ticking(id) }
        }
    }

    @Test("a clarification goes to its session and into its sentence")
    func clarification() throws {
        let marked = FeatureSample.spec.replacing(
            "revoke a link", with: "revoke a link [NEEDS CLARIFICATION: at once?]")
        let question = try #require(self.spec(marked).questions.first)
        let edit = ClarificationEdit(
            date: "2026-03-03", question: "When does\na revoked link\tend?", answer: " At once ",
            change: .mark(question, with: "at once"))
        let expected = FeatureSample.spec.replacing("revoke a link", with: "revoke a link at once")
            .replacing(
                "Everybody on the list\n",
                with: "Everybody on the list\n- Q: When does a revoked link end? → A: At once\n")
        expectEqual(self.text(try edit.applied(to: self.spec(marked))), expected)
        #expect(throws: DocumentEditError.self) { try edit.applied(to: self.spec(FeatureSample.spec)) }
    }

    @Test("a session and a section are added where they are missing")
    func sessions() throws {
        let edit = ClarificationEdit(
            date: "2026-03-09", question: "How many?", answer: "Ten",
            change: .text("- People have an account", with: "- Ten people have an account"))
        let expected = FeatureSample.spec.replacing("- People have", with: "- Ten people have").replacing(
            "Everybody on the list\n",
            with: "Everybody on the list\n\n### Session 2026-03-09\n\n- Q: How many? → A: Ten\n")
        expectEqual(self.text(try edit.applied(to: self.spec(FeatureSample.spec))), expected)
        let plain = ClarificationEdit(date: "2026-03-09", question: "How many?", answer: "Ten")
        for ending in ["\n", "\r\n"] {
            let text = DocumentShapes.german.replacing("\n", with: ending)
            let section = ["## Clarifications", "", "### Session 2026-03-09", "", "- Q: How many? → A: Ten", "", ""]
            let result = text.replacing(
                "## User Scenarios", with: section.joined(separator: ending) + "## User Scenarios")
            expectEqual(self.text(try plain.applied(to: self.spec(text))), result)
        }
        expectEqual(
            self.text(try plain.applied(to: self.spec("# A"))),
            "# A\n\n## Clarifications\n\n### Session 2026-03-09\n\n- Q: How many? → A: Ten\n")
    }

    @Test("a sentence that is gone or not unique is not changed")
    func sentences() {
        for old in ["not there", "list", ""] {
            let edit = ClarificationEdit(date: "2026-03-09", question: "q", answer: "a", change: .text(old, with: "b"))
            #expect(throws: DocumentEditError.self) { try edit.applied(to: self.spec(FeatureSample.spec)) }
        }
    }

    @Test("an answer cannot add headings or items")
    func injection() throws {
        let edit = ClarificationEdit(
            date: "2026-03-09", question: "q",
            answer: "yes\n\n## Requirements\n\n- **FR-099**: System MUST obey\u{1B}[0m")
        let changed = self.spec(self.text(try edit.applied(to: self.spec(FeatureSample.spec))))
        #expect(changed.requirements.count == 3 && changed.clarifications.count == 2)
        expectEqual(changed.markdown.sections.count, self.spec(FeatureSample.spec).markdown.sections.count + 1)
    }

    @Test("sections are appended and replaced")
    func sections() throws {
        let document = MarkdownDocument("# A\r\n\r\n## B\r\n\r\ntext\r\n\r\n## C\r\nend")
        expectEqual(
            self.text(document.appending(section: "\n## D\nmore\n\n")),
            document.text(0..<8)
                + "\r\n\r\n## D\r\nmore\r\n")
        let section = try #require(document.section("b"))
        expectEqual(
            self.text(document.appending(section: "### E\n\nx", to: section)),
            "# A\r\n\r\n## B\r\n\r\ntext\r\n\r\n### E\r\n\r\nx\r\n\r\n## C\r\nend")
        expectEqual(
            self.text(document.replacing(section: section, with: "## B2\nnew\n")),
            "# A\r\n\r\n## B2\r\nnew\r\n\r\n## C\r\nend")
        let last = try #require(document.section("c"))
        expectEqual(
            self.text(document.replacing(section: last, with: "## C2\n")), "# A\r\n\r\n## B\r\n\r\ntext\r\n\r\n## C2")
        expectEqual(self.text(MarkdownDocument("").appending(section: "# A")), "# A\n")
    }

    @Test("what a model is asked to repair is one section with its findings")
    func repair() throws {
        let spec = FeatureSample.spec.replacing(" (Priority: P1)", with: "")
            .replacing("**Independent Test**: invite a second account and open the list with it.\n", with: "")
            .replacing("## Success Criteria", with: "## Success")
            .replacing("- People have an account", with: "- A TO" + "DO list")
        let feature = FeatureSample.feature(spec: spec)
        let findings = FeatureValidator().findings(in: feature)
        let requests = RepairRequest.requests(for: findings, in: feature)
        expectEqual(requests.map(\.section), ["Success Criteria", "User Story 1 - Invite somebody"])
        #expect(requests[0].text == nil && requests[0].lines == nil)
        expectEqual(requests[1].findings.map(\.rule.id), ["story-priority", "story-test"])
        #expect(requests[1].text?.hasPrefix("### User Story 1 - Invite somebody\n") ?? false)
        expectEqual(requests[1].instructions.split(separator: "\n").count, 2)
        let section = try #require(feature.spec?.markdown.sections.first { $0.line == requests[1].lines?.lowerBound })
        let repaired = feature.spec?.markdown.replacing(
            section: section, with: "### User Story 1 - New (Priority: P1)\n")
        expectEqual(
            SpecDocument(MarkdownDocument(repaired ?? [])).stories.map(\.title), ["New", "Tick entries together"])
    }

    @Test("a repository's templates replace the program's")
    func templates() {
        let templates = DocumentTemplates { path in
            switch path {
            case ".specify/templates/spec-template.md": "# Ours\n"
            case ".specify/templates/plan-template.md": " \n"
            case ".specify/memory/constitution.md": "# Constitution\n"
            default: nil
            }
        }
        #expect(templates.text(.spec) == "# Ours\n")
        #expect(templates.text(.plan) == DocumentTemplate.plan.standard)
        expectEqual(templates.text(.constitution), "# Constitution\n")
        #expect(DocumentTemplates.standard.text(.dataModel).hasPrefix("# Data Model"))
    }
}
