internal import Chat
internal import Kit
internal import Markdown
internal import Primitives

/// Writes IRC lines.
struct IRCFormattingWriter {
    private let source: StyledLines
    private var output: MarkupWriter

    private static let marks = StyleMarks(
        italic: ("\u{1D}", "\u{1D}"), bold: ("\u{2}", "\u{2}"), struck: ("\u{1E}", "\u{1E}"))

    static func render(_ markdown: String) -> RenderedText {
        var writer = Self(StyledLines(markdown))
        for part in writer.source.parts { writer.write(part) }
        return writer.output.text
    }

    private init(_ source: StyledLines) {
        self.source = source
        self.output = MarkupWriter(Self.marks, capacity: source.bytes.count)
        self.output.text.reset = [IRCCode.reset]
    }

    private mutating func write(_ part: StyledLines.Part) {
        switch part {
        case .enter(.quote): self.output.margins.append(.quotation)
        case .enter(.item(let number, let task)):
            self.output.startsBlock = true
            self.output.margins.append(.item(number: number, task: task))
        case .leave(.quote), .leave(.item): self.output.margins.removeLast()
        case .enter(.list), .leave(.list): break
        case .block(let block): self.write(block)
        }
    }

    private mutating func write(_ block: StyledLines.Block) {
        self.output.startsBlock = true
        let lines = self.source.lines[block.lines]
        switch block.kind {
        case .paragraph: for line in lines { self.write(line) }
        case .heading: for line in lines { self.write(line, within: Self.strong) }
        case .html: for line in block.lines where !self.isBlank(line) { self.write(self.source.lines[line]) }
        case .code: for line in block.lines where !self.isBlank(line) { self.writeCode(self.source.lines[line]) }
        case .table(let alignments): self.writeTable(block.lines, alignments)
        case .rule:
            self.output.beginLine()
            self.output.text.bytes += Array("----".utf8)
            self.output.endLine()
        }
    }

    private func isBlank(_ line: Int) -> Bool { self.source.text(ofLine: line).allSatisfy { $0 <= 0x20 } }

    private static let strong = StyledLines.Styles(.bold)

    private mutating func write(_ line: Range<Int>, within outer: StyledLines.Styles = .init()) {
        guard !line.isEmpty else { return }
        self.output.beginLine()
        self.writeRuns(line, within: outer)
        self.output.set(.init())
        self.output.endLine()
    }

    /// Code is indented, as in Markdown, so that it is set apart where a client does not show monospace.
    private mutating func writeCode(_ line: Range<Int>) {
        self.output.beginLine()
        self.output.text.bytes += [0x20, 0x20, 0x20, 0x20]
        self.output.text.open(Self.monospace)
        self.writeRuns(line, within: .init())
        self.output.text.close(Self.monospace)
        self.output.endLine()
    }

    private static let monospace = [IRCCode.monospace]

    // MARK: Runs

    /// - Parameter outer: the styles of the line as a whole.
    private mutating func writeRuns(_ line: Range<Int>, within outer: StyledLines.Styles, showsCode: Bool = true) {
        for index in line {
            let run = self.source.runs[index]
            self.output.set(outer.with(run.styles))
            switch run.kind {
            case .text: self.append(run)
            case .code:
                if showsCode { self.output.text.open(Self.monospace) }
                self.append(run)
                if showsCode { self.output.text.close(Self.monospace) }
            case .linkStart: break
            case .linkEnd: self.endLink(self.source.links[run.link])
            }
        }
        self.output.set(outer)
    }

    /// Appends text without control characters, which would act as codes or end the line.
    private mutating func append(_ run: StyledLines.Run) {
        let bytes = self.source.bytes
        appendClean(bytes.span.extracting(run.range), to: &self.output.text.bytes)
    }

    /// Appends the link's address unless the text already shows it. Addresses other than http, https and mailto are
    /// omitted, since chat clients do not open them.
    private mutating func endLink(_ link: StyledLines.Link) {
        let label = self.source.bytes[link.text]
        guard LinkAddress.isAllowed(link.address.span), !Self.says(label, link.address) else { return }
        if !label.isEmpty { self.output.text.bytes.append(0x20) }
        self.output.text.bytes.append(UInt8(ascii: "<"))
        for byte in link.address {
            switch byte {
            case 0x20: self.output.text.bytes += [0x25, 0x32, 0x30]
            case 0x00..<0x20, 0x7F, UInt8(ascii: "<"), UInt8(ascii: ">"): continue
            default: self.output.text.bytes.append(byte)
            }
        }
        self.output.text.bytes.append(UInt8(ascii: ">"))
    }

    private static func says(_ text: ArraySlice<UInt8>, _ address: [UInt8]) -> Bool {
        guard !text.isEmpty, address.count >= text.count, address.suffix(text.count) == text else { return false }
        // The text may omit `mailto:` or a scheme such as `https://`.
        let offset = address.count - text.count
        guard offset > 0 else { return true }
        let last = address[offset - 1]
        return last == UInt8(ascii: ":") || (offset <= 8 && last == UInt8(ascii: "/"))
    }

    // MARK: Tables

    /// In columns of a monospaced font. The lines of a wider table would wrap, so its columns are not padded.
    private static let widthLimit = 100

    /// Writes lines: in monospace if their columns are aligned, the header in bold.
    private mutating func writeTable(_ cells: Range<Int>, _ alignments: [MarkdownAlignment]) {
        let count = alignments.count
        let columns = TableColumns(columns: count, cells: cells) { self.width(ofCell: $0) }
        let isAligned = columns.widths.reduce(0, +) + (count - 1) * 3 <= Self.widthLimit
        for (index, cell) in cells.enumerated() {
            let (column, runs) = (index % count, self.source.lines[cell])
            let outer = index < count ? Self.strong : .init()
            if column == 0 {
                self.output.beginLine()
                if isAligned { self.output.text.open(Self.monospace) }
                self.output.set(outer)
            } else {
                self.output.text.bytes += " | ".utf8
            }
            let isLast = column == count - 1
            let spaces = isAligned ? columns.spaces(aroundCell: index, alignments[column]) : (left: 0, right: 0)
            if !isLast || !runs.isEmpty { self.output.text.bytes += repeatElement(0x20, count: spaces.left) }
            // A second code would end the monospace.
            self.writeRuns(runs, within: outer, showsCode: false)
            if !isLast { self.output.text.bytes += repeatElement(0x20, count: spaces.right) }
            guard isLast else { continue }
            self.output.set(.init())
            if isAligned { self.output.text.close(Self.monospace) }
            self.output.endLine()
        }
    }

    private func width(ofCell cell: Int) -> Int {
        var writer = self
        writer.output.text = RenderedText()
        writer.writeRuns(self.source.lines[cell], within: .init(), showsCode: false)
        return DisplayWidth.of(writer.output.text.bytes)
    }
}
