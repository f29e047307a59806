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
