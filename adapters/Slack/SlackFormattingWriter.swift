internal import Chat
internal import Kit
internal import Markdown
internal import Primitives

/// Writes safe standard Markdown. ``SlackSettledText`` relies on the forms written here.
struct SlackFormattingWriter {
    private let source: StyledLines
    private var output: MarkupWriter
    /// Where the text of the line begins, after its margins.
    private var textStart = 0
    /// The next block needs a blank line before it.
    private var needsGap = false
    /// For each open list, whether it is tight.
    private var lists: [Bool] = []
    /// A link is open that is written as one.
    private var isInLink = false
    private var isInCell = false

    private static let marks = StyleMarks(italic: ("*", "*"), bold: ("**", "**"), struck: ("~~", "~~"))

    static func render(_ markdown: String) -> RenderedText {
        var writer = Self(StyledLines(markdown, keepsLines: true))
        for part in writer.source.parts { writer.write(part) }
        return writer.output.text
    }

    private init(_ source: StyledLines) {
        self.source = source
        self.output = MarkupWriter(Self.marks, capacity: source.bytes.count)
    }

    private mutating func write(_ part: StyledLines.Part) {
        switch part {
        case .enter(.quote):
            self.beginBlock()
            self.output.margins.append(.quotation)
        case .leave(.quote):
            self.useMargins()
            self.output.margins.removeLast()
            self.needsGap = true
        case .enter(.list(let list)):
            // A list in a tight item follows its text without a blank line.
            if self.lists.last == true { self.needsGap = false }
            self.beginBlock()
            self.lists.append(list.isTight)
        case .leave(.list):
            self.lists.removeLast()
            self.needsGap = true
        case .enter(.item(let number, let task)):
            self.beginBlock()
            self.output.margins.append(.item(number: number, task: task))
        case .leave(.item):
            self.useMargins()
            self.output.margins.removeLast()
            self.needsGap = self.lists.last == false
        case .block(let block):
            self.beginBlock()
            self.write(block)
            self.needsGap = true
        }
    }

    private mutating func write(_ block: StyledLines.Block) {
        switch block.kind {
        case .paragraph, .html: for line in self.source.lines[block.lines] where !line.isEmpty { self.writeLine(line) }
        case .heading(let level):
            let signs = [UInt8](repeating: UInt8(ascii: "#"), count: min(max(level, 1), 6))
            for line in block.lines {
                self.writeLine(self.source.lines[line], after: line == block.lines.first ? signs + [0x20] : [])
            }
        case .code(let info): self.writeCode(block.lines, info: SlackCodeText.info(info.span))
        case .table(let alignments): self.writeTable(block.lines, alignments)
        case .rule: self.writeLine(0..<0, after: Array("---".utf8))
        }
    }

    // MARK: Lines

    private mutating func beginLine(_ sign: [UInt8] = []) {
        self.output.beginLine()
        self.output.text.bytes += sign
        self.textStart = self.output.text.bytes.count
    }

    private mutating func writeLine(_ line: Range<Int>, after sign: [UInt8] = []) {
        self.beginLine(sign)
        self.writeRuns(line)
        self.endLine()
    }

    private mutating func endLine() {
        // Trailing spaces mean a hard break, or nothing.
        self.output.trimLine()
        self.output.endLine()
    }

    /// Adds a blank line where blocks need a separator.
    private mutating func beginBlock() {
        if self.needsGap, !self.output.text.lines.isEmpty {
            // The blank line must not use up the marker of an item that has not begun.
            var margin = self.output.margins.repeated.filter { $0.isUsed && $0.rest.first != 0x20 }.flatMap(\.rest)
            while margin.last == 0x20 { margin.removeLast() }
            self.output.startsBlock = false
            self.output.line(margin[...])
        }
        self.needsGap = false
        self.output.startsBlock = true
    }

