internal import SpecDocuments

/// Parses and checks a feature's documents of 100 KB each, as `spec check` and every stage do.
struct SpecsBenchmark {
    private let size: Int
    private let rounds: Int

    init(_ arguments: BenchArguments) {
        self.size = arguments.number("bytes", default: 100 << 10)
        self.rounds = arguments.number("rounds", default: 50)
    }

    func run() throws {
        let stories = Self.count(until: self.size) { Self.spec(stories: $0) }
        let spec = Self.spec(stories: stories)
        let tasks = Self.tasks(stories: Self.count(until: self.size) { Self.tasks(stories: $0) })
        try self.measure("validation of a specification of 100 KB", [("spec.md", spec)])
        try self.measure("validation of 100 KB of tasks", [("tasks.md", tasks)])
        try self.measure(
            "validation of a feature: spec and tasks of 100 KB each",
            [("spec.md", spec), ("plan.md", "# Implementation Plan: A\n"), ("tasks.md", tasks)])
    }

    private func measure(_ metric: String, _ files: [(name: String, text: String)]) throws {
        var times: [Double] = []
        var findings = 0
        let validator = FeatureValidator(templates: DocumentTemplate.allCases.map(\.standard), existing: [])
        let bytes = files.map { ("specs/001-bench/\($0.name)", Array($0.text.utf8)) }
        for _ in 0..<self.rounds {
            let started = ContinuousClock.now
            let documents = bytes.map { FeatureDocument(path: $0.0, bytes: $0.1) }
            findings = validator.findings(in: FeatureDocuments(folder: "specs/001-bench", documents: documents)).count
            times.append((ContinuousClock.now - started) / .milliseconds(1))
        }
        BenchOutput.tell("\(files.map(\.text.utf8.count).reduce(0, +)) bytes, \(findings) findings")
        guard BenchRounds.areQuiet((metric, times)) else { return }
        BenchOutput.result("specs", metric, ours: BenchRounds.median(times), unit: "ms")
    }

    private static func count(until size: Int, _ text: (Int) -> String) -> Int {
        var count = 1
        while text(count * 2).utf8.count < size { count *= 2 }
        var step = count
        while step > 0 {
            if text(count + step).utf8.count <= size { count += step } else { step /= 2 }
        }
        return count
    }

    private static func spec(stories: Int) -> String {
        var text = "# Feature Specification: Bench\n\n## User Scenarios & Testing *(mandatory)*\n\n"
        for number in 1...stories {
            text += """
                ### User Story \(number) - Somebody reads the list (Priority: P\(number % 3 + 1))

                A person opens the list with `ls -l` and sees what is new since the last visit; see [the plan](plan.md).

                **Why this priority**: people ask for it.

                **Independent Test**: open the list and compare it with the entries of the last week.

                **Acceptance Scenarios**:

                1. **Given** a list of \(number) entries, **When** a person opens it, **Then** all of them are shown
                2. **Given** an empty list, **When** a person opens it, **Then** a sentence says how to add one

                """
        }
        text +=
            "### Edge Cases\n\n- Nothing is listed\n\n## Requirements *(mandatory)*\n\n### Functional Requirements\n\n"
        for number in 1...stories { text += "- **FR-\(100 + number)**: System MUST show the entries of US\(number)\n" }
        text += "\n## Success Criteria *(mandatory)*\n\n### Measurable Outcomes\n\n- **SC-001**: 95 % find an entry\n"
        return text + "\n## Assumptions\n\n- People have a list\n"
    }

    private static func tasks(stories: Int) -> String {
        var text = "# Tasks: Bench\n\n## Phase 1: Setup\n\n- [ ] T001 Create src/list.py\n\n"
        for number in 1...stories {
            let id = 1_000 + number * 3
            text += """
                ## Phase \(number + 1): User Story \(number) - Somebody reads the list

                **Goal**: the list is shown

                - [ ] T\(id) [P] [US\(number)] Test the list in tests/test_list_\(number).py (FR-\(100 + number))
                - [x] T\(id + 1) [P] [US\(number)] Show the entries in `src/list_\(number).py` (depends on T\(id))
                - [ ] T\(id + 2) [US\(number)] Add the sentence for an empty list in src/empty.py after T\(id + 1)

                """
        }
        return text + "## Dependencies & Execution Order\n\n- **Phase 2** depends on Phase 1\n"
    }
}
