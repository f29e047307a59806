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
    /// The outermost brackets of a line. One without an end counts to the line's end if it opens a question.
    func brackets(on line: Int) -> [BracketSpan] {
        let text = self.plain(line)
        guard text.contains(UInt8(ascii: "[")) else { return [] }
        var spans: [BracketSpan] = []
        var index = text.startIndex
        while index < text.endIndex {
            guard text[index] == UInt8(ascii: "[") else {
                index += text[index] == UInt8(ascii: "\\") ? 2 : 1
                continue
            }
            guard let end = Self.closing(of: text[index...]) else {
                if text[(index + 1)...].begins(with: "NEEDS CLARIFICATION") {
                    spans.append(
                        BracketSpan(
                            line: line, range: index..<text.endIndex, inner: text[(index + 1)...], next: nil))
                }
                index += 1
                continue
            }
            spans.append(
                BracketSpan(
                    line: line, range: index..<(end + 1), inner: text[(index + 1)..<end],
                    next: end + 1 < text.endIndex ? text[end + 1] : nil))
            index = end + 1
        }
        return spans
    }

    private static func closing(of text: ArraySlice<UInt8>) -> Int? {
        var depth = 0
        for index in text.indices {
            if text[index] == UInt8(ascii: "[") { depth += 1 }
            if text[index] == UInt8(ascii: "]") {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
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
