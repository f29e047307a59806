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
        self.decisions = markdown.sections.compactMap { section in
            // A section's subsections count as its labels: `### Decision`.
            let inner = markdown.sections.filter { $0.line > section.line && $0.line < section.end }
            let labels =
                markdown.fields(in: section.own).map { (key: $0.key, line: $0.line) }
                + inner.filter { $0.parent.map { markdown.sections[$0].line } == section.line }
                .map { (key: $0.key, line: $0.line) }
            guard section.level > 1, let decision = labels.first(where: { $0.key == "decision" }) else { return nil }
            let has = { (word: String) in labels.contains { $0.key.utf8.starts(with: word.utf8) } }
            return Decision(
                title: section.title, hasRationale: has("rationale"), hasAlternatives: has("alternative"),
                line: decision.line)
        }
    }
}
