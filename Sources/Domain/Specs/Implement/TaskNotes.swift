internal import Primitives
package import SpecDocuments

/// Notes about tasks that were left: items of the section Notes in `tasks.md`, where they are neither tasks nor parts
/// of one.
package enum TaskNotes {
    private static let section = "notes"
    /// In characters.
    private static let limit = 300

    /// The note's text of a task; nil without one.
    package static func note(of id: String, in tasks: TaskDocument) -> String? {
        self.lines(of: id, in: tasks.markdown).last.map { line in
            String(tasks.markdown.text(line).dropFirst(Self.mark(id).count))
        }
    }

    /// The document with a note in the place of the task's earlier ones; the same bytes if it is there.
    package static func adding(_ text: String, of id: String, to tasks: TaskDocument) -> [UInt8] {
        let line = Self.mark(id) + Self.plain(text)
        let markdown = tasks.markdown
        let earlier = Self.lines(of: id, in: markdown)
        if earlier.count == 1, markdown.text(earlier[0]) == line { return markdown.bytes }
        let rest = MarkdownDocument(Self.removing(earlier, from: markdown))
        guard let notes = rest.sections.last(where: { $0.key == Self.section && $0.level == 2 }) else {
            return rest.appending(section: "## Notes\n\n\(line)")
        }
        let place = rest.placeAfterText(in: notes.own)
        let isFirst = place <= notes.line + 1 || !rest.text(place - 1).hasPrefix("- ")
        return rest.inserting(isFirst ? ["", line] : [line], before: max(place, notes.line + 1))
    }

    /// The document without the notes of a task.
    package static func removing(_ id: String, from tasks: TaskDocument) -> [UInt8] {
        Self.removing(Self.lines(of: id, in: tasks.markdown), from: tasks.markdown)
    }

    private static func mark(_ id: String) -> String { "- \(id) was left: " }

    private static func lines(of id: String, in markdown: MarkdownDocument) -> [Int] {
        markdown.lines.indices.filter { line in
            markdown.lines[line].kind == .text && markdown.text(line).hasPrefix(Self.mark(id))
        }
    }

    private static func removing(_ lines: [Int], from markdown: MarkdownDocument) -> [UInt8] {
        var bytes = markdown.bytes
        for line in lines.reversed() {
            bytes.removeSubrange(markdown.lines[line].content.lowerBound..<markdown.lines[line].end)
        }
        return bytes
    }

    /// One line that no rule reads as a link, a box, an id or markup.
    private static func plain(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: " "
            default: "[]()<>`*_#|".unicodeScalars.contains(scalar) ? " " : scalar
            }
        }
        let words = String(String.UnicodeScalarView(scalars)).split(separator: " ").joined(separator: " ")
        return words.abridged(to: Self.limit)
    }
}
