internal import Markdown
internal import Primitives

/// Writes finished Markdown as lines with escape sequences, during a walk of its tree.
struct TerminalMarkdownWriter {
    /// What precedes the lines of a list item or a quotation.
    private struct Margin {
        /// For the first line; nil once used.
        var first: String?
        let rest: String
        let width: Int
    }

    private struct Link {
        /// The number of runs in front of its text.
        let start: Int
        let isImage: Bool
    }

    private static let leastWidth = 20

    private let width: Int
    private(set) var lines: [String] = []
    private var margins: [Margin] = []
    private var lists: [(number: Int?, isTight: Bool)] = []
    /// A blank line precedes the next block.
    private var hasGap = false
    private var inline = StyledText()
    private var styles: [StyledText.Style] = []
    private var links: [Link] = []
    private var table: TerminalTable?
    private var isInHeader = false

    /// The lines of a text for a terminal with this many columns.
    static func lines(of markdown: String, width: Int) -> [String] {
        var writer = Self(width: width)
        Markdown.walk(markdown, visitor: &writer)
        return writer.lines
    }

    private init(width: Int) {
        self.width = width
    }

    // MARK: Blocks

    private mutating func write(_ lines: [String]) {
        if self.hasGap, !self.lines.isEmpty { self.lines.append(self.margin(isBlank: true)) }
        for line in lines { self.lines.append(self.margin(isBlank: line.isEmpty) + line) }
        self.hasGap = self.lists.last.map { !$0.isTight } ?? true
    }

    /// The margins of the next line.
    private mutating func margin(isBlank: Bool) -> String {
        var text = ""
        for index in self.margins.indices {
            // An item's marker is not for the blank line in front of it.
            if !isBlank || self.margins[index].first == nil || index < self.margins.count - 1 {
                text += self.margins[index].first.take() ?? self.margins[index].rest
            }
        }
        if isBlank { while text.last == " " { text.removeLast() } }
        return text
    }

    private var room: Int { max(Self.leastWidth, self.width - self.margins.reduce(0) { $0 + $1.width }) }

    private mutating func endInline() {
        let text = self.inline
        self.inline = StyledText()
        self.write(text.lines(width: self.room))
    }

    private mutating func beginItem(_ task: MarkdownTask?) {
        var marker = "• "
        if let number = self.lists.last?.number {
            marker = "\(number). "
            self.lists[self.lists.count - 1].number = number + 1
        }
        let box =
            switch task {
            case nil: ""
            case .open: "☐ "
            case .done: "☑ "
            }
        self.margins.append(
            Margin(first: marker + box, rest: String(repeating: " ", count: marker.count), width: marker.count))
    }

    private mutating func endItem() {
        // An empty item still shows its marker.
        if self.margins.last?.first != nil { self.write([" "]) }
        self.margins.removeLast()
    }

    private mutating func writeCode(_ text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        self.write(lines.map(Self.codeLine))
    }

    /// A line of a code block, which is never wrapped.
    static func codeLine(_ line: String) -> String {
        let text = VisibleText.of(line, lineBreaks: .normalized).replacing("\t", with: "    ")
        return text.isEmpty ? "" : "  " + StyledText.Style.code.apply(to: text)
    }

    // MARK: Text

    private var style: StyledText.Style { self.styles.reduce([]) { $0.union($1) } }

    private mutating func append(_ text: String, _ style: StyledText.Style = []) {
        self.inline.append(
            VisibleText.of(text, lineBreaks: .normalized).replacing("\t", with: " ").replacing("\n", with: " "),
            self.style.union(style))
    }

    /// Appends the link's target unless its text already shows it: a text can name another address.
    private mutating func endLink(_ address: String) {
        guard let link = self.links.popLast(), !address.isEmpty else { return }
        let text = self.inline.runs.dropFirst(link.start).map(\.text).joined()
        let address = VisibleText.of(address, lineBreaks: .normalized)
        let isShown = !link.isImage && ["", "mailto:", "http://", "https://"].contains { $0 + text == address }
        if !isShown { self.inline.append((text.isEmpty ? "<" : " <") + address + ">", self.style.union(.faint)) }
    }
}

extension TerminalMarkdownWriter: MarkdownVisitor {
    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document, .codeBlock, .paragraph: break
        case .heading(let level): self.styles.append(level == 1 ? [.bold, .underlined] : .bold)
        case .blockQuote:
            self.margins.append(Margin(rest: StyledText.Style.faint.apply(to: "│") + " ", width: 2))
        case .list(let list): self.lists.append((list.start, list.isTight))
        case .item(let task): self.beginItem(task)
        case .table: self.table = TerminalTable()
        case .tableRow(let isHeader):
            self.isInHeader = isHeader
            self.table?.beginRow()
        case .tableCell: if self.isInHeader { self.styles.append(.bold) }
        case .emphasis: self.styles.append(.italic)
        case .strong: self.styles.append(.bold)
        case .strikethrough: self.styles.append(.struck)
        case .link, .image:
            let isImage = node == .image
            if isImage { self.append("image: ") }
            self.links.append(Link(start: self.inline.runs.count, isImage: isImage))
            self.styles.append(.underlined)
        }
    }

    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document, .codeBlock: break
        case .paragraph: self.endInline()
        case .heading:
            self.styles.removeLast()
            self.endInline()
        case .blockQuote:
            self.margins.removeLast()
            self.hasGap = true
        case .list:
            self.lists.removeLast()
            self.hasGap = self.lists.last.map { !$0.isTight } ?? true
        case .item: self.endItem()
        case .table:
            if let table = self.table.take() { self.write(table.lines(width: self.room)) }
        case .tableRow: break
        case .tableCell(let alignment):
            if self.isInHeader { self.styles.removeLast() }
            self.table?.append(self.inline, alignment)
            self.inline = StyledText()
        case .emphasis, .strong, .strikethrough: self.styles.removeLast()
        case .link, .image:
            self.styles.removeLast()
            self.endLink(String(decoding: detail))
        }
    }

    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) {
        let text = String(decoding: text)
        switch kind {
        case .plain, .html: self.append(text)
        case .code: self.append(text, .code)
        case .codeBlock, .htmlBlock: self.writeCode(text)
        }
    }

    mutating func mark(_ mark: MarkdownMark) {
        switch mark {
        case .softBreak: self.append(" ")
        case .lineBreak: self.inline.append("\n")
        case .thematicBreak:
            self.write([StyledText.Style.faint.apply(to: String(repeating: "─", count: min(self.room, 40)))])
        }
    }
}