    /// Begins a block of whole lines below an item's marker.
    private mutating func useMargins() {
        let margins = self.output.margins
        if margins.contains(where: { !$0.isUsed && $0.first != $0.rest }) { return self.writeLine(0..<0) }
        for index in margins.indices { self.output.margins[index].isUsed = true }
    }

    // MARK: Runs

    private mutating func writeRuns(_ line: Range<Int>) {
        var link: (index: Int, kind: SlackAddress.Kind, url: [UInt8])?
        for index in line {
            let run = self.source.runs[index]
            if link?.kind == .same, run.kind != .linkEnd || run.link != link?.index { continue }
            switch run.kind {
            case .text:
                let text = Array(self.source.text(run))
                self.set(run.styles, before: text)
                let end = index + 1 < line.upperBound ? self.source.runs[index + 1].styles : StyledLines.Styles()
                SlackPlainText.append(
                    text, to: &self.output.text.bytes, atLineStart: self.output.text.bytes.count == self.textStart,
                    isBeforeMark: end != run.styles, isInCell: self.isInCell, isInLink: link?.kind == .named)
            case .code:
                self.set(run.styles, before: Self.backtick)
                self.appendCode(run)
            case .linkStart:
                let target = self.source.links[run.link]
                // A link inside a link (an image in a link) cannot be written.
                guard link == nil, LinkAddress.isAllowed(target.address.span) else { continue }
                self.set(run.styles)
                link = self.beginLink(target, index: run.link)
            case .linkEnd:
                guard let open = link, open.index == run.link else { continue }
                self.set(run.styles)
                if open.kind == .deceptive { self.output.text.bytes += Array(" (".utf8) + open.url + Array(")".utf8) }
                if open.kind == .named { self.output.text.bytes += Array("](".utf8) + open.url + Array(")".utf8) }
                link = nil
            }
        }
        self.set(.init())
    }

    private static let backtick = [UInt8(ascii: "`")]
    /// Writes the marks before `text`. A gap is between them and punctuation within them, beside text that is not
    /// separated by a space: there Slack knows marks by CommonMark's rule alone, as in `强调。**后面`.
    private mutating func set(_ styles: StyledLines.Styles, before text: [UInt8] = []) {
        let open = self.output.styles
        guard styles != open else { return }
        let before = String(decoding: self.output.text.bytes.suffix(8), as: UTF8.self).unicodeScalars.last
        let after = String(decoding: text.prefix(8), as: UTF8.self).unicodeScalars.first
        let shared = open.shared(with: styles)
        let isClosing = shared < open.count
        // Marks are punctuation.
        let isBetween = isClosing && shared < styles.count
        let needsGap = !isBetween && Self.isJoined(isClosing ? (before, after) : (after, before))
        if needsGap, isClosing { self.output.text.bytes += SlackToken.gap }
        self.output.set(styles)
        if needsGap, !isClosing { self.output.text.bytes += SlackToken.gap }
    }

