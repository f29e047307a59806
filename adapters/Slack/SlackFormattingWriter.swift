internal import Chat
internal import Kit
internal import Markdown
internal import Primitives

/// Writes safe standard Markdown while the tree is walked. ``SlackSettledText`` relies on the forms written here.
struct SlackFormattingWriter {
    private struct List {
        var number: Int?
        var isTight: Bool
    }

    private struct OpenLink {
        var start: Int
        var isAllowed: Bool
        /// Its text, without markup.
        var text: [UInt8] = []
    }

    private var bytes: [UInt8] = []
    private var lines: [RenderedText.Line] = []
    private var frames: [RenderedText.Frame] = []
    private var lineStart: Int?
    /// Where the text of the line begins, after its margins.
    private var textStart = 0
    private var frame: Int?
    private var startsBlock = true
    /// The next block needs a blank line before it.
    private var needsGap = false
    private var margins: [Margin] = []
    private var lists: [List] = []
    /// Open marks; each line closes and reopens them.
    private var styles: [[UInt8]] = []
    /// The marks that were written last, while nothing follows them.
    private var marks: (range: Range<Int>, isOn: Bool)?
    private var links: [OpenLink] = []
    /// One of them is written.
    private var isInLink = false
    /// Consecutive plain text, which may come in pieces but is escaped as a whole.
    private var pending: [UInt8] = []
    private var code: [UInt8]?
    private var fenceInfo: [UInt8] = []
    private var table: Table?
    private var isInCell = false

    private struct Table {
        var alignments: [MarkdownAlignment] = []
        /// The header row and the rule below it, with margins.
        var head: [UInt8] = []
        var hasRows = false
    }

    init(capacity: Int) {
        self.bytes.reserveCapacity(capacity)
    }

    consuming func finish() -> RenderedText {
        self.flush()
        self.endLine()
        return RenderedText(bytes: self.bytes, lines: self.lines, frames: self.frames)
    }

    // MARK: Lines

    private mutating func beginLine() {
        guard self.lineStart == nil else { return }
        if !self.lines.isEmpty { self.bytes.append(0x0A) }
        self.lineStart = self.bytes.count
        self.margins.write(to: &self.bytes)
        self.textStart = self.bytes.count
        for style in self.styles { self.bytes += style }
    }

    private mutating func endLine() {
        self.flush()
        guard let start = self.lineStart else { return }
        if self.code == nil { for style in self.styles.reversed() { self.bytes += style } }
        // Trailing spaces mean a hard break, or nothing.
        while self.frame == nil, self.bytes.count > start, self.bytes.last == 0x20 { self.bytes.removeLast() }
        self.lines.append(
            RenderedText.Line(range: start..<self.bytes.count, frame: self.frame, startsBlock: self.startsBlock))
        self.lineStart = nil
        self.startsBlock = false
    }

    /// Ends the line, and adds a blank one where blocks need a separator.
    private mutating func beginBlock() {
        self.endLine()
        if self.needsGap, !self.lines.isEmpty {
            // The blank line must not use up the marker of an item that has not begun.
            self.bytes.append(0x0A)
            let start = self.bytes.count
            for margin in self.margins.repeated where margin.isUsed && margin.rest.first != 0x20 {
                self.bytes += margin.rest
            }
            while self.bytes.count > start, self.bytes.last == 0x20 { self.bytes.removeLast() }
            self.lines.append(RenderedText.Line(range: start..<self.bytes.count))
        }
        self.needsGap = false
        self.startsBlock = true
    }

    private mutating func endBlock() {
        self.endLine()
        self.needsGap = true
    }

    /// Begins a block of whole lines below an item's marker.
    private mutating func useMargins() {
        guard self.margins.contains(where: { !$0.isUsed && $0.first != $0.rest }) else {
            for index in self.margins.indices { self.margins[index].isUsed = true }
            return
        }
        self.beginLine()
        self.endLine()
        self.startsBlock = false
    }

    // MARK: Text

    private mutating func flush() {
        guard !self.pending.isEmpty else { return }
        let text = self.pending
        self.pending = []
        self.beginLine()
        self.separateMarks(from: text)
        SlackPlainText.append(
            text, to: &self.bytes, atLineStart: self.bytes.count == self.textStart, isInCell: self.isInCell,
            isInLink: self.isInLink)
    }

    private mutating func toggle(_ mark: [UInt8], isOn: Bool) {
        self.flush()
        if isOn {
            self.beginLine()
            self.bytes += mark
            self.styles.append(mark)
        } else {
            self.styles.removeLast()
            if self.lineStart != nil { self.bytes += mark }
        }
        let end = self.bytes.count
        var start = max(end - mark.count, 0)
        if let marks = self.marks, marks.isOn == isOn, marks.range.upperBound == start {
            start = marks.range.lowerBound
        }
        self.marks = (start..<end, isOn)
    }

