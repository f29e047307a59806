/// `checklists/requirements.md`: what a program can tell about a specification is ticked, the rest is a reader's.
package struct RequirementsChecklist: Sendable {
    /// One question about the text.
    package struct Item: Sendable, Equatable {
        package let text: String
        /// Nil where only a reader can tell.
        package let holds: Bool?
    }

    package let contentQuality: [Item]
    package let completeness: [Item]
    package let readiness: [Item]

    private let title: String
    private let folder: String
    private let created: String

    package init(for specification: Specification, folder: String, created: String) {
        let lines = specification.text.split(separator: "\n").map(String.init)
        self.title = specification.title
        self.folder = folder
        self.created = created
        self.contentQuality = [
            Item(text: "No languages, frameworks, interfaces or other ways of building it", holds: nil),
            Item(text: "About what people need and why", holds: nil),
            Item(text: "Readable for somebody who does not program", holds: nil),
            Item(text: "All mandatory sections are filled", holds: specification.repairs.isEmpty),
        ]
        let criteria = lines.filter { $0.contains("**SC-") }
        self.completeness = [
            Item(
                text: "No [NEEDS CLARIFICATION] marker is left",
                holds: !lines.contains { $0.contains("[NEEDS CLARIFICATION") }),
            Item(text: "Every requirement can be tested and has one meaning", holds: nil),
            Item(
                text: "Success criteria can be measured",
                holds: !criteria.isEmpty && criteria.allSatisfy { Self.figure(in: $0) }),
            Item(text: "Success criteria name no technology", holds: nil),
            Item(text: "Every story has acceptance scenarios", holds: Self.hasScenarios(lines)),
            Item(text: "Edge cases are named", holds: Self.hasEntries(below: "### Edge Cases", in: lines)),
            Item(text: "The scope has bounds", holds: nil),
            Item(
                text: "Dependencies and assumptions are named",
                holds: Self.hasEntries(below: "## Assumptions", in: lines)),
        ]
        self.readiness = [
            Item(text: "Every functional requirement has a clear way to accept it", holds: nil),
            Item(text: "The stories cover the main ways of use", holds: nil),
            Item(text: "Reaching the success criteria means that the feature is done", holds: nil),
            Item(text: "Functional requirements are numbered", holds: lines.contains { $0.contains("**FR-001**") }),
        ]
    }

    /// What a program found wanting.
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

        - Ticked: checked by Jetbridge in the text. Unticked: for a reader to judge\(self.failureNote)

        """
    }

    private var failureNote: String {
        let failures = self.failures
        guard !failures.isEmpty else { return "." }
        return ", or found wanting:\n" + failures.map { "  - \($0.text)" }.joined(separator: "\n")
    }

    private static func list(_ items: [Item]) -> String {
        items.map { "- [\($0.holds == true ? "x" : " ")] \($0.text)" }.joined(separator: "\n")
    }

    /// A figure behind the criterion's own number, or a word that stands for all or none.
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
