import Chat
import Specs
import TestSupport
import Testing

@testable import SpecDocuments

@Suite("the states of stages") struct StageStatesTests {
    private static let folder = "specs/001-a"

    private static let spec = """
        # Feature Specification: A

        ## User Scenarios & Testing

        ### User Story 1 - Read (Priority: P1)

        **Independent Test**: read

        **Acceptance Scenarios**:

        1. **Given** a, **When** b, **Then** c

        ### Edge Cases

        - none

        ## Requirements

        - **FR-001**: System MUST show it

        ## Success Criteria

        - **SC-001**: 9 of 10 read it

        ## Assumptions

        - a
        """

    private static let tasks = """
        # Tasks: A

        ## Phase 1: Setup

        - [ ] T001 Create src/a.swift (FR-001)

        ## Phase 2: User Story 1 - Read (Priority: P1)

        - [ ] T002 [P] [US1] Write src/b.swift (FR-001)
        """

    private static func states(
        _ files: [String: String], constitution: String? = nil, wrong: [String] = []
    ) -> StageStates {
        let documents = files.sorted { $0.key < $1.key }.map {
            FeatureDocument(path: "\(Self.folder)/\($0.key)", text: $0.value)
        }
        let findings = wrong.map {
            DocumentFinding(FindingRule.all[0], .error, path: "\(Self.folder)/\($0)", "It is wrong.")
        }
        return StageStates(
            FeatureDocuments(folder: Self.folder, documents: documents),
            constitution: constitution.map { FeatureDocument(path: ".specify/memory/constitution.md", text: $0) },
            findings: findings)
    }

    private static func words(_ states: StageStates) -> [String] {
        states.stages.map { "\($0.stage) \($0.state)" }
    }

    @Test("nothing, a specification, a plan, tasks")
    func flow() {
        expectEqual(
            Self.words(Self.states([:])),
            [
                "constitution ready", "specify ready", "clarify missing", "plan missing", "tasks missing",
                "analyze missing", "checklist missing", "implement missing",
            ])
        let specified = Self.states(["spec.md": Self.spec])
        expectEqual(
            Self.words(specified),
            [
                "constitution ready", "specify done", "clarify ready", "plan ready", "tasks missing",
                "analyze ready", "checklist ready", "implement missing",
            ])
        expectEqual(specified.next, [.clarify, .plan, .checklist, .constitution])
        let planned = Self.states(["spec.md": Self.spec, "plan.md": "# Plan"], constitution: "# C")
        expectEqual(
            Self.words(planned),
            [
                "constitution done", "specify done", "clarify ready", "plan done", "tasks ready", "analyze ready",
                "checklist ready", "implement missing",
            ])
        expectEqual(planned.next, [.tasks, .checklist])
        let ready = Self.states(["spec.md": Self.spec, "plan.md": "# Plan", "tasks.md": Self.tasks])
        expectEqual(ready[.tasks]?.path, "specs/001-a/tasks.md")
        #expect(ready[.analyze]?.state == .ready && ready[.implement]?.state == .ready)
        expectEqual(ready.next, [.implement, .analyze, .checklist, .constitution])
        expectEqual(ready[.refine], nil)
    }

    @Test("open questions, answers, ticks and findings")
    func open() {
        let asking = Self.spec.replacing("MUST show it", with: "MUST show [NEEDS CLARIFICATION: what?]")
        expectEqual(Self.states(["spec.md": asking])[.clarify]?.state, .open)
        expectEqual(Self.states(["spec.md": asking, "plan.md": "# P"]).next.first, .clarify)
        let answered = Self.spec + "\n\n## Clarifications\n\n### Session 2026-11-22\n\n- Q: What? → A: All\n"
        let clarified = Self.states(["spec.md": answered])[.clarify]
        #expect(clarified?.state == .done && clarified?.path == "specs/001-a/spec.md")

        let files = ["spec.md": Self.spec, "plan.md": "# P", "tasks.md": Self.tasks]
        var begun = files
        begun["tasks.md"] = Self.tasks.replacing("- [ ] T001", with: "- [x] T001")
        expectEqual(Self.states(begun)[.implement]?.state, .open)
        begun["tasks.md"] = Self.tasks.replacing("- [ ]", with: "- [X]")
        expectEqual(Self.states(begun)[.implement]?.state, .done)

        let wrong = Self.states(files, wrong: ["plan.md"])
        #expect(
            wrong[.plan]?.state == .findings && wrong[.analyze]?.state == .findings && wrong[.tasks]?.state == .done)
        #expect(wrong.next.contains(.analyze))
    }

    @Test("the checklist that comes with a specification is no stage; others are open until all is ticked")
    func checklists() {
        var files = ["spec.md": Self.spec, "checklists/requirements.md": "- [ ] CHK001 a"]
        expectEqual(Self.states(files)[.checklist]?.state, .ready)
        files["checklists/security.md"] = "- [ ] CHK001 a"
        expectEqual(Self.states(files)[.checklist]?.state, .open)
        expectEqual(Self.states(files)[.checklist]?.path, "specs/001-a/checklists/security.md")
        files["checklists/security.md"] = "- [x] CHK001 a"
        files["checklists/ux.md"] = "- [x] CHK001 a"
        let both = Self.states(files)[.checklist]
        #expect(both?.state == .done && both?.path == "specs/001-a/checklists")
    }

    @Test("addresses survive any name")
    func links() {
        let links = SpecLinks(RepositoryPages(viewer: "http://a"), repository: "my repo")
        expectEqual(
            links.document("specs/001-a/spec.md", on: "f/001"), "http://a/r/my%20repo/blob/f%2F001/specs/001-a/spec.md")
        expectEqual(links.folder("specs/é", on: "main"), "http://a/r/my%20repo/tree/main/specs/%C3%A9")
    }
}