    /// Whether there is punctuation inside of marks and neither that nor a space outside.
    private static func isJoined(_ scalars: (inner: Unicode.Scalar?, outer: Unicode.Scalar?)) -> Bool {
        guard let inner = scalars.inner, let outer = scalars.outer else { return false }
        return Self.isPunctuation(inner) && !Self.isPunctuation(outer) && !outer.properties.isWhitespace
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: scalar.isASCII && (scalar.properties.isMath || "$^`".unicodeScalars.contains(scalar))
        }
    }

    private mutating func appendCode(_ run: StyledLines.Run) {
        let bytes = self.source.bytes
        var content: [UInt8] = []
        SlackCodeText.append(bytes.span.extracting(run.range), to: &content, keepsLines: false)
        if self.isInCell { content = content.flatMap { $0 == UInt8(ascii: "|") ? [0x5C, 0x7C] : [$0] } }
        let mark = [UInt8](repeating: UInt8(ascii: "`"), count: SlackCodeText.longestRun(in: content) + 1)
        let needsBlank = content.first == UInt8(ascii: "`") || content.last == UInt8(ascii: "`")
        let blank: [UInt8] = needsBlank ? [0x20] : []
        // Two codes side by side would be one whose marks don't fit.
        if self.output.text.bytes.last == UInt8(ascii: "`") { self.output.text.bytes += SlackToken.gap }
        self.output.text.open(mark)
        self.output.text.bytes += blank + content + blank
        self.output.text.close(mark)
    }

    private mutating func beginLink(
        _ link: StyledLines.Link, index: Int
    ) -> (index: Int, kind: SlackAddress.Kind, url: [UInt8]) {
        let url = SlackAddress.safe(link.address.span)
        let label = Array(self.source.bytes[link.text])
        var kind = SlackAddress.kind(of: label, url: url, address: link.address.span)
        // Written as it is, `!channel` behind a `<` would be live.
        if kind == .same, let first = label.first, !first.isWordByte { kind = .named }
        switch kind {
        case .same: self.output.text.bytes += label.isEmpty ? url : label
        case .deceptive: break
        case .named:
            // An exclamation mark before a link would turn it into an image.
            if self.output.text.bytes.last == UInt8(ascii: "!") {
                self.output.text.bytes.removeLast()
                self.output.text.bytes += [0x5C, 0x21]
            }
            self.output.text.bytes.append(UInt8(ascii: "["))
        }
        return (index, kind, url)
    }

    // MARK: Code blocks

    private mutating func writeCode(_ lines: Range<Int>, info: [UInt8]) {
        self.useMargins()
        let source = self.source
        let fence = self.output.margins.rest + SlackCodeText.fence(around: lines.lazy.map { source.text(ofLine: $0) })
        self.output.frame = self.output.place(of: RenderedText.Frame(open: fence + info, close: fence))
        if lines.isEmpty { self.output.line(self.output.margins.rest[...]) }
        for line in lines {
            self.output.beginLine()
            SlackCodeText.append(source.text(ofLine: line).span, to: &self.output.text.bytes, keepsLines: true)
            self.output.endLine()
        }
        self.output.frame = nil
    }

    // MARK: Tables

    /// In bytes. A longer header is not repeated in each message, where it would leave no room.
    private static let headLimit = 4_000

    /// The header and the rule below it are a frame around the rows.
    private mutating func writeTable(_ cells: Range<Int>, _ alignments: [MarkdownAlignment]) {
        self.useMargins()
        let rows = stride(from: cells.lowerBound, to: cells.upperBound, by: alignments.count).map {
            $0..<$0 + alignments.count
        }
        var header = self
        header.output.text = RenderedText()
        header.writeRow(rows[0])
        let rule = alignments.map { alignment in
            switch alignment {
            case .none: " --- |"
            case .left: " :-- |"
            case .center: " :-: |"
            case .right: " --: |"
            }
        }
        let head = [header.output.text.bytes, self.output.margins.rest + "|".utf8 + rule.joined().utf8]
        if rows.count == 1 || head[0].count > Self.headLimit {
            self.output.startsBlock = false
            for line in head { self.output.line(line[...]) }
            for row in rows.dropFirst() { self.writeRow(row) }
        } else {
            self.output.frame = self.output.place(of: RenderedText.Frame(open: head[0] + [0x0A] + head[1], close: []))
            for row in rows.dropFirst() { self.writeRow(row) }
            self.output.frame = nil
        }
    }

    private mutating func writeRow(_ cells: Range<Int>) {
        self.beginLine([UInt8(ascii: "|")])
        self.isInCell = true
        for cell in cells {
            self.output.text.bytes.append(0x20)
            self.writeRuns(self.source.lines[cell])
            self.output.text.bytes += [0x20, UInt8(ascii: "|")]
        }
        self.isInCell = false
        self.output.endLine()
    }
}
