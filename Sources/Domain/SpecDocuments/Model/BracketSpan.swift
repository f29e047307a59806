/// Text in square brackets, outside of code.
struct BracketSpan: Hashable {
    /// From 0.
    let line: Int
    /// From the opening bracket to past the closing one, in bytes of the document.
    let range: Range<Int>
    let inner: ArraySlice<UInt8>
    /// The byte after the closing bracket.
    let next: UInt8?
}

extension MarkdownDocument {
    /// The outermost brackets of a line. One without an end counts if it opens a question: to the next such one, or to the
    /// line's end.
    func brackets(on line: Int) -> [BracketSpan] {
        let text = self.plain(line)
        guard text.contains(UInt8(ascii: "[")) else { return [] }
        let ends = Self.closings(in: text)
        var starts: [Int] = []
        var index = text.startIndex
        while index < text.endIndex {
            guard text[index] == UInt8(ascii: "[") else {
                index += text[index] == UInt8(ascii: "\\") ? 2 : 1
                continue
            }
            let end = ends[index]
            if end != nil || text[(index + 1)...].begins(with: "NEEDS CLARIFICATION") { starts.append(index) }
            index = (end ?? index) + 1
        }
        var limit = text.endIndex
        let spans = starts.reversed().map { start in
            let end = ends[start]
            let next = end.map { $0 + 1 } ?? limit
            if end == nil { limit = start }
            return BracketSpan(
                line: line, range: start..<next, inner: text[(start + 1)..<(end ?? next)],
                next: next < text.endIndex ? text[next] : nil)
        }
        return spans.reversed()
    }

    /// The closing bracket of each opening one that has an end.
    private static func closings(in text: ArraySlice<UInt8>) -> [Int: Int] {
        var ends: [Int: Int] = [:]
        var open: [Int] = []
        for index in text.indices {
            if text[index] == UInt8(ascii: "[") { open.append(index) }
            if text[index] == UInt8(ascii: "]"), let start = open.popLast() { ends[start] = index }
        }
        return ends
    }
}

/// `[NEEDS CLARIFICATION: question]`.
package struct OpenQuestion: Sendable, Hashable {
    package let question: String
    /// From 0.
    package let line: Int
    /// The mark's bytes in the document, with its brackets.
    package let range: Range<Int>

    static func all(in document: MarkdownDocument) -> [OpenQuestion] {
        document.lines.indices.flatMap { line -> [OpenQuestion] in
            switch document.lines[line].kind {
            case .text, .heading: break
            default: return []
            }
            return document.brackets(on: line).compactMap { span in
                guard span.inner.begins(with: "NEEDS CLARIFICATION") else { return nil }
                let question = document.bytes[span.inner.indices].dropFirst("NEEDS CLARIFICATION".utf8.count)
                return OpenQuestion(
                    question: question.drop { $0 == UInt8(ascii: ":") || $0.isSpace }.trimmed.text, line: line,
                    range: span.range)
            }
        }
    }
}
