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

/// An answered question of a specification's section Clarifications.
package struct Clarification: Sendable, Hashable {
    /// The session's heading, such as `Session 2026-11-21`.
    package let session: String
    package let question: String
    /// Nil where the item has no answer.
    package let answer: String?
    /// From 0.
    package let line: Int
}

extension Clarification {
    static func all(in document: MarkdownDocument) -> [Clarification] {
        guard let section = document.section("clarifications") else { return [] }
        return document.items(in: section.lines).compactMap { block in
            let text = Array(block.text(in: document).utf8)[...]
            guard text.beginsIgnoringCase(with: "q:") || text.begins(with: "**Q") else { return nil }
            let body = text.drop { $0 == UInt8(ascii: "*") }.dropFirst(1).drop {
                $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "*")
            }
            let arrow = body.index(ofIgnoringCase: "→") ?? body.index(ofIgnoringCase: "->")
            let answer = arrow.map { Self.answer(body[$0...]) }
            return Clarification(
                session: document.section(at: block.line)?.title ?? "",
                question: body[..<(arrow ?? body.endIndex)].trimmed.text, answer: answer, line: block.line)
        }
    }

    private static func answer(_ text: ArraySlice<UInt8>) -> String {
        var rest = text.dropFirst(text.begins(with: "→") ? 3 : 2).drop { $0.isSpace || $0 == UInt8(ascii: "*") }
        if rest.beginsIgnoringCase(with: "a:") { rest = rest.dropFirst(2) }
        return rest.drop { $0 == UInt8(ascii: "*") }.trimmed.text
    }
}
