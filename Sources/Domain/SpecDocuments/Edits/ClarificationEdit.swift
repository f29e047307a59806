/// Records the answer to a question in a specification: in the section Clarifications, and in the sentence that the
/// answer changes.
package struct ClarificationEdit: Sendable, Hashable {
    package enum Change: Sendable, Hashable {
        /// Replaces a mark `[NEEDS CLARIFICATION: …]` with words.
        case mark(OpenQuestion, with: String)
        /// Replaces text that occurs exactly once.
        case text(String, with: String)
    }

    private let date: String
    private let question: String
    private let answer: String
    private let change: Change?

    /// - Parameters:
    ///   - date: The session's day, such as `2026-11-21`.
    ///   - question: Becomes one line, as the answer does.
    ///   - change: Nil where the answer changes no sentence.
    package init(date: String, question: String, answer: String, change: Change? = nil) {
        self.date = date
        self.question = Self.line(question)
        self.answer = Self.line(answer)
        self.change = change
    }

    /// The specification's new bytes.
    package func applied(to spec: SpecDocument) throws(DocumentEditError) -> [UInt8] {
        let changed = try self.changed(spec.markdown)
        let entry = "- Q: \(self.question) → A: \(self.answer)"
        let heading = "### Session \(self.date)"
        guard let section = changed.section("clarifications") else {
            return Self.opening(["## Clarifications", "", heading, "", entry], in: changed)
        }
        let session = changed.sections.first { candidate in
            candidate.line > section.line && candidate.line < section.end
                && candidate.title.utf8.elementsEqual("Session \(self.date)".utf8)
        }
        guard let session else { return changed.appending(section: "\(heading)\n\n\(entry)", to: section) }
        let place = changed.placeAfterText(in: session.line..<session.ownEnd)
        let isFirst = place == session.line + 1
        return changed.inserting(isFirst ? ["", entry] : [entry], before: place)
    }

    private func changed(_ markdown: MarkdownDocument) throws(DocumentEditError) -> MarkdownDocument {
        switch self.change {
        case nil: return markdown
        case .mark(let question, let words):
            let isThere = OpenQuestion.all(in: markdown).contains(question)
            guard isThere else {
                throw DocumentEditError(
                    message: "the marked question has changed since it was asked: read the specification again")
            }
            return MarkdownDocument(markdown.replacing(question.range, with: Self.line(words).utf8))
        case .text(let old, let new):
            guard old.utf8.count <= Self.longestText else {
                throw DocumentEditError(
                    message: "the sentence to change has more than \(Self.longestText) bytes: name a part of it")
            }
            let places = Self.places(of: Array(old.utf8), in: markdown.bytes)
            guard places.count == 1, let place = places.first else {
                throw DocumentEditError(
                    message: places.isEmpty
                        ? "the sentence to change is not in the specification any more: read it again"
                        : "the sentence to change occurs more than once: name a longer part of it")
            }
            return MarkdownDocument(markdown.replacing(place..<(place + old.utf8.count), with: Self.line(new).utf8))
        }
    }

    /// Before the first section below the title: clarifications follow the overview.
    private static func opening(_ lines: [String], in markdown: MarkdownDocument) -> [UInt8] {
        guard let first = markdown.sections.first(where: { $0.level == 2 }) else {
            return markdown.appending(section: lines.joined(separator: "\n"))
        }
        return markdown.inserting(lines + [""], before: first.line)
    }

    /// In bytes. It is compared at each place where its first byte is.
    private static let longestText = 4_096

    /// The first two places.
    private static func places(of text: [UInt8], in bytes: [UInt8]) -> [Int] {
        guard let first = text.first, text.count <= bytes.count else { return [] }
        var places: [Int] = []
        for index in 0...(bytes.count - text.count)
        where bytes[index] == first && bytes[index..<(index + text.count)].elementsEqual(text) {
            places.append(index)
            if places.count == 2 { break }
        }
        return places
    }

    /// One line without control characters, so that an answer adds neither headings nor list items.
    private static func line(_ text: String) -> String {
        let words = text.split { $0.isWhitespace || $0.isNewline }.map { word in
            String(String.UnicodeScalarView(word.unicodeScalars.filter { $0.properties.generalCategory != .control }))
        }
        return words.filter { !$0.isEmpty }.joined(separator: " ")
    }
}
