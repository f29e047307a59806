/// Texts in the shapes that public repositories have: other headings, languages, line endings, damage.
enum DocumentShapes {
    static let all: [(name: String, text: String)] = [
        ("spec.md", FeatureSample.spec), ("plan.md", FeatureSample.plan), ("tasks.md", FeatureSample.tasks),
        ("research.md", FeatureSample.research), ("checklists/security.md", FeatureSample.checklist),
        ("constitution.md", FeatureSample.constitution),
        ("tasks.md", FeatureSample.tasks.replacing("\n", with: "\r\n")),
        ("spec.md", FeatureSample.spec.replacing("\n", with: "\r")),
        ("spec.md", String(FeatureSample.spec.dropLast())),
        ("spec.md", "\u{FEFF}" + FeatureSample.spec),
        ("tasks.md", Self.tabs), ("tasks.md", Self.frontMatter), ("tasks.md", Self.oldTasks),
        ("spec.md", Self.underscores), ("spec.md", Self.japanese), ("spec.md", Self.arabic), ("spec.md", Self.german),
        ("plan.md", Self.nested), ("research.md", Self.researchSections), ("spec.md", Self.table),
        ("spec.md", Self.oldSpec), ("spec.md", Self.long),
        ("spec.md", ""), ("spec.md", "\n"), ("spec.md", "\r\n\r"), ("spec.md", "#"), ("tasks.md", "- ["),
        ("tasks.md", "```\n- [ ] T001 a"), ("spec.md", "<!--"), ("spec.md", "# a\n<!-- b\n## c"),
        ("tasks.md", "-[ ] T001 a\n- [] T002 b\n- [✓] T003 c\n- [x]T004 d\n"),
    ]

    static let tabs =
        "# Tasks: Tabs\n\n## Phase 1: Setup\n\n-\t[ ]\tT001\tMake src/a.go\n\t- keep it small\n\t\t1. and plain\n"
        + "*\t[X] T002 [P]\tMake src/b.go\t\n+ [ ] **T003** Make src/c.go   \n"

    static let frontMatter = """
        ---

        description: "Tasks of the exporter"
        ---

        # Tasks: Exporter

        ## Phase 1: Setup (Shared Infrastructure)

        - [ ] T001 Create `cmd/export/main.go`

        ---

        ## Phase 2: User Story 1 & 3 — Export as CSV 🎯 MVP

        - [ ] T002 [P] [US1] Write rows in `internal/csv/rows.go`
          with the header first
        - [ ] T003 [US3] Choose columns in `internal/csv/columns.go` — **depends on T002**
            - not the hidden ones
        """ + "\n"

    static let oldTasks = """
        # Tasks: Photo Albums
        **Input**: Design documents from `/specs/001-photo-albums/`

        ## Phase 3.1: Setup
        - [ ] T001 Create project structure per implementation plan
        - [ ] T002 Initialise the project with its dependencies

        ## Phase 3.2: Tests First (TDD) ⚠️ MUST COMPLETE BEFORE 3.3
        - [ ] T003 [P] Contract test POST /api/albums in tests/contract/test_albums_post.py
        - [ ] T004 [P] Contract test GET /api/albums in tests/contract/test_albums_get.py

        ## Dependencies
        - Tests (T003-T004) before implementation
        - T002 blocks T004

        ## Parallel Example
        ```
        # Launch T003-T004 together:
        Task: "Contract test POST /api/albums in tests/contract/test_albums_post.py"
        ```
        """ + "\n"

    static let underscores = """
        # Feature Specification: Export

        ## User Scenarios & Testing _(mandatory)_

        ### User Story 1: Export a month (Priority: P1)

        **Independent Test:** export May and open the file

        #### Acceptance Scenarios

        - Given a month with entries, when Eva exports it, then she gets a file with a row for each
        - Given an empty month, when Eva exports it, then the file has only a header

        ### Edge Cases

        - What about February?

        ## Requirements _(mandatory)_

        ### Functional Requirements

        #### Files

        - **FR-001**: System MUST write one row for each entry
        - **FR-001a**: System MUST quote commas

        #### Errors

        - **FR-010** — System MUST say which entry cannot be written
        - **NFR-001**: Exporting 10,000 rows MUST take less than a second

        ## Success Criteria _(mandatory)_

        - **SC-001**: All exports open in a spreadsheet

        ## Assumptions

        * One file at a time
        """ + "\n"

