internal import Primitives
internal import SpecDocuments

/// Sections that a model wrote, put into a document by code. Other bytes stay as they are.
struct SectionAnswer {
    /// Without a fence around it, words before the first heading, and control characters.
    let text: String
    private let markdown: MarkdownDocument

    /// Nil where the answer has no heading.
    init?(_ answer: String) {
        var lines = answer.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(Self.plain)
        guard let first = lines.firstIndex(where: Self.isHeading) else { return nil }
        let isFenced = lines[..<first].contains { $0.hasPrefix("```") || $0.hasPrefix("~~~") }
        lines.removeSubrange(..<first)
        if isFenced, let end = Self.end(ofFenced: lines) { lines.removeSubrange(end...) }
        while lines.last?.allSatisfy(\.isWhitespace) ?? false { lines.removeLast() }
        self.text = lines.joined(separator: "\n") + "\n"
        self.markdown = MarkdownDocument(self.text)
    }

    /// Whether it is a document with a title of its own.
    var isWhole: Bool { self.markdown.sections.first?.level == 1 }

    /// The outermost sections below a title.
    private var parts: [DocumentSection] {
        var end = 0
        return self.markdown.sections.filter { section in
            guard section.level > 1, section.line >= end else { return false }
            end = section.end
            return true
        }
    }

    /// The most parts that are applied: the document is read anew after each.
    static let limit = 100
    /// The most sections that the document may have, also after a part.
    static let sectionLimit = 2_000

    /// A document with the numbers of its sections, which each part is compared with.
    private struct Numbered {
        let markdown: MarkdownDocument
        let numbers: [String?]

        /// Nil with more than ``sectionLimit`` sections.
        init?(_ bytes: [UInt8]) {
            let markdown = MarkdownDocument(bytes)
            guard markdown.sections.count <= SectionAnswer.sectionLimit else { return nil }
            self.markdown = markdown
            self.numbers = markdown.sections.map { SectionAnswer.number($0.title) }
        }
    }

    /// The titles of what it replaces or adds.
    var titles: [String] { self.parts.map(\.title) }

    /// The document with the sections of the same titles replaced and others added where they belong. Nil if nothing
    /// fits, or with too many sections.
    func applied(to document: [UInt8], order: [String] = []) -> [UInt8]? {
        let parts = self.parts
        guard 1...Self.limit ~= parts.count, var current = Numbered(document) else { return nil }
        var previous: DocumentSection?
        for part in parts {
            let text = self.markdown.text(part.line..<part.end)
            let markdown = current.markdown
            var changed: [UInt8]?
            if let old = Self.match(part, in: current, after: previous) {
                // Equal text keeps its own line endings and blank lines.
                if !Self.isSame(markdown.text(old.line..<old.end), text) {
                    changed = markdown.replacing(section: old, with: text)
                }
            } else {
                changed = Self.inserting(text, part, into: markdown, after: previous, order: order)
            }
            if let changed {
                guard let next = Numbered(changed) else { return nil }
                current = next
            }
            previous = Self.match(part, in: current, after: nil)
        }
        return current.markdown.bytes
    }

    private static func match(
        _ part: DocumentSection, in document: Numbered, after previous: DocumentSection?
    ) -> DocumentSection? {
        let number = Self.number(part.title)
        let same = zip(document.markdown.sections, document.numbers).filter { section, other in
            section.level > 1
                && (section.title == part.title || section.key == part.key && !part.key.isEmpty
                    || number != nil && other == number)
        }.map(\.0)
        let exact = same.filter { $0.title == part.title && $0.level == part.level }
        let candidates = exact.isEmpty ? same.filter { $0.level == part.level } : exact
        return candidates.first { section in previous.map { section.line > $0.line } ?? true } ?? candidates.first
            ?? same.first
    }

    /// `User Story 2 - Title` and `Phase 3: Title` are the same section with another title.
    private static func number(_ title: String) -> String? {
        let words = title.lowercased().split { !$0.isLetter && !$0.isNumber }
        if words.count > 2, words[0] == "user", words[1] == "story", Int(words[2]) != nil { return "story \(words[2])" }
        if words.count > 1, words[0] == "phase", Int(words[1]) != nil { return "phase \(words[1])" }
        return nil
    }

    private static func inserting(
        _ text: String, _ part: DocumentSection, into markdown: MarkdownDocument, after previous: DocumentSection?,
        order: [String]
    ) -> [UInt8] {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
        let trimmed = Array(lines[..<((lines.lastIndex { !$0.allSatisfy(\.isWhitespace) } ?? 0) + 1)])
        if let previous, part.level >= previous.level {
            let end = markdown.placeAfterText(in: previous.line..<previous.end)
            return markdown.inserting([""] + trimmed, before: end)
        }
        // Before the first section that follows it in the form.
        if let rank = order.firstIndex(of: part.key) {
            let later = Set(order[(rank + 1)...])
            if let next = markdown.sections.first(where: { $0.level == part.level && later.contains($0.key) }) {
                return markdown.inserting(trimmed + [""], before: next.line)
            }
        }
        return markdown.appending(section: text)
    }

    /// Apart from line endings and blank lines.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        let lines = { (text: String) in
            text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
        }
        return lines(left) == lines(right)
    }

    private static func plain(_ line: Substring) -> String {
        StreamSafeText.of(
            String(
                String.UnicodeScalarView(
                    line.unicodeScalars.filter { $0 == "\t" || $0.properties.generalCategory != .control })))
    }

    private static func isHeading(_ line: String) -> Bool {
        let marks = line.prefix { $0 == "#" }.count
        return 1...6 ~= marks && line.dropFirst(marks).first == " "
    }

    /// The line of the fence that closes the one around the answer.
    private static func end(ofFenced lines: [String]) -> Int? {
        var fence: String?
        for (index, line) in lines.enumerated() {
            let text = line.drop { $0 == " " }
            guard text.hasPrefix("```") || text.hasPrefix("~~~") else { continue }
            if let open = fence {
                if text.hasPrefix(open) { fence = nil }
            } else if text.allSatisfy({ $0 == "`" || $0 == "~" }) {
                return index
            } else {
                fence = String(text.prefix(3))
            }
        }
        return nil
    }
}
