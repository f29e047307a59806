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
        var principles: [Principle] = []
        // The section that the next ones of level 3 are in.
        var isPrinciples = false
        for section in markdown.sections {
            if section.level <= 2 {
                isPrinciples = section.level == 2 && section.key.split(separator: " ").contains("principles")
            } else if section.level == 3, isPrinciples {
                principles.append(Principle(title: section.title, line: section.line))
            }
        }
        self.principles = principles
        let fields = markdown.fields(in: markdown.lines.indices)
        // The last of a name: the line at the end, not one in a report of changes.
        self.version = fields.last { $0.key == "version" }
        self.ratified = fields.last { $0.key == "ratified" }
        self.amended = fields.last { $0.key == "last amended" }
    }
}
