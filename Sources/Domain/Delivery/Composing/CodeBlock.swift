internal import Markdown
internal import Primitives

/// A code block of a Markdown text.
struct CodeBlock: Equatable {
    /// The language, in lower case; empty if the text names none.
    let language: String
    /// With a line break at the end of each line.
    let code: String

    var lineCount: Int { self.code.utf8.count { $0 == UInt8(ascii: "\n") } }

    /// The code blocks of `markdown` with more than `count` lines. Pure.
    static func all(in markdown: String, longerThan count: Int) -> [CodeBlock] {
        // Most answers are shorter, and need not be parsed.
        guard markdown.utf8.count(where: { $0 == UInt8(ascii: "\n") }) > count else { return [] }
        var collector = Collector()
        Markdown.walk(markdown, autolinks: false, visitor: &collector)
        return collector.blocks.filter { $0.lineCount > count }
    }

    private struct Collector: MarkdownVisitor {
        var blocks: [CodeBlock] = []
        private var code: [UInt8]?

        mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
            if node == .codeBlock { self.code = [] }
        }

        mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {
            guard node == .codeBlock, let code = self.code.take() else { return }
            let info = String(decoding: detail).split(whereSeparator: \.isWhitespace).first ?? ""
            self.blocks.append(CodeBlock(language: info.lowercased(), code: String(decoding: code, as: UTF8.self)))
        }

        mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) { self.code?.append(contentsOf: text) }

        mutating func mark(_ mark: MarkdownMark) {}
    }
}
