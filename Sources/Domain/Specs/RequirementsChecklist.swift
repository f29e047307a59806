/// `checklists/requirements.md`: ticks what code can check about a specification, and leaves the rest to readers.
package struct RequirementsChecklist: Sendable {
    /// One check of the text.
    package struct Item: Sendable, Equatable {
        package let text: String
        /// Nil where only a reader can judge.
        package let holds: Bool?
    }

    package let contentQuality: [Item]
    package let completeness: [Item]
    package let readiness: [Item]

    private let title: String
    private let created: String

    package init(for specification: Specification, created: String) {
        let lines = specification.text.split(separator: "\n").map(String.init)
        self.title = specification.title
        self.created = created
        self.contentQuality = [
            Item(text: "No languages, frameworks, interfaces or other implementation details", holds: nil),
            Item(text: "Focused on what people need and why", holds: nil),
            Item(text: "Readable for people who do not program", holds: nil),
            Item(text: "All mandatory sections are filled", holds: specification.repairs.isEmpty),
        ]
        let criteria = lines.filter { $0.contains("**SC-") }
        self.completeness = [
            Item(
                text: "No [NEEDS CLARIFICATION] markers remain",
                holds: !lines.contains { $0.contains("[NEEDS CLARIFICATION") }),
            Item(text: "Every requirement is testable and unambiguous", holds: nil),
            Item(
                text: "Success criteria are measurable",
                holds: !criteria.isEmpty && criteria.allSatisfy { Self.figure(in: $0) }),
            Item(text: "Success criteria name no technology", holds: nil),
            Item(text: "Every story has acceptance scenarios", holds: Self.hasScenarios(lines)),
            Item(text: "Edge cases are listed", holds: Self.hasEntries(below: "### Edge Cases", in: lines)),
            Item(text: "The scope is bounded", holds: nil),
            Item(
                text: "Dependencies and assumptions are listed",
                holds: Self.hasEntries(below: "## Assumptions", in: lines)),
        ]
        self.readiness = [
            Item(text: "Every functional requirement has clear acceptance criteria", holds: nil),
            Item(text: "The stories cover the main uses", holds: nil),
            Item(text: "Meeting the success criteria means that the feature is done", holds: nil),
            Item(text: "Functional requirements are numbered", holds: lines.contains { $0.contains("**FR-001**") }),
        ]
    }

    /// The checks that failed.
    package var failures: [Item] {
        (self.contentQuality + self.completeness + self.readiness).filter { $0.holds == false }
    }

    package var text: String {
        """
        # Specification Quality Checklist: \(self.title)

        **Purpose**: Check that the specification is complete and clear before planning
        **Created**: \(self.created)
        **Feature**: [spec.md](../spec.md)

        ## Content Quality

        \(Self.list(self.contentQuality))

        ## Requirement Completeness

        \(Self.list(self.completeness))

        ## Feature Readiness

        \(Self.list(self.readiness))

        ## Notes

        - Ticked: checked by Jetbridge. Unticked: for a reader to judge\(self.failureNote)

        """
    }

    private var failureNote: String {
        let failures = self.failures
        guard !failures.isEmpty else { return "." }
        return ", or failed:\n" + failures.map { "  - \($0.text)" }.joined(separator: "\n")
    }

    private static func list(_ items: [Item]) -> String {
        items.map { "- [\($0.holds == true ? "x" : " ")] \($0.text)" }.joined(separator: "\n")
    }

    /// Whether a number follows the criterion's label, or a word such as "all" or "none".
    private static func figure(in line: String) -> Bool {
        guard let end = line.firstRange(of: "**:")?.upperBound else { return false }
        let words = line[end...].lowercased().split { !$0.isLetter && !$0.isNumber }
        let bounds: Set<Substring> = ["all", "every", "each", "always", "no", "none", "nobody", "never"]
        return words.contains { bounds.contains($0) || $0.contains(where: \.isNumber) }
    }

    private static func hasEntries(below heading: String, in lines: [String]) -> Bool {
        guard let start = lines.firstIndex(where: { $0.hasPrefix(heading) }) else { return false }
        return lines[(start + 1)...].prefix { !$0.hasPrefix("#") }.contains { $0.hasPrefix("- ") || $0.hasPrefix("* ") }
    }

    private static func hasScenarios(_ lines: [String]) -> Bool {
        let starts = lines.indices.filter { lines[$0].hasPrefix("### User Story") }
        return !starts.isEmpty
            && starts.allSatisfy { start in
                lines[(start + 1)...].prefix { !$0.hasPrefix("## ") && !$0.hasPrefix("### ") }
                    .contains { $0.contains("**Given**") || $0.contains("Given ") }
            }
    }
}
