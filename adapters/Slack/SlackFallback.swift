internal import Kit
internal import Markdown
internal import Primitives

/// The text shown instead of a message's blocks: in notifications, by screen readers and in other programs. It has the
/// words of the rendered text without Markdown's signs, with Slack's escapes, up to the limit of an edit's `text`.
enum SlackFallback {
    /// `chat.update` accepts 4,000, possibly counted in bytes.
    static let limit = 3_800

    static func text(of markdown: String) -> String {
        var writer = SlackFallbackWriter(source: StyledLines(markdown, keepsLines: true, autolinks: false))
        for part in writer.source.parts { writer.write(part) }
        var result = ""
        var count = 0
        for character in String(decoding: writer.output, as: UTF8.self) {
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
private struct SlackFallbackWriter {
    let source: StyledLines
    private(set) var output: [UInt8] = []
    /// Line feeds before the next words.
    private var breaks = 0
    /// How many lists are open.
    private var lists = 0

    init(source: StyledLines) { self.source = source }

    mutating func write(_ part: StyledLines.Part) {
        switch part {
        case .enter(.quote): break
        case .leave(.quote): self.breaks = 2
        case .enter(.list): self.lists += 1
        case .leave(.list):
            self.lists -= 1
            if self.lists == 0 { self.breaks = 2 }
        case .enter(.item(let number, let task)):
            let box = task.map { $0 == .open ? "☐ " : "☑ " }
            self.append(String(repeating: "  ", count: max(0, self.lists - 1)))
            self.append(box ?? number.map { "\($0). " } ?? "• ")
        case .leave(.item): self.breaks = max(self.breaks, 1)
        case .block(let block):
            self.write(block)
            self.breaks = 2
            if case .paragraph(isTight: true) = block.kind { self.breaks = 1 }
        }
    }

    private mutating func write(_ block: StyledLines.Block) {
        switch block.kind {
        case .rule: break
        case .code, .html:
            if !block.lines.isEmpty { self.append("") }
            for line in block.lines { self.output += self.source.text(ofLine: line) + [0x0A] }
            while self.output.last == 0x0A { self.output.removeLast() }
        case .table(let alignments): self.write(block.lines, columns: alignments.count)
        case .paragraph, .heading: self.write(block.lines)
        }
    }

    private mutating func write(_ lines: Range<Int>, columns: Int = 1) {
        for (index, line) in self.source.lines[lines].enumerated() {
            if index % columns > 0 { self.append(" | ") }
            for run in self.source.runs[line] { self.write(run) }
            if index % columns == columns - 1 { self.breaks = max(self.breaks, 1) }
        }
    }

    private mutating func write(_ run: StyledLines.Run) {
        self.append("")
        self.output += self.source.text(run)
        guard run.kind == .linkEnd else { return }
        let link = self.source.links[run.link]
        let text = Array(self.source.bytes[link.text])
        if text.isEmpty {
            self.output += link.address
        } else if text != link.address, Array("mailto:".utf8) + text != link.address {
            self.output += Array(" (".utf8) + link.address + Array(")".utf8)
        }
    }

    private mutating func append(_ text: String) {
        if !self.output.isEmpty { self.output += repeatElement(0x0A, count: self.breaks) }
        self.breaks = 0
        self.output += Array(text.utf8)
    }
}
