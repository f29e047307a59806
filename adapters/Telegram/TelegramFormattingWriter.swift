internal import Chat
internal import Kit
internal import Markdown
internal import Primitives

// Change: Markdown as Telegram shows it
/// Writes markup; that of text and links is in `+Text`.
struct TelegramFormattingWriter {
    /// The kind of the last block, which decides whether a blank line precedes the next one.
    private enum Block { case none, text, heading, list, frame, rule }

    let source: StyledLines
    var output: MarkupWriter
    /// How many lists and quotations are open.
    private var (lists, quotes) = (0, 0)
    private var last = Block.none

    private static let marks = StyleMarks(italic: ("<i>", "</i>"), bold: ("<b>", "</b>"), struck: ("<s>", "</s>"))

    static func render(_ markdown: String) -> RenderedText {
        var writer = Self(StyledLines(markdown))
        for part in writer.source.parts { writer.write(part) }
        return writer.output.text
    }

    private init(_ source: StyledLines) {
        self.source = source
        self.output = MarkupWriter(Self.marks, capacity: source.bytes.count)
        self.output.text.hasReferences = true
    }

    private mutating func write(_ part: StyledLines.Part) {
        switch part {
        case .enter(.quote): self.enterQuote()
        case .leave(.quote): self.leaveQuote()
        case .enter(.list):
            // A list within an item continues the item.
            if self.lists == 0 { self.begin(.list) }
            self.lists += 1
        case .leave(.list):
            self.lists -= 1
            self.last = .list
        case .enter(.item(let number, let task)):
            self.output.startsBlock = true
            self.last = .none
            self.output.margins.append(self.margin(number, task))
        case .leave(.item):
            if self.isAfterMark { self.writeLine([]) }
            self.output.margins.removeLast()
        case .block(let block): self.write(block)
        }
    }

    private mutating func write(_ block: StyledLines.Block) {
        switch block.kind {
        case .paragraph:
            if self.isAfterMark { self.output.startsBlock = true } else { self.begin(.text) }
            for line in self.source.lines[block.lines] { self.write(line) }
        case .heading:
            self.begin(.heading)
            for line in self.source.lines[block.lines] { self.write(line, within: Self.strong) }
        case .html:
            self.begin(.text)
            for line in block.lines {
                let text = self.clean(line)
                guard !text.isEmpty else { continue }
                self.output.beginLine()
                self.append(text)
                self.output.endLine()
            }
        case .code(let info):
            guard !block.lines.isEmpty else { return }
            self.writeCode(block.lines.map { self.clean($0) }, language: fenceLanguage(info.span, limit: 32))
        case .table(let alignments): self.writeTable(block.lines.map { self.clean($0).trimmed }, alignments.count)
        case .rule:
            self.begin(.rule)
            self.writeLine(Array("———".utf8))
        }
    }

    /// A line's text without control characters and markup.
    private func clean(_ line: Int) -> [UInt8] { Self.clean(self.source.text(ofLine: line)) }

    // MARK: Lines

    private static let strong = StyledLines.Styles(.bold)

    private mutating func write(_ line: Range<Int>, within outer: StyledLines.Styles = .init()) {
        guard !line.isEmpty else { return }
        self.output.beginLine()
        self.writeRuns(line, within: outer)
        self.output.set(.init())
        self.output.endLine()
    }

    private mutating func writeLine(_ bytes: [UInt8]) {
        self.output.beginLine()
        self.output.text.bytes += bytes
        self.output.endLine()
    }

    /// Begins a block, after a blank line if it would otherwise run into the previous one.
    private mutating func begin(_ block: Block) {
        let isInItem = !self.output.margins.isEmpty
        let needsBlank =
            switch (self.last, block) {
            case (.none, _): false
            // Adjacent equal frames would merge.
            case (.frame, .frame): true
            case (_, .frame): false
            case (.frame, _), (.heading, .text), (.heading, .list), (.text, .list): false
            default: !isInItem
            }
        self.output.startsBlock = true
        if needsBlank {
            let frame = self.output.frame
            if block == .frame { self.output.frame = nil }
            self.output.line([])
            self.output.frame = frame
            self.output.startsBlock = true
        }
        self.last = block
    }

    /// The item's marker is not yet written: its first paragraph follows on the same line.
    private var isAfterMark: Bool { self.output.margins.last?.isUsed == false }

