@testable import SpecDocuments

/// A small feature without findings, in the shape of public repositories that use spec-kit.
enum FeatureSample {
    static let folder = "specs/004-shared-lists"

    static let spec = """
        # Feature Specification: Shared Lists

        **Feature Branch**: `004-shared-lists`
        **Created**: 2026-03-02
        **Status**: Draft
        **Input**: User description: "people share a shopping list"

        ## Clarifications

        ### Session 2026-03-03

        - Q: Who may remove an entry? → A: Everybody on the list

        ## User Scenarios & Testing *(mandatory)*

        ### User Story 1 - Invite somebody (Priority: P1)

        Ana sends Ben a link. Ben opens it and sees the list.

        **Why this priority**: without it nothing is shared.

        **Independent Test**: invite a second account and open the list with it.

        **Acceptance Scenarios**:

        1. **Given** a list of Ana's, **When** Ben opens the link, **Then** he sees its entries
        2. **Given** a link that Ana has revoked, **When** Ben opens it, **Then** he is told that it has expired

        ---

        ### User Story 2 — Tick entries together (Priority: P2)

        Both tick entries and see each other's ticks.

        **Why this priority**: it saves buying things twice.

        **Independent Test**: tick an entry with one account and watch the other.

        **Acceptance Scenarios**:

        1. **Given** an open entry,
           **When** Ben ticks it,
           **Then** Ana sees the tick within two seconds

        ### Edge Cases

        - Both tick the same entry at the same moment: the first tick counts
        - Ben is offline: his tick is sent later

        ## Requirements *(mandatory)*

        ### Functional Requirements

        - **FR-001**: System MUST let the owner of a list invite others by a link
        - **FR-002**: System MUST let the owner revoke a link
        - **FR-003**: System MUST show a tick to everybody on the list

        ### Key Entities *(include if feature involves data)*

        - **List**: a name, an owner and entries
        - **Invitation**: belongs to a list; has a secret and an end

        ## Success Criteria *(mandatory)*

        ### Measurable Outcomes

        - **SC-001**: 9 of 10 people join a list within one minute
        - **SC-002**: A tick is visible to others within 2 seconds

        ## Assumptions

        - People have an account
        """ + "\n"

    static let plan = """
        # Implementation Plan: Shared Lists

        **Branch**: `004-shared-lists` | **Date**: 2026-03-04 | **Spec**: [spec.md](spec.md)

        ## Summary

        Lists get invitations by link; ticks go to all watchers.

        ## Technical Context

        **Language/Version**: Python 3.12

        **Primary Dependencies**: FastAPI

        **Storage**: PostgreSQL

        **Testing**: pytest

        ## Constitution Check

        - Tests first: each story begins with its tests

        ## Project Structure

        ### Source Code (repository root)

        ```text
        src/
        └── lists/   # [what is new]
        ```

        **Structure Decision**: the existing single project
        """ + "\n"

    static let tasks = """
        # Tasks: Shared Lists

        **Input**: Design documents from `/specs/004-shared-lists/`

        ## Format: `[ID] [P?] [Story] Description`

        - **[P]**: Can run in parallel
        - **[Story]**: The story that the task belongs to

        ## Phase 1: Setup

        - [x] T001 Add the table of invitations in migrations/004_invitations.sql

        ## Phase 2: Foundational (Blocking Prerequisites)

        - [ ] T002 [P] Invitations with secrets in src/lists/invitation.py
        - [ ] T003 [P] Events for watchers in src/lists/events.py

        ## Phase 3: User Story 1 - Invite somebody (Priority: P1) 🎯 MVP

        **Goal**: a second person sees the list

        - [ ] T004 [P] [US1] Test of the link in tests/test_invite.py (FR-001, FR-002)
        - [ ] T005 [US1] Open and revoke links in src/lists/api.py (depends on T002, T004)

        **Checkpoint**: lists can be shared

        ## Phase 4: User Story 2 - Tick entries together (Priority: P2)

        - [ ] T006 [US2] Send ticks to watchers in `src/lists/events.py` for FR-003, after T003

        ## Phase 5: Polish & Cross-Cutting Concerns

        - [ ] T007 [P] Describe sharing in docs/lists.md

        ## Dependencies & Execution Order

        - **Phase 2**: Depends on Phase 1
        - **Phase 3 (US1)**: Depends on Phase 2
        - **Phase 4 (US2)**: Depends on Phases 2 and 3
        - T005 depends on T002–T004
        - T002 → T005 → T007
        """ + "\n"

    static let research = """
        # Research: Shared Lists

        ## How a link is protected

        - **Decision**: a secret of 128 random bits in the link
        - **Rationale**: nothing to install, and it can be revoked
        - **Alternatives considered**: an invitation by mail, which needs a mail server
        """ + "\n"

    static let checklist = """
        # Security Checklist: Shared Lists

        **Purpose**: whether the requirements cover who may see what
        **Created**: 2026-03-04

        ## Access

        - [x] CHK001 Is it said who may revoke a link? [Completeness, Spec §FR-002]
        - [ ] CHK002 Is it said how long a link lasts? [Gap]
        """ + "\n"

    static let constitution = """
        <!--
        Sync Impact Report
        Version change: 1.1.0 → 1.2.0
        -->

        # Lists Constitution

        ## Core Principles

        ### I. Tests first

        Code MUST have a test that failed before it.

        ### II. Small changes

        A change SHOULD be read in ten minutes.

        ## Governance

        Changes need the consent of two maintainers.

        **Version**: 1.2.0 | **Ratified**: 2025-11-02 | **Last Amended**: 2026-02-10
        """ + "\n"

    static func feature(
        spec: String = FeatureSample.spec, plan: String? = FeatureSample.plan, tasks: String? = FeatureSample.tasks,
        research: String? = nil, checklist: String? = nil
    ) -> FeatureDocuments {
        let files = [
            ("spec.md", spec), ("plan.md", plan), ("tasks.md", tasks), ("research.md", research),
            ("checklists/security.md", checklist),
        ]
        return FeatureDocuments(
            folder: self.folder,
            documents: files.compactMap { name, text in
                text.map { FeatureDocument(path: "\(self.folder)/\(name)", text: $0) }
            })
    }

    /// Findings as `rule place`, without the feature's folder.
    static func places(_ feature: FeatureDocuments, existing: Set<String>? = nil) -> [String] {
        let templates = DocumentTemplate.allCases.map(\.standard)
        return FeatureValidator(templates: templates, existing: existing).findings(in: feature).map { finding in
            "\(finding.severity == .error ? "" : "~")\(finding.rule.id) "
                + finding.place.replacing("\(self.folder)/", with: "")
        }
    }

    static func document(_ path: String, _ text: String) -> FeatureDocuments {
        FeatureDocuments(folder: "", documents: [FeatureDocument(path: path, text: text)])
    }
}
