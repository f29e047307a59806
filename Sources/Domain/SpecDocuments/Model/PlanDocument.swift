/// `plan.md`: how a feature is built.
package struct PlanDocument: Sendable, Hashable {
    package let markdown: MarkdownDocument
    /// Language/Version, Storage and the others of the section Technical Context.
    package let context: [FieldLine]
    /// The sentence after **Structure Decision**.
    package let structureDecision: String?
    /// The rows of Complexity Tracking without the table's head.
    package let violations: [[String]]
    package let questions: [OpenQuestion]

    package init(_ markdown: MarkdownDocument) {
        self.markdown = markdown
        self.context = markdown.section("technical context").map { markdown.fields(in: $0.lines) } ?? []
        let decision = markdown.section("project structure").flatMap { section in
            markdown.fields(in: section.lines).first { $0.key == "structure decision" }.map { field in
                field.value.isEmpty ? markdown.paragraph(after: field.line, to: section.end) : field.value
            }
        }
        self.structureDecision = decision
        self.violations = markdown.section("complexity tracking").map { markdown.rows(in: $0.lines) } ?? []
        self.questions = OpenQuestion.all(in: markdown)
    }
}

extension MarkdownDocument {
    /// The cells of a table's rows below its line of dashes.
    func rows(in range: Range<Int>) -> [[String]] {
        var rows: [[String]] = []
        var isBody = false
        for line in range {
            let text = self.visible(line).trimmed
            guard text.first == UInt8(ascii: "|") else {
                isBody = false
                continue
            }
            if text.allSatisfy({
                $0 == UInt8(ascii: "|") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ":") || $0.isSpace
            }) {
                isBody = true
            } else if isBody {
                rows.append(text.split(separator: UInt8(ascii: "|")).map { $0.trimmed.text })
            }
        }
        return rows
    }
}

/// `research.md`: decisions, why, and what else was considered.
package struct ResearchDocument: Sendable, Hashable {
    package struct Decision: Sendable, Hashable {
        /// The section's heading.
        package let title: String
        package let hasRationale: Bool
        package let hasAlternatives: Bool
        /// From 0.
        package let line: Int
    }

    package let markdown: MarkdownDocument
    package let decisions: [Decision]
    package let questions: [OpenQuestion]

    package init(_ markdown: MarkdownDocument) {
        self.markdown = markdown
        self.questions = OpenQuestion.all(in: markdown)
        // A section's subsections count as its labels: `### Decision`.
        let children = Dictionary(grouping: markdown.sections) { $0.parent }
        self.decisions = markdown.sections.enumerated().compactMap { index, section in
            let labels =
                markdown.fields(in: section.own).map { (key: $0.key, line: $0.line) }
                + (children[index] ?? []).map { (key: $0.key, line: $0.line) }
            guard section.level > 1, let decision = labels.first(where: { $0.key == "decision" }) else { return nil }
            let has = { (word: String) in labels.contains { $0.key.utf8.starts(with: word.utf8) } }
            return Decision(
                title: section.title, hasRationale: has("rationale"), hasAlternatives: has("alternative"),
                line: decision.line)
        }
    }
}