    private func margin(_ number: Int?, _ task: MarkdownTask?) -> Margin {
        let bullets = ["• ", "◦ ", "▪ "]
        let box =
            switch task {
            case .open: "☐ "
            case .done: "☑ "
            case nil: number == nil ? bullets[max(0, self.lists - 1) % bullets.count] : ""
            }
        let marker = (number.map { "\($0). " } ?? "") + box
        return Margin(first: Array(marker.utf8), rest: [UInt8](repeating: 0x20, count: 3))
    }

    // MARK: Frames

    private mutating func enterQuote() {
        self.begin(.frame)
        self.quotes += 1
        if self.quotes == 1 {
            self.output.frame = self.frame(open: "<blockquote>", close: "</blockquote>")
            self.last = .none
        } else {
            self.output.margins.append(Margin(first: Array("&gt; ".utf8), rest: Array("&gt; ".utf8)))
        }
    }

    private mutating func leaveQuote() {
        self.quotes -= 1
        if self.quotes == 0 {
            self.output.frame = nil
            self.last = .frame
        } else {
            self.output.margins.removeLast()
        }
    }

    private mutating func frame(open: String, close: String) -> Int {
        self.output.place(of: RenderedText.Frame(open: Array(open.utf8), close: Array(close.utf8)))
    }

    /// Writes preformatted lines.
    private mutating func writeCode(_ lines: [[UInt8]], language: [UInt8] = []) {
        // The marker of an item that begins with code gets its own line.
        if self.output.margins.contains(where: { !$0.isUsed }) { self.writeLine([]) }
        self.begin(.frame)
        let name = String(decoding: language, as: UTF8.self)
        let inner = name.isEmpty ? ("<pre>", "</pre>") : ("<pre><code class=\"language-\(name)\">", "</code></pre>")
        let quote = self.output.frame
        self.output.frame = self.frame(
            open: (quote == nil ? "" : "<blockquote>") + inner.0,
            close: inner.1 + (quote == nil ? "" : "</blockquote>"))
        for line in lines {
            var escaped: [UInt8] = []
            escaped.append(escaped: line.span)
            self.output.line(escaped[...])
        }
        self.output.frame = quote
    }

    // MARK: Tables

    /// In columns of a monospaced font: what a phone shows without wrapping.
    private static let widthLimit = 40

    /// Writes preformatted lines, since messages have no tables; of what is wider, a list.
    private mutating func writeTable(_ cells: [[UInt8]], _ count: Int) {
        let columns = TableColumns(columns: count, cells: cells.indices) { DisplayWidth.of(cells[$0]) }
        if cells.count > count, columns.widths.reduce(3 * (count - 1), +) > Self.widthLimit {
            return self.writeList(of: cells, count)
        }
        var lines: [[UInt8]] = []
        for (index, cell) in cells.enumerated() {
            if index % count == 0 { lines.append([]) } else { lines[lines.count - 1] += " │ ".utf8 }
            let padding = index % count == count - 1 ? 0 : columns.spaces(aroundCell: index, .none).right
            lines[lines.count - 1] += cell + repeatElement(0x20, count: padding)
        }
        let rule = columns.widths.map { String(repeating: "─", count: max($0, 1)) }.joined(separator: "─┼─")
        lines.insert(Array(rule.utf8), at: 1)
        self.writeCode(lines)
    }

    /// Writes each row as lines of header and value: a phone wraps the lines of a wide table.
    private mutating func writeList(of cells: [[UInt8]], _ count: Int) {
        for (index, value) in cells.enumerated().dropFirst(count) {
            if index % count == 0 {
                self.last = self.last == .none ? .none : .rule
                self.begin(.text)
            }
            guard !value.isEmpty else { continue }
            self.output.beginLine()
            let header = cells[index % count]
            if !header.isEmpty {
                self.output.set(Self.strong)
                self.append(header + Array(":".utf8))
                self.output.set(.init())
                self.output.text.bytes.append(0x20)
            }
            self.append(value)
            self.output.endLine()
        }
        self.last = .rule
    }
}

extension [UInt8] {
    /// Without spaces at both ends.
    fileprivate var trimmed: [UInt8] {
        guard let first = self.firstIndex(where: { $0 != 0x20 }), let last = self.lastIndex(where: { $0 != 0x20 })
        else { return [] }
        return Array(self[first...last])
    }
}
