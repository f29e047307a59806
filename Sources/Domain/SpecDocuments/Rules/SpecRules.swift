/// Rules for specifications: stories, scenarios, requirements, criteria, questions.
enum SpecRules {
    /// - Parameter isPlanned: Whether the feature has a plan, which needs all questions answered.
    static func findings(
        in spec: SpecDocument, _ document: FeatureDocument, isPlanned: Bool
    ) -> [DocumentFinding] {
        self.stories(spec, document) + self.requirements(spec, document)
            + self.questions(spec.questions, document, isPlanned ? .error : .warning)
    }

    private static func stories(_ spec: SpecDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        guard !spec.stories.isEmpty else {
            let line = spec.markdown.section("user scenarios and testing")?.line
            return [
                DocumentFinding(
                    .story, in: document, line: line, section: "User Scenarios & Testing",
                    "The specification has no user story, so nothing can be planned or tested: add one under a "
                        + "heading `### User Story 1 - Title (Priority: P1)`.")
            ]
        }
        var findings: [DocumentFinding] = []
        var seen: [Int: Int] = [:]
        for story in spec.stories {
            if let first = seen[story.number] {
                findings.append(
                    DocumentFinding(
                        .story, in: document, line: story.line,
                        "User Story \(story.number) is also on line \(first + 1), so tasks cannot name it: give "
                            + "one of them another number."))
            }
            seen[story.number] = seen[story.number] ?? story.line
            findings += self.findings(in: story, document)
        }
        return findings
    }

    private static func findings(in story: UserStory, _ document: FeatureDocument) -> [DocumentFinding] {
        var findings: [DocumentFinding] = []
        let name = "User Story \(story.number)"
        let add = { (rule: FindingRule, message: String) in
            findings.append(
                DocumentFinding(rule, in: document, line: story.line, section: story.heading, message))
        }
        if story.priority == nil {
            add(
                .storyPriority,
                "\(name) has no priority, so the order of the work is open: end its heading with `(Priority: P1)`."
            )
        }
        if story.independentTest?.isEmpty ?? true {
            add(
                .storyTest,
                "\(name) does not say how it is tested alone: add a line `**Independent Test**: …`.")
        }
        if story.scenarios.isEmpty {
            add(
                .storyScenario,
                "\(name) has no acceptance scenario, so nobody can tell when it is done: add "
                    + "`1. **Given** …, **When** …, **Then** …` below `**Acceptance Scenarios**:`.")
        }
        for scenario in story.scenarios where !scenario.missing.isEmpty {
            findings.append(
                DocumentFinding(
                    .scenario, in: document, line: scenario.line, section: story.heading,
                    "This scenario of \(name) lacks \(scenario.missing.joined(separator: " and ")): write it as "
                        + "`**Given** …, **When** …, **Then** …`."))
        }
        return findings
    }

    private static func requirements(_ spec: SpecDocument, _ document: FeatureDocument) -> [DocumentFinding] {
        var findings: [DocumentFinding] = []
        if spec.requirements.isEmpty, let section = spec.markdown.section("requirements") {
            findings.append(
                DocumentFinding(
                    .requirement, in: document, line: section.line,
                    "The specification has no numbered requirement, so tasks and tests cannot refer to one: add "
                        + "`- **FR-001**: …` below `### Functional Requirements`."))
        }
        if spec.criteria.isEmpty, let section = spec.markdown.section("success criteria") {
            findings.append(
                DocumentFinding(
                    .criterion, in: document, line: section.line,
                    "The specification has no numbered success criterion: add `- **SC-001**: …` below "
                        + "`### Measurable Outcomes`."))
        }
        findings += self.repeated(spec.requirements + spec.criteria, document)
        for requirement in spec.requirements + spec.criteria
        where !requirement.text.contains(where: { $0.isLetter || $0.isNumber }) {
            findings.append(
                DocumentFinding(
                    .requirement, in: document, line: requirement.line,
                    "\(requirement.id) has no text: say what must hold, or remove it."))
        }
        for criterion in spec.criteria where !self.hasFigure(criterion.text) {
            findings.append(
                DocumentFinding(
                    .measure, in: document, line: criterion.line,
                    "\(criterion.id) has no figure, so nobody can measure it: say how many, how long or which "
                        + "share."))
        }
        return findings
    }

    private static func repeated(_ requirements: [Requirement], _ document: FeatureDocument) -> [DocumentFinding] {
        var seen: [String: Int] = [:]
        return requirements.compactMap { requirement in
            let id = requirement.id.description
            guard let first = seen[id] else {
                seen[id] = requirement.line
                return nil
            }
            return DocumentFinding(
                .idTwice, in: document, line: requirement.line,
                "\(id) is also defined on line \(first + 1), so nobody knows which is meant: give this one the "
                    + "next free number.")
        }
    }

    /// A number, or a word for all or none.
    private static func hasFigure(_ text: String) -> Bool {
        if text.unicodeScalars.contains(where: { $0.properties.numericType != nil }) { return true }
        let bytes = Array(text.utf8)[...]
        let bounds: [StaticString] = [
            "all", "every", "each", "always", "no", "none", "nobody", "never", "zero", "one", "two", "three", "half",
            "any", "without",
        ]
        return bounds.contains { bytes.index(ofWord: $0) != nil }
    }

    /// Questions of any document.
    static func questions(
        _ questions: [OpenQuestion], _ document: FeatureDocument, _ severity: FindingRule.Severity
    ) -> [DocumentFinding] {
        questions.map { question in
            let shown = question.question.utf8.count > 80 ? "\(question.question.prefix(77))…" : question.question
            let text = shown.isEmpty ? "This question" : "The question “\(shown)”"
            return DocumentFinding(
                .question, severity, in: document, line: question.line,
                "\(text) is open: answer it with `clarify`, or write the decision in its place.")
        }
    }
}
