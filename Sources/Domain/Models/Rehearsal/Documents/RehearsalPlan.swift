/// A rehearsed plan: plain files and shell scripts, which run everywhere.
struct RehearsalPlan {
    private let feature: RehearsedFeature
    private let date: String
    private let principles: [String]
    private let wish: String

    init(_ material: RehearsalMaterial) {
        self.feature = material.specification
        self.date = material.date
        self.wish = material.wish
        let lines = RehearsalLines(material.document("constitution.md") ?? "")
        self.principles = lines.lines.indices.filter { lines.level($0) == 3 }.prefix(7)
            .map { lines.lines[$0].drop { $0 == "#" || $0 == " " }.split(separator: " ").joined(separator: " ") }
    }

    var text: String {
        [
            "=== plan.md ===", self.plan, "=== research.md ===", self.research, "=== data-model.md ===", self.model,
            "=== contracts/command-line.md ===", self.contract, "=== quickstart.md ===", self.quickstart,
        ].joined(separator: "\n")
    }

    private var script: String { "scripts/\(self.feature.slug).sh" }
    private var test: String { "tests/\(self.feature.slug).test.sh" }

    private var plan: String {
        let name = self.feature.branch
        let wish = self.wish.isEmpty ? "" : " Asked for: “\(self.wish)”."
        return """
            # Implementation Plan: \(self.feature.title)

            **Branch**: `\(name)` | **Date**: \(self.date) | **Spec**: [spec.md](spec.md)

            **Input**: Feature specification from `/specs/\(name)/spec.md`

            ## Summary

            “\(self.feature.title)” is built as small shell scripts that keep their data in plain files, one script for each \
            user story.\(wish) This plan was made by the rehearsal; no language model took part.

            ## Technical Context

            **Language/Version**: POSIX shell

            **Primary Dependencies**: None beyond the commands of every Linux system

            **Storage**: Plain text files below `data/`

            **Testing**: Shell scripts below `tests/`, run with `sh`

            **Target Platform**: Linux

            **Project Type**: Command line

            **Performance Goals**: A result within 1 second

            **Constraints**: No network

            **Scale/Scope**: 100 people, 10,000 entries

            ## Constitution Check

            *GATE: passes before research, and again after the design.*

            \(self.check)

            ## Project Structure

            ### Documentation (this feature)

            ```text
            specs/\(name)/
            ├── plan.md
            ├── research.md
            ├── data-model.md
            ├── quickstart.md
            ├── contracts/
            └── tasks.md
            ```

            ### Source Code (repository root)

            ```text
            scripts/
            ├── \(self.feature.slug).sh
            └── \(self.feature.slug)-input.sh
            tests/
            └── \(self.feature.slug).test.sh
            ```

            **Structure Decision**: One folder for scripts and one for their tests, because the repository needs no more for \
            this feature.
            """
    }

    private var check: String {
        guard !self.principles.isEmpty else { return "The project has no constitution yet, so nothing can be broken." }
        return self.principles.map { "- \($0): kept; the plan adds nothing that the principle forbids." }
            .joined(separator: "\n")
    }

    private var research: String {
        """
        # Research: \(self.feature.title)

        ## Where data is kept

        **Decision**: Plain text files below `data/`, one line for each entry

        **Rationale**: They survive a restart, and everybody can read and repair them

        **Alternatives considered**: A database, which would have to be installed and saved

        ## How it is tested

        **Decision**: Shell scripts that run a command and compare what it prints

        **Rationale**: They need nothing that is not on the system, and each story can be tested alone

        **Alternatives considered**: A test framework, which would be the only dependency
        """
    }

    private var model: String {
        let entities = self.feature.entities.isEmpty ? ["Entry"] : self.feature.entities
        let sections = entities.map { entity in
            """
            ## \(entity)

            | Field | Type | Rules |
            |-------|------|-------|
            | id | Number | Unique, never used twice |
            | owner | Text | Required |
            | text | Text | Required, at most 1,000 characters |
            | changed | Date and time | Set by the program |

            **States**: open, done
            """
        }
        return "# Data Model: \(self.feature.title)\n\n" + sections.joined(separator: "\n\n")
    }

    private var contract: String {
        """
        # Contract: Command Line

        `\(self.script)` takes a command and prints one line for each result.

        | Command | Prints | Exit status |
        |---------|--------|-------------|
        | `help` | What the feature does | 0 |
        | any other | One line that says what to correct | 64 |
        """
    }

    private var quickstart: String {
        """
        # Quickstart: \(self.feature.title)

        ## Prerequisites

        - A shell

        ## Try it

        1. Run `sh \(self.script) help`
        2. It prints what the feature does

        ## Run the tests

        `sh \(self.test)` prints `ok` when all is well.
        """
    }
}
