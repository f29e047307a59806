internal import Chat
internal import Kit
internal import Markdown
internal import Primitives

/// Writes HTML, one line per top-level block.
struct MatrixFormattingWriter {
    /// How a list, quotation or table was written.
    private enum Container {
        /// As a frame around lines.
        case frame
        /// Within a line.
        case inner
        /// Not at all: nested too deeply.
        case none
    }

    private let source: StyledLines
    private var output: MarkupWriter
    /// Open blocks in the current line.
    private var depth = 0
    private var containers: [Container] = []

    /// The specification allows 100 nested elements; one level here has up to three.
    private static let depthLimit = 24

    private static let marks = StyleMarks(
        italic: ("<em>", "</em>"), bold: ("<strong>", "</strong>"), struck: ("<del>", "</del>"))

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
        case .enter(.quote): self.open(MatrixTag.quote.opening, MatrixTag.quote.closing, limit: Self.depthLimit)
        case .leave(.quote): self.close(MatrixTag.quote.closing)
        case .enter(.list(let list)):
            let tag: MatrixTag = list.start == nil ? .bullets : .numbers
            self.open(tag.opening, tag.closing, limit: Self.depthLimit)
        case .leave(.list(let list)): self.close((list.start == nil ? MatrixTag.bullets : .numbers).closing)
        case .enter(.item(let number, let task)): self.enterItem(number, task)
        case .leave(.item):
            if case .some(.none) = self.containers.last {} else { self.end(.item) }
            self.closeBlock()
        case .block(let block): self.write(block)
        }
    }

    private mutating func write(_ block: StyledLines.Block) {
        switch block.kind {
        case .paragraph(let isTight): self.write(block, in: isTight ? nil : .paragraph)
        case .heading(let level): self.write(block, in: MatrixTag(rawValue: "h\(level)"))
        case .code(let info): self.writeCode(block, language: fenceLanguage(info.span, limit: 40))
        case .html: self.writeCode(block, language: Array("html".utf8))
        case .table(let alignments): self.writeTable(block.lines, alignments.count)
        case .rule:
            self.openBlock()
            self.begin(.rule)
            self.closeBlock()
        }
    }

    // MARK: Tags

    private mutating func begin(_ tag: MatrixTag) {
        if tag.isVoid {
            self.output.text.mark { tag.write(to: &$0) }
        } else {
            self.output.text.open { tag.write(to: &$0) }
        }
    }

    private mutating func end(_ tag: MatrixTag) { self.output.text.close { tag.write(to: &$0, isClosing: true) } }

    private mutating func openBlock() {
        if self.depth == 0 { self.output.beginLine() }
        self.depth += 1
    }

    private mutating func closeBlock() {
        self.depth -= 1
        guard self.depth == 0 else { return }
        self.output.startsBlock = true
        self.output.endLine()
    }

    /// Adjacent frames have to differ, or they would merge; a space in the tag makes every second one distinct.
    private mutating func openFrame(_ open: [UInt8], _ close: [UInt8]) {
        var open = open
        let frames = self.output.text.frames.count
        if frames % 2 == 1, let end = open.firstIndex(of: UInt8(ascii: ">")) { open.insert(UInt8(ascii: " "), at: end) }
        self.output.frame = frames
        self.output.text.frames.append(.init(open: open, close: close))
    }

    private var isAtTop: Bool { self.depth == 0 && self.output.frame == nil }

    // MARK: Containers

    private mutating func open(_ opening: [UInt8], _ closing: [UInt8], limit: Int = .max) {
        if self.isAtTop {
            self.openFrame(opening, closing)
            self.containers.append(.frame)
        } else {
            self.openBlock()
            let isWritten = self.containers.count < limit
            if isWritten { self.output.text.open(opening) }
            self.containers.append(isWritten ? .inner : .none)
        }
    }

    private mutating func close(_ closing: [UInt8]) {
        switch self.containers.popLast() {
        case .frame: self.output.frame = nil
        case .inner:
            self.output.text.close(closing)
            self.closeBlock()
        case .some(.none), nil: self.closeBlock()
        }
    }

    private mutating func enterItem(_ number: Int?, _ task: MarkdownTask?) {
        self.openBlock()
        if case .some(.none) = self.containers.last {
            self.begin(.lineBreak)
            self.output.text.bytes += "• ".utf8
        } else if let number {
            self.output.text.open { $0 += "<li value=\"\(number)\">".utf8 }
        } else {
            self.begin(.item)
        }
        switch task {
        case .open: self.output.text.bytes += "☐ ".utf8
        case .done: self.output.text.bytes += "☑ ".utf8
        case nil: break
        }
    }

    // MARK: Blocks

    private mutating func write(_ block: StyledLines.Block, in tag: MatrixTag?) {
        self.openBlock()
        if let tag { self.begin(tag) }
        for line in block.lines {
            let runs = self.source.lines[line]
            if line > block.lines.lowerBound {
                // What goes on in the next line stays open: many short lines would become long ones.
                let next = runs.first.map { self.source.runs[$0].styles } ?? self.output.styles
                if next != self.output.styles { self.output.set(.init()) }
                self.begin(.lineBreak)
            }
            self.writeRuns(runs)
        }
        self.output.set(.init())
        if let tag { self.end(tag) }
        self.closeBlock()
    }

    private static let codeEnd = Array("</code></pre>".utf8)

    private mutating func writeCode(_ block: StyledLines.Block, language: [UInt8]) {
        let start = language.isEmpty ? "<pre><code" : "<pre><code class=\"language-"
        self.open(Array(start.utf8) + language + Array((language.isEmpty ? ">" : "\">").utf8), Self.codeEnd)
        for line in block.lines {
            let text = self.source.text(ofLine: line)
            let isFirst = line == block.lines.lowerBound
            if case .frame = self.containers.last {
                self.output.startsBlock = isFirst
                self.output.beginLine()
                MatrixEscape.append(text.span, to: &self.output.text.bytes, .code)
                self.output.endLine()
            } else {
                if !isFirst { self.output.text.bytes.append(0x0A) }
                MatrixEscape.append(text.span, to: &self.output.text.bytes, .code)
            }
        }
        self.close(Self.codeEnd)
    }

    /// The header is part of a frame around the rows, so that a cut repeats it.
    private mutating func writeTable(_ cells: Range<Int>, _ columns: Int) {
        let header = cells.prefix(columns)
        let rows = cells.dropFirst(columns)
        guard self.isAtTop, !rows.isEmpty else {
            self.openBlock()
            self.begin(.table)
            self.begin(.head)
            self.writeRow(header, of: .headCell)
            self.end(.head)
            if !rows.isEmpty { self.begin(.body) }
            for row in stride(from: rows.startIndex, to: rows.endIndex, by: columns) {
                self.writeRow(rows[row..<row + columns], of: .cell)
            }
            if !rows.isEmpty { self.end(.body) }
            self.end(.table)
            return self.closeBlock()
        }
        var head = self
        head.output.text = RenderedText()
        head.writeRow(header, of: .headCell)
        self.openFrame(
            Array("<table><thead>".utf8) + head.output.text.bytes + Array("</thead><tbody>".utf8),
            Array("</tbody></table>".utf8))
        for row in stride(from: rows.startIndex, to: rows.endIndex, by: columns) {
            self.openBlock()
            self.writeRow(rows[row..<row + columns], of: .cell)
            self.closeBlock()
        }
        self.output.frame = nil
    }

    private mutating func writeRow(_ cells: Range<Int>, of tag: MatrixTag) {
        self.begin(.row)
        for cell in cells {
            self.begin(tag)
            self.writeRuns(self.source.lines[cell])
            self.output.set(.init())
            self.end(tag)
        }
        self.end(.row)
    }

    // MARK: Runs

    /// In bytes; a link with a longer address is only its text, which a message has room for.
    private static let addressLimit = 2_048

    private mutating func writeRuns(_ line: Range<Int>) {
        // The index of the link that is written, and whether its text reads like another address.
        var open: (link: Int, isDeceptive: Bool)?
        for index in line {
            let run = self.source.runs[index]
            switch run.kind {
            case .text:
                self.output.set(run.styles)
                self.append(self.source.text(run), .text)
            case .code:
                self.output.set(run.styles)
                self.begin(.code)
                self.append(self.source.text(run), .inlineCode)
                self.end(.code)
            case .linkStart:
                let link = self.source.links[run.link]
                let address = link.address.span
                // A link to a person or room would look like a mention.
                guard open == nil, address.count <= Self.addressLimit, LinkAddress.isAllowed(address),
                    !MatrixEscape.isMention(address)
                else { continue }
                let isDeceptive = LinkAddress.isDeceptive(Array(self.source.bytes[link.text]), for: address)
                open = (run.link, isDeceptive)
                self.output.set(run.styles)
                if !isDeceptive { self.beginLink(link) }
            case .linkEnd:
                guard let last = open, last.link == run.link else { continue }
                self.output.set(run.styles)
                open = nil
                guard last.isDeceptive else {
                    self.end(.link)
                    continue
                }
                // A text that reads like another address is no link, and the real address follows it.
                self.output.text.bytes += " (".utf8
                self.beginLink(self.source.links[run.link])
                self.append(self.source.links[run.link].address[...], .text)
                self.end(.link)
                self.output.text.bytes += ")".utf8
            }
        }
    }

    private mutating func append(_ text: ArraySlice<UInt8>, _ place: MatrixEscape.Place) {
        MatrixEscape.append(text.span, to: &self.output.text.bytes, place)
    }

    private mutating func beginLink(_ link: StyledLines.Link) {
        self.output.text.open { bytes in
            bytes += "<a href=\"".utf8
            MatrixEscape.appendAddress(link.address.span, to: &bytes)
            bytes += "\">".utf8
        }
    }
}
