/// `spec.md`: what a feature does and for whom.
package struct SpecDocument: Sendable, Hashable {
    package let markdown: MarkdownDocument
    /// The lines `**Feature Branch**: …` before the first section.
    package let fields: [FieldLine]
    package let stories: [UserStory]
    /// FR-### and others; not the success criteria.
    package let requirements: [Requirement]
    /// SC-###.
    package let criteria: [Requirement]
    package let edgeCases: [String]
    package let entities: [String]
    package let assumptions: [String]
    package let clarifications: [Clarification]
    package let questions: [OpenQuestion]

    package init(_ markdown: MarkdownDocument) {
        self.markdown = markdown
        let head = markdown.sections.first { $0.level > 1 }?.line ?? markdown.lines.count
        self.fields = markdown.fields(in: 0..<head)
        self.stories = UserStory.all(in: markdown)
        let definitions = Requirement.all(in: markdown)
        self.requirements = definitions.filter { !$0.id.isCriterion }
        self.criteria = definitions.filter(\.id.isCriterion)
        self.edgeCases = Self.entries(of: "edge cases", in: markdown)
        self.entities = Self.entries(of: "key entities", in: markdown)
        self.assumptions = Self.entries(of: "assumptions", in: markdown)
        self.clarifications = Clarification.all(in: markdown)
        self.questions = OpenQuestion.all(in: markdown)
    }

    /// The prefixes of the ids that it defines, and the usual ones.
    var prefixes: Set<String> {
        Set((self.requirements + self.criteria).map(\.id.prefix)).union(["FR", "SC"])
    }

    private static func entries(of key: String, in markdown: MarkdownDocument) -> [String] {
        guard let section = markdown.section(key) else { return [] }
        return markdown.items(in: section.lines).map { $0.text(in: markdown) }
    }
}
