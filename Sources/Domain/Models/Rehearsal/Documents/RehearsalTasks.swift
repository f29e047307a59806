/// A rehearsed list of tasks: few and small, the first ones plain files that a script can write.
struct RehearsalTasks {
    private let feature: RehearsedFeature
    private var number = 0
    private var lines: [String] = []

    init(_ material: RehearsalMaterial) {
        self.feature = material.specification
        self.write()
    }

    var text: String { self.lines.joined(separator: "\n") + "\n" }

    private mutating func write() {
        let slug = self.feature.slug
        self.lines = [
            "# Tasks: \(self.feature.title)", "", "**Input**: Design documents from `/specs/\(self.feature.branch)/`",
            "",
            "**Prerequisites**: plan.md, spec.md", "", "## Format: `[ID] [P?] [Story] Description`", "",
            "- **[P]**: may run beside others: different files, no open dependency",
            "- **[Story]**: the story that the task belongs to, such as US1", "", "## Phase 1: Setup", "",
            "**Purpose**: People can see what the feature is for", "",
        ]
        self.add("[P] Add a section “\(self.feature.title)” to README.md that says what the feature is for")
        let script = self.add(
            "[P] Write scripts/\(slug).sh, which prints what the feature does, and its test tests/\(slug).test.sh")
        self.lines += ["", "## Phase 2: Foundational", "", "**Purpose**: What all stories need", ""]
        let base = self.add("Check the input of all commands in scripts/\(slug)-input.sh (depends on \(script))")
        self.lines += ["", "**Checkpoint**: Wrong input is answered with what to correct", ""]
        var last: [String] = []
        for (index, story) in self.feature.stories.enumerated() {
            last.append(self.add(story, index, base: base))
        }
        if self.feature.stories.isEmpty { last.append(self.addWork(base)) }
        self.lines += ["## Phase \(3 + max(1, self.feature.stories.count)): Polish & Cross-Cutting Concerns", ""]
        self.add("Describe all commands in docs/\(slug).md (depends on \(last.joined(separator: ", ")))")
        self.lines += [
            "", "## Dependencies & Execution Order", "", "- **Phase 2** depends on Phase 1",
            "- Each story begins after Phase 2 and needs no other story", "", "## Implementation Strategy", "",
            "The first story is shown to people before the others are begun.",
        ]
    }

    /// A story's phase; returns the id of its last task.
    private mutating func add(_ story: RehearsedFeature.Story, _ index: Int, base: String) -> String {
        let slug = self.feature.slug
        let ids = self.feature.requirements(of: index)
        let met = ids.isEmpty ? "" : "\(ids.joined(separator: ", ")); "
        self.lines += [
            "## Phase \(index + 3): User Story \(story.number) - \(story.title) (Priority: \(story.priority))", "",
            "**Goal**: \(story.title)", "",
            "**Independent Test**: Run tests/\(slug)-story-\(story.number).test.sh alone", "",
        ]
        let test = self.add(
            "[P] [US\(story.number)] Test the scenarios of the story in tests/\(slug)-story-\(story.number).test.sh")
        let last = self.add(
            "[US\(story.number)] Build the story in scripts/\(slug)-story-\(story.number).sh "
                + "(\(met)depends on \(base), \(test))")
        self.lines += ["", "**Checkpoint**: The story can be shown alone", ""]
        return last
    }

    private mutating func addWork(_ base: String) -> String {
        self.lines += ["## Phase 3: Work", ""]
        let ids = self.feature.requirements.map(\.id).joined(separator: ", ")
        let met = ids.isEmpty ? "" : "\(ids); "
        let id = self.add("Build the feature in scripts/\(self.feature.slug)-work.sh (\(met)depends on \(base))")
        self.lines.append("")
        return id
    }

    @discardableResult
    private mutating func add(_ text: String) -> String {
        self.number += 1
        let digits = String(self.number)
        let id = "T" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
        self.lines.append("- [ ] \(id) \(text)")
        return id
    }
}