    static let japanese = """
        # Feature Specification: ログイン画面

        ## User Scenarios & Testing *(mandatory)*

        ### User Story 1 - ログインする（Priority: P1）

        利用者は合言葉を入力して入る。

        **Independent Test**: 一つの口座で試す。

        **Acceptance Scenarios**:

        1. **前提** 口座がある、**もし** 正しい合言葉を入力する、**ならば** 画面が開く

        ### Edge Cases

        - 合言葉が空のとき

        ## Requirements *(mandatory)*

        ### Functional Requirements

        - **FR-001**: システムは三回の失敗で止めなければならない

        ## Success Criteria *(mandatory)*

        - **SC-001**: ９割が一分以内に入る

        ## Assumptions

        - 口座はすでにある
        """ + "\n"

    static let arabic = """
        # Feature Specification: قائمة المهام

        ## User Scenarios & Testing *(mandatory)*

        ### User Story 1 - إضافة مهمة (Priority: P1)

        يكتب الشخص مهمة ويراها في القائمة\u{200F}.

        **Independent Test**: إضافة مهمة واحدة.

        **Acceptance Scenarios**:

        1. **Given** قائمة فارغة، **When** يضيف الشخص مهمة، **Then** تظهر في القائمة

        ### Edge Cases

        - نص طويل جدا

        ## Requirements *(mandatory)*

        ### Functional Requirements

        - **FR-001**: يجب أن يحفظ النظام كل مهمة

        ## Success Criteria *(mandatory)*

        - **SC-001**: ٩٠٪ يضيفون مهمة خلال دقيقة

        ## Assumptions

        - لكل شخص حساب
        """ + "\n"

    static let german = """
        # Feature Specification: Rechnungen

        ## User Scenarios & Testing *(mandatory)*

        ### User Story 1 – Rechnung senden (Priority: P1)

        **Independent Test**: eine Rechnung an sich selbst senden.

        **Acceptance Scenarios**:

        1. **Gegeben** eine Rechnung, **wenn** sie gesendet wird, **dann** kommt sie als PDF an
        2. **Gegeben** eine Rechnung ohne Betrag, **wenn** sie gesendet wird

        ### Edge Cases

        - Die Adresse ist ungültig

        ## Requirements *(mandatory)*

        - **FR-001**: Das System MUSS jede Rechnung aufbewahren

        ## Success Criteria *(mandatory)*

        - **SC-001**: Jede Rechnung kommt in 5 Minuten an

        ## Assumptions

        - Es gibt einen Mailserver
        """ + "\n"

    static let nested = """
        # Implementation Plan: Nested

        ## Summary

        1. first
           - inner

             ```yaml
             # Not a heading
             - [ ] T001 not a task
             ```

           > quoted
           > - [ ] item

        2) second
        ~~~~text
        ```
        ## Not a section
        ~~~
        ~~~~

        ##No heading without a space
            # code by indentation
        ## Closed ##
        ### With `code` & <b>marks</b> ###

        text <!-- a comment --> more <!-- another
        over two lines --> after it `<!-- code -->`

        | a | b |
        |---|:-:|
        | `x|y` | **z** |
        """

    static let researchSections = """
        # Research

        ## 1. Storage

        ### Decision

        SQLite

        ### Rationale

        One file.

        ### Alternatives Considered

        - PostgreSQL

        ## 2. Format

        **Decision**: JSON lines
        """ + "\n"

    static let table = """
        # Feature Specification: Table

        ## Requirements

        ### Functional Requirements

        | ID | Requirement | Priority |
        |----|-------------|----------|
        | FR-001 | Shows the list | MUST |
        | **FR-002** | Sorts it | SHOULD |

        #### FR-003: Filters

        The list can be filtered by name.

        ## Traceability

        - FR-001 and FR-002 come from the first talk
        """ + "\n"

    static let oldSpec = """
        # Feature Specification: Albums

        ## Execution Flow (main)
        ```
        1. Parse user description
           → If empty: ERROR "No feature description provided"
        ```

        ## User Scenarios & Testing *(mandatory)*

        ### Primary User Story
        People put photos into albums.

        ### Acceptance Scenarios
        1. **Given** a photo, **When** it is dropped on an album, **Then** the album has it

        ## Requirements *(mandatory)*

        - **FR-001**: System MUST keep albums
        - **FR-002**: System MUST sort by [NEEDS CLARIFICATION: date or name?]
        """ + "\n"

    /// 200 KB.
    static let long: String = {
        var text = FeatureSample.spec
        var number = 100
        while text.utf8.count < 200 << 10 {
            number += 1
            text +=
                "\n## Note \(number)\n\nSome words about **FR-001** — façade, 漢字, نص, 🎯 — and `code` to the end of it.\n"
        }
        return text
    }()
}