    /// Puts a gap between marks and punctuation within them, beside text that is not separated by a space: there Slack
    /// knows marks by CommonMark's rule alone, as in `强调。**后面`.
    private mutating func separateMarks(from next: [UInt8]) {
        guard let marks = self.marks.take(), marks.range.upperBound == self.bytes.count else { return }
        let before = String(decoding: self.bytes[..<marks.range.lowerBound].suffix(8), as: UTF8.self).unicodeScalars
            .last
        let after = String(decoding: next.prefix(8), as: UTF8.self).unicodeScalars.first
        let (inner, outer) = marks.isOn ? (after, before) : (before, after)
        guard let inner, let outer, Self.isPunctuation(inner), !Self.isPunctuation(outer),
            !outer.properties.isWhitespace
        else { return }
        self.bytes.insert(contentsOf: SlackToken.gap, at: marks.isOn ? marks.range.upperBound : marks.range.lowerBound)
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: scalar.isASCII && (scalar.properties.isMath || "$^`".unicodeScalars.contains(scalar))
        }
    }

    private mutating func appendCode(_ text: Span<UInt8>) {
        self.flush()
        self.beginLine()
        self.separateMarks(from: Array("`".utf8))
        var content: [UInt8] = []
        SlackCodeText.append(text, to: &content, keepsLines: false)
        if self.isInCell { content = content.flatMap { $0 == UInt8(ascii: "|") ? [0x5C, 0x7C] : [$0] } }
        let mark = [UInt8](repeating: UInt8(ascii: "`"), count: SlackCodeText.longestRun(in: content) + 1)
        let needsBlank = content.first == UInt8(ascii: "`") || content.last == UInt8(ascii: "`")
        self.bytes += mark + (needsBlank ? [0x20] : []) + content + (needsBlank ? [0x20] : []) + mark
    }

    // MARK: Links

    private mutating func beginLink(_ address: Span<UInt8>) {
        self.flush()
        self.beginLine()
        // A link inside a link (an image in a link) cannot be written.
        let isAllowed = !self.isInLink && LinkAddress.isAllowed(address)
        if isAllowed {
            self.isInLink = true
            // An exclamation mark before a link would turn it into an image.
            if self.bytes.last == UInt8(ascii: "!") {
                self.bytes.removeLast()
                self.bytes += [0x5C, 0x21]
            }
            self.bytes.append(UInt8(ascii: "["))
        }
        self.links.append(OpenLink(start: self.bytes.count, isAllowed: isAllowed))
    }

    private mutating func endLink(_ address: Span<UInt8>) {
        self.flush()
        guard let link = self.links.popLast(), link.isAllowed else { return }
        self.isInLink = false
        guard link.start <= self.bytes.count else { return }
        let url = SlackAddress.safe(address)
        let label = Array(self.bytes[link.start...])
        switch SlackAddress.kind(of: link.text, label: label, url: url, address: address) {
        case .same:
            self.bytes.removeSubrange((link.start - 1)...)
            self.bytes += label.isEmpty || label == url ? url : SlackAddress.unescaped(label)
        case .deceptive:
            // A label that reads like another address is followed by the real one.
            self.bytes.removeSubrange((link.start - 1)...)
            self.bytes += label + Array(" (".utf8) + url + Array(")".utf8)
        case .named: self.bytes += Array("](".utf8) + url + Array(")".utf8)
        }
    }

    // MARK: Code blocks

    private mutating func endCode() {
        guard let code = self.code.take() else { return }
        self.beginBlock()
        self.useMargins()
        let fence = [UInt8](
            repeating: UInt8(ascii: "`"), count: max(3, SlackCodeText.longestRun(in: code) + 1))
        let margin = self.margins.rest
        self.frame = self.frames.place(
            of: RenderedText.Frame(open: margin + fence + self.fenceInfo, close: margin + fence))
        self.code = []
        var content = code[...]
        if content.last == 0x0A { content = content.dropLast() }
        for line in content.split(separator: 0x0A, omittingEmptySubsequences: false) {
            self.bytesOfLine(margin + line)
        }
        self.code = nil
        self.frame = nil
        self.endBlock()
    }

    private mutating func bytesOfLine(_ line: [UInt8]) {
        if !self.lines.isEmpty { self.bytes.append(0x0A) }
        let start = self.bytes.count
        self.bytes += line
        self.lines.append(
            RenderedText.Line(range: start..<self.bytes.count, frame: self.frame, startsBlock: self.startsBlock))
        self.startsBlock = false
    }

    // MARK: Tables

    private mutating func beginRow(isHeader: Bool) {
        self.endLine()
        if !isHeader, let table = self.table, !table.hasRows {
            self.frame = self.frames.place(of: RenderedText.Frame(open: table.head, close: []))
            self.table?.hasRows = true
        }
        self.beginLine()
        self.bytes.append(UInt8(ascii: "|"))
    }

    private mutating func endRow(isHeader: Bool) {
        self.flush()
        guard isHeader, let start = self.lineStart else { return self.endLine() }
        var head = Array(self.bytes[start...]) + [0x0A] + self.margins.rest + Array("|".utf8)
        for alignment in self.table?.alignments ?? [] {
            switch alignment {
            case .none: head += Array(" --- |".utf8)
            case .left: head += Array(" :-- |".utf8)
            case .center: head += Array(" :-: |".utf8)
            case .right: head += Array(" --: |".utf8)
            }
        }
        // The header belongs to the frame, before the first row.
        self.bytes.removeSubrange(start...)
        if !self.lines.isEmpty, self.bytes.last == 0x0A { self.bytes.removeLast() }
        self.lineStart = nil
        self.table?.head = head
    }

    private mutating func endTable() {
        self.endLine()
        self.frame = nil
        if let table = self.table.take(), !table.hasRows {
            for line in table.head.split(separator: 0x0A) {
                if !self.lines.isEmpty { self.bytes.append(0x0A) }
                let start = self.bytes.count
                self.bytes += line
                self.lines.append(RenderedText.Line(range: start..<self.bytes.count))
            }
        }
        self.endBlock()
    }
}

