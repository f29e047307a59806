internal import Markdown

/// A code block of a Markdown text.
struct CodeBlock: Equatable {
    /// The language, in lower case; empty if the text names none.
    let language: String
    /// With a line break at the end of each line.
    let code: String

    /// The code blocks of `markdown` with more than `count` lines. Pure.
    static func all(in markdown: String, longerThan count: Int) -> [CodeBlock] {
        // Most answers are shorter, and need not be parsed.
        guard markdown.utf8.count(where: { $0 == UInt8(ascii: "\n") }) > count else { return [] }
        let source = StyledLines(markdown, autolinks: false)
        return source.parts.compactMap { part in
            guard case .block(let block) = part, case .code(let info) = block.kind, block.lines.count > count else {
                return nil
            }
            let language = String(decoding: info, as: UTF8.self).split(whereSeparator: \.isWhitespace).first ?? ""
            let code = block.lines.flatMap { source.text(ofLine: $0) + [UInt8(ascii: "\n")] }
            return CodeBlock(language: language.lowercased(), code: String(decoding: code, as: UTF8.self))
        }
    }
}
