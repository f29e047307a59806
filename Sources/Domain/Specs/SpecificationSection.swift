// Change: a specification's sections and questions
/// The sections of a `spec.md` below its head, in order.
package enum SpecificationSection: Int, Sendable, CaseIterable, Comparable {
    case clarifications, scenarios, requirements, criteria, assumptions

    package var title: String {
        switch self {
        case .clarifications: "Clarifications"
        case .scenarios: "User Scenarios & Testing"
        case .requirements: "Requirements"
        case .criteria: "Success Criteria"
        case .assumptions: "Assumptions"
        }
    }

    package var isMandatory: Bool {
        switch self {
        case .scenarios, .requirements, .criteria: true
        case .clarifications, .assumptions: false
        }
    }

    package var heading: String { "## \(self.title)\(self.isMandatory ? " *(mandatory)*" : "")" }

    /// The section of a heading line, whatever its case and punctuation.
    package init?(heading line: some StringProtocol) {
        guard line.hasPrefix("## ") else { return nil }
        let words = line.dropFirst(3).lowercased().split { !$0.isLetter }.filter { $0 != "mandatory" && $0 != "and" }
        let found = Self.allCases.first { section in
            section.title.lowercased().split { !$0.isLetter }.elementsEqual(words)
        }
        guard let found else { return nil }
        self = found
    }

    /// The content of a mandatory section that the model omitted.
    func skeleton(marker: String) -> String {
        switch self {
        case .scenarios:
            """
            \(self.heading)

            ### User Story 1 - Main use (Priority: P1)

            \(marker)

            **Acceptance Scenarios**:

            1. **Given** the feature is available, **When** it is used as described, **Then** it does what the input says

            ### Edge Cases

            - What happens with empty, wrong or very long input?
            """
        case .requirements:
            """
            \(self.heading)

            ### Functional Requirements

            - **FR-001**: System MUST do what the input describes. \(marker)
            """
        case .criteria:
            """
            \(self.heading)

            ### Measurable Outcomes

            - **SC-001**: 9 of 10 people achieve what the input describes without help. \(marker)
            """
        case .clarifications, .assumptions: self.heading
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
