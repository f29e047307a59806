internal import Markdown
internal import Primitives

/// Writes finished Markdown as lines with escape sequences.
struct TerminalMarkdownWriter {
    /// What precedes the lines of a list item or a quotation.
    private struct Margin {
        /// For the first line; nil once used.
        var first: String?
        let rest: String
        let width: Int
    }

    private static let leastWidth = 20

    private let source: StyledLines
    private let width: Int
    private var lines: [String] = []
    private var margins: [Margin] = []
    /// For each open list, whether it is tight.
    private var lists: [Bool] = []
    /// A blank line precedes the next block.
    private var hasGap = false

    /// The lines of a text for a terminal with this many columns.
    static func lines(of markdown: String, width: Int) -> [String] {
        var writer = Self(source: StyledLines(markdown), width: width)
        for part in writer.source.parts { writer.write(part) }
        return writer.lines
    }

    private init(source: StyledLines, width: Int) {
        self.source = source
        self.width = width
    }

    private mutating func write(_ part: StyledLines.Part) {
        switch part {
        case .enter(.quote):
            self.margins.append(Margin(rest: StyledText.Style.faint.apply(to: "│") + " ", width: 2))
        case .leave(.quote):
            self.margins.removeLast()
            self.hasGap = true
        case .enter(.list(let list)): self.lists.append(list.isTight)
        case .leave(.list):
            self.lists.removeLast()
            self.hasGap = self.lists.last != true
        case .enter(.item(let number, let task)):
            let marker = number.map { "\($0). " } ?? "• "
            let box = task.map { $0 == .open ? "☐ " : "☑ " } ?? ""
            self.margins.append(
                Margin(first: marker + box, rest: String(repeating: " ", count: marker.count), width: marker.count))
        case .leave(.item):
            // An empty item still shows its marker.
            if self.margins.last?.first != nil { self.write([" "]) }
            self.margins.removeLast()
        case .block(let block): self.write(block)
        }
    }

    private mutating func write(_ block: StyledLines.Block) {
        switch block.kind {
        case .paragraph: self.write(self.text(of: block.lines).lines(width: self.room))
        case .heading(let level):
            self.write(self.text(of: block.lines, level == 1 ? [.bold, .underlined] : .bold).lines(width: self.room))
        case .code, .html:
            guard !block.lines.isEmpty else { return }
            self.write(block.lines.map { Self.codeLine(String(decoding: self.source.text(ofLine: $0), as: UTF8.self)) })
        case .table(let alignments):
            let cells = block.lines.enumerated().map { index, line in
                self.text(of: line..<line + 1, index < alignments.count ? .bold : [])
            }
            self.write(TerminalTable(cells: cells, alignments: alignments).lines(width: self.room))
        case .rule:
            self.write([StyledText.Style.faint.apply(to: String(repeating: "─", count: min(self.room, 40)))])
        }
    }

    private mutating func write(_ lines: [String]) {
        if self.hasGap, !self.lines.isEmpty { self.lines.append(self.margin(isBlank: true)) }
        for line in lines { self.lines.append(self.margin(isBlank: line.isEmpty) + line) }
        self.hasGap = self.lists.last != true
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

    // MARK: Text

    /// A line of a code block, which is never wrapped.
    static func codeLine(_ line: String) -> String {
        let text = VisibleText.of(line, lineBreaks: .normalized).replacing("\t", with: "    ")
        return text.isEmpty ? "" : "  " + StyledText.Style.code.apply(to: text)
    }

    private static func visible(_ bytes: some Collection<UInt8>) -> String {
        VisibleText.of(String(decoding: bytes, as: UTF8.self), lineBreaks: .normalized).replacing("\t", with: " ")
            .replacing("\n", with: " ")
    }

    /// The runs of lines, which are all in `outer` as well.
    private func text(of lines: Range<Int>, _ outer: StyledText.Style = []) -> StyledText {
        var text = StyledText()
        var links = 0
        for line in lines {
            if line > lines.lowerBound { text.append("\n") }
            for run in self.source.runs[self.source.lines[line]] {
                var style = (0..<run.styles.count).reduce(outer) { $0.union(Self.style(run.styles[$1])) }
                if run.kind == .linkEnd { links -= 1 }
                if links > 0 { style.insert(.underlined) }
                switch run.kind {
                case .text: text.append(Self.visible(self.source.text(run)), style)
                case .code: text.append(Self.visible(self.source.text(run)), style.union(.code))
                case .linkStart:
                    links += 1
                    if self.source.links[run.link].isImage { text.append("image: ", style) }
                case .linkEnd: text.append(self.target(of: self.source.links[run.link]), style.union(.faint))
                }
            }
        }
        return text
    }

    private static func style(_ style: StyledLines.Style?) -> StyledText.Style {
        switch style {
        case .italic: .italic
        case .bold: .bold
        case .struck: .struck
        case nil: []
        }
    }

    /// The link's target, unless its text already shows it: a text can name another address.
    private func target(of link: StyledLines.Link) -> String {
        let address = Self.visible(link.address)
        // A longer text is another one. It is not read: images may be nested thousands of times.
        let mayShow = !link.isImage && link.text.count <= link.address.count
        let text = mayShow ? Self.visible(self.source.bytes[link.text]) : ""
        let isShown = mayShow && ["", "mailto:", "http://", "https://"].contains { $0 + text == address }
        return isShown || address.isEmpty ? "" : (link.text.isEmpty ? "<" : " <") + address + ">"
    }
}