extension SlackFormattingWriter: FormattingWriter {
    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document: break
        case .blockQuote:
            self.beginBlock()
            self.margins.append(.quotation)
        case .list(let list):
            self.endLine()
            // A list in a tight item follows its text without a blank line.
            if self.lists.last?.isTight == true { self.needsGap = false }
            self.beginBlock()
            self.lists.append(List(number: list.start, isTight: list.isTight))
        case .item(let task): self.enterItem(task)
        case .codeBlock:
            self.endLine()
            self.code = []
            self.fenceInfo = SlackCodeText.info(detail)
        case .paragraph: self.beginBlock()
        case .heading(let level):
            self.beginBlock()
            self.beginLine()
            self.bytes += [UInt8](repeating: UInt8(ascii: "#"), count: min(max(level, 1), 6)) + [0x20]
            self.textStart = self.bytes.count
        case .table:
            self.beginBlock()
            self.useMargins()
            self.table = Table()
        case .tableRow(let isHeader): self.beginRow(isHeader: isHeader)
        case .tableCell(let alignment):
            self.beginLine()
            self.bytes.append(0x20)
            self.isInCell = true
            if self.table?.hasRows == false { self.table?.alignments.append(alignment) }
        case .emphasis: self.toggle([0x2A], isOn: true)
        case .strong: self.toggle([0x2A, 0x2A], isOn: true)
        case .strikethrough: self.toggle([0x7E, 0x7E], isOn: true)
        case .link, .image: self.beginLink(detail)
        }
    }

    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document: break
        case .blockQuote:
            self.useMargins()
            self.margins.removeLast()
            self.endBlock()
        case .list:
            self.lists.removeLast()
            self.endBlock()
        case .item:
            self.useMargins()
            self.endLine()
            self.margins.removeLast()
            self.needsGap = self.lists.last?.isTight == false
        case .codeBlock: self.endCode()
        case .paragraph, .heading: self.endBlock()
        case .table: self.endTable()
        case .tableRow(let isHeader): self.endRow(isHeader: isHeader)
        case .tableCell:
            self.flush()
            self.isInCell = false
            self.bytes += [0x20, UInt8(ascii: "|")]
        case .emphasis: self.toggle([0x2A], isOn: false)
        case .strong: self.toggle([0x2A, 0x2A], isOn: false)
        case .strikethrough: self.toggle([0x7E, 0x7E], isOn: false)
        case .link, .image: self.endLink(detail)
        }
    }

    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) {
        if let link = self.links.indices.last { self.links[link].text.append(contentsOf: text) }
        switch kind {
        case .plain, .html: self.pending.append(contentsOf: text)
        case .code: self.appendCode(text)
        case .codeBlock:
            var content = self.code ?? []
            SlackCodeText.append(text, to: &content, keepsLines: true)
            self.code = content
        case .htmlBlock:
            self.beginBlock()
            var start = 0
            while start < text.count {
                var end = start
                while end < text.count, text[end] != 0x0A { end += 1 }
                self.pending.append(contentsOf: text.extracting(start..<end))
                self.endLine()
                start = end + 1
            }
            self.endBlock()
        }
    }

    mutating func mark(_ mark: MarkdownMark) {
        switch mark {
        case .softBreak, .lineBreak:
            self.flush()
            if self.isInCell || !self.links.isEmpty {
                self.beginLine()
                self.bytes.append(0x20)
            } else {
                self.endLine()
            }
        case .thematicBreak:
            self.beginBlock()
            self.beginLine()
            self.bytes += Array("---".utf8)
            self.endBlock()
        }
    }

    private mutating func enterItem(_ task: MarkdownTask?) {
        self.beginBlock()
        var number: Int?
        if let list = self.lists.indices.last {
            number = self.lists[list].number
            self.lists[list].number = number.map { $0 &+ 1 }
        }
        self.margins.append(.item(number: number, task: task))
    }
}
