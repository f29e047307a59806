internal import Kit
internal import Markdown
internal import Primitives

/// The text shown instead of a message's blocks: in notifications, by screen readers and in other programs. It has the
/// words of the rendered text without Markdown's signs, with Slack's escapes, up to the limit of an edit's `text`.
enum SlackFallback {
    /// `chat.update` accepts 4,000, possibly counted in bytes.
    static let limit = 3_800

    static func text(of markdown: String) -> String {
        var writer = SlackFallbackWriter()
        Markdown.walk(markdown, autolinks: false, visitor: &writer)
        let words = writer.finish()
        var result = ""
        var count = 0
        for character in words {
            let escaped = SlackMarkup.escaped(String(character))
            count += escaped.utf8.count
            guard count <= Self.limit else {
                result += "…"
                break
            }
            result += escaped
        }
        return result.allSatisfy(\.isWhitespace) ? "A message" : result
    }
}

/// Writes the words of Markdown, line by line.
private struct SlackFallbackWriter: MarkdownVisitor {
    private var output: [UInt8] = []
    /// Line feeds before the next words.
    private var breaks = 0
    /// The next number of each open list; nil for bullets.
    private var numbers: [Int?] = []
    private var links: [Int] = []
    private var cells = 0

    consuming func finish() -> String { String(decoding: self.output, as: UTF8.self) }

    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .list(let list): self.numbers.append(list.start)
        case .item(let task): self.enterItem(task)
        case .tableRow: self.cells = 0
        case .tableCell:
            if self.cells > 0 { self.append(" | ") }
            self.cells += 1
        case .link, .image:
            self.append("")
            self.links.append(self.output.count)
        default: break
        }
    }

    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .list: self.numbers.removeLast()
        case .paragraph(let isTight): self.breaks = max(self.breaks, isTight ? 1 : 2)
        case .heading, .blockQuote, .table, .codeBlock: self.breaks = max(self.breaks, 2)
        case .item, .tableRow: self.breaks = max(self.breaks, 1)
        case .link, .image: self.endLink(detail)
        default: break
        }
        if case .list = node, self.numbers.isEmpty { self.breaks = 2 }
    }

    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) {
        switch kind {
        case .plain, .html, .code:
            self.append("")
            self.output.append(contentsOf: text)
        case .codeBlock, .htmlBlock:
            self.append("")
            self.output.append(contentsOf: text)
            while self.output.last == 0x0A { self.output.removeLast() }
            self.breaks = 2
        }
    }

    mutating func mark(_ mark: MarkdownMark) {
        switch mark {
        case .softBreak, .lineBreak: self.breaks = max(self.breaks, 1)
        case .thematicBreak: self.breaks = 2
        }
    }

    private mutating func append(_ text: String) {
        if !self.output.isEmpty { self.output += repeatElement(0x0A, count: self.breaks) }
        self.breaks = 0
        self.output += Array(text.utf8)
    }

    private mutating func enterItem(_ task: MarkdownTask?) {
        var marker = "• "
        if let list = self.numbers.indices.last, let number = self.numbers[list] {
            marker = "\(number). "
            self.numbers[list] = number &+ 1
        }
        switch task {
        case .open: marker = "☐ "
        case .done: marker = "☑ "
        case nil: break
        }
        self.append(String(repeating: "  ", count: max(0, self.numbers.count - 1)) + marker)
    }

    private mutating func endLink(_ address: Span<UInt8>) {
        guard let start = self.links.popLast() else { return }
        let address = String(decoding: address)
        let text = String(decoding: self.output[min(start, self.output.count)...], as: UTF8.self)
        if !text.isEmpty, text != address, "mailto:" + text != address { self.append(" (" + address + ")") }
        if text.isEmpty { self.append(address) }
    }
}
