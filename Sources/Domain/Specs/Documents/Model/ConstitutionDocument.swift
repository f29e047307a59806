/// `.specify/memory/constitution.md`: a project's principles.
package struct ConstitutionDocument: Sendable, Hashable {
    package struct Principle: Sendable, Hashable {
        package let title: String
        /// From 0.
        package let line: Int
    }

    package let markdown: MarkdownDocument
    package let principles: [Principle]
    /// The fields Version, Ratified and Last Amended.
    package let version: FieldLine?
    package let ratified: FieldLine?
    package let amended: FieldLine?

    package init(_ markdown: MarkdownDocument) {
        self.markdown = markdown
        let parents = markdown.sections.filter { section in
            section.level == 2 && section.key.split(separator: " ").contains("principles")
        }
        self.principles = parents.flatMap { parent in
            markdown.sections.filter { $0.level == parent.level + 1 && $0.line > parent.line && $0.line < parent.end }
                .map { Principle(title: $0.title, line: $0.line) }
        }
        let fields = markdown.fields(in: markdown.lines.indices)
        // The last of a name: the line at the end, not one in a report of changes.
        self.version = fields.last { $0.key == "version" }
        self.ratified = fields.last { $0.key == "ratified" }
        self.amended = fields.last { $0.key == "last amended" }
    }
}
