internal import Kit
internal import Primitives

/// Writes tokens as plain text that reads like Markdown, for notifications and text clients.
struct MatrixPlainWriter {
    private var output: [UInt8] = []
    private var margins: [Margin] = []
    private var numbers: [Int?] = []
    private var open: [MatrixTag] = []
    private var isAtLineStart = true
    /// A blank line is due before the next line.
    private var wantsBlank = false
    /// The rows of the open table, and where the text of the open cell begins.
    private var rows: [[[UInt8]]] = []
    private var cellStart: Int?
    private var hasHead = false
    private var links: [(address: [UInt8], start: Int)] = []
    /// A fence was just opened; a line break right after it is dropped.
    private var isFenceEmpty = false

    mutating func write(_ token: MatrixMarkup.Token) {
        switch token {
        case .open(let tag, let value): self.enter(tag, value)
        case .close(let tag): self.leave(tag)
        case .text(let text): self.write(text)
        }
    }

    /// The text, without blank lines at its ends.
    consuming func finish() -> String {
        var bytes = self.output[...]
        bytes = bytes.drop { $0 == 0x0A }
        while let last = bytes.last, last == 0x0A || last == 0x20 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func enter(_ tag: MatrixTag, _ value: [UInt8]) {
        switch tag {
        case .lineBreak: self.endLine(isForced: true)
        case .rule:
            self.endLine()
            self.append("---")
            self.endBlock()
        case .strong, .emphasis, .strike: self.append(Self.mark(tag))
        case .code: if self.open.last == .preformatted { self.openFence(value) } else { self.append("`") }
        case .link:
            self.beginLine()
            self.links.append((value, self.output.count))
        case .paragraph, .preformatted: self.endLine()
        case .heading1, .heading2, .heading3, .heading4, .heading5, .heading6:
            self.endLine()
            self.append(String(repeating: "#", count: Self.level(tag)) + " ")
        case .quote:
            self.endLine()
            // Written before the margin: the blank line before a quotation is not part of it.
            self.writeBlank()
            self.margins.append(.quotation)
        case .bullets, .numbers:
            self.endLine()
            self.numbers.append(tag == .numbers ? 1 : nil)
        case .item: self.enterItem(value)
        case .table:
            self.endLine()
            (self.rows, self.hasHead) = ([], false)
        case .row: self.rows.append([])
        case .headCell, .cell:
            self.cellStart = self.output.count
            // A cell's text is taken out of the output again, so it needs no margin.
            self.isAtLineStart = false
            if tag == .headCell { self.hasHead = true }
        case .head, .body: break
        }
        if !tag.isVoid { self.open.append(tag) }
    }

    private mutating func leave(_ tag: MatrixTag) {
        guard let index = self.open.lastIndex(of: tag) else { return }
        while self.open.count > index { self.end(self.open.removeLast()) }
    }

    private mutating func end(_ tag: MatrixTag) {
        switch tag {
        case .strong, .emphasis, .strike: self.append(Self.mark(tag))
        case .code: if self.open.last == .preformatted { self.closeFence() } else { self.append("`") }
        case .link: self.endLink()
        case .table: self.endTable()
        case .headCell, .cell: self.endCell()
        case .paragraph, .heading1, .heading2, .heading3, .heading4, .heading5, .heading6, .preformatted:
            self.endBlock()
        case .quote:
            self.endLine()
            _ = self.margins.popLast()
            self.wantsBlank = true
        case .bullets, .numbers:
            self.endLine()
            _ = self.numbers.popLast()
            self.wantsBlank = self.numbers.isEmpty
        case .item:
            self.endLine()
            _ = self.margins.popLast()
            self.wantsBlank = false
        case .row, .head, .body, .lineBreak, .rule: break
        }
    }

    // MARK: Lines

    private mutating func endBlock() {
        self.endLine()
        self.wantsBlank = true
    }

    /// After this many bytes lines repeat no margins, which could make the text too long for an event.
    private static let marginLimit = 20_000

    private mutating func endLine(isForced: Bool = false) {
        if isForced { self.beginLine() }
        guard !self.isAtLineStart else { return }
        self.output.append(0x0A)
        self.isAtLineStart = true
    }

    private mutating func beginLine() {
        guard self.isAtLineStart else { return }
        self.writeBlank()
        self.margins.write(to: &self.output, repeats: self.output.count < Self.marginLimit)
        self.isAtLineStart = false
    }

    private mutating func writeBlank() {
        if self.wantsBlank, !self.output.isEmpty {
            // Within a quotation the blank line belongs to it.
            var margin = self.output.count < Self.marginLimit ? self.margins.rest : []
            while margin.last == 0x20 { margin.removeLast() }
            self.output += margin + [0x0A]
        }
        self.wantsBlank = false
    }

    private mutating func append(_ text: String) {
        self.beginLine()
        self.output += Array(text.utf8)
    }

    private mutating func write(_ text: [UInt8]) {
        if self.open.contains(.preformatted) { return self.writeCode(text[...]) }
        if self.open.last?.holdsBlocksOnly ?? false, text.allSatisfy({ $0 == 0x20 || $0 == 0x0A }) { return }
        if self.open.isEmpty {
            // Skips breaks between blocks; text outside any element keeps its line breaks.
            if text.allSatisfy({ $0 == 0x0A }), self.isAtLineStart { return }
            return self.writeLines(text[...])
        }
        self.beginLine()
        self.output += text.map { $0 == 0x0A ? 0x20 : $0 }
    }

    private mutating func writeLines(_ text: ArraySlice<UInt8>) {
        var rest = text
        while let end = rest.firstIndex(of: 0x0A) {
            self.beginLine()
            self.output += rest[..<end]
            self.endLine()
            rest = rest[(end + 1)...]
        }
        guard !rest.isEmpty else { return }
        self.beginLine()
        self.output += rest
    }

    // MARK: Elements

    private mutating func enterItem(_ value: [UInt8]) {
        self.endLine()
        var written: Int?
        if let list = self.numbers.indices.last, let number = self.numbers[list] {
            let number = Int(String(decoding: value.prefix(12), as: UTF8.self)) ?? number
            written = number
            self.numbers[list] = number + 1
        }
        self.margins.append(.item(number: written))
    }

    private mutating func openFence(_ value: [UInt8]) {
        let prefix = Array("language-".utf8)
        let language = value.starts(with: prefix) ? value.dropFirst(prefix.count) : []
        self.append("```" + String(decoding: language, as: UTF8.self))
        self.endLine()
        self.isFenceEmpty = true
    }

    private mutating func writeCode(_ text: ArraySlice<UInt8>) {
        let isBreak = self.isFenceEmpty && text.first == 0x0A
        self.isFenceEmpty = false
        self.writeLines(isBreak ? text.dropFirst() : text)
    }

    private mutating func closeFence() {
        self.endLine()
        self.append("```")
    }

    private mutating func endCell() {
        guard let start = self.cellStart.take(), start <= self.output.count else { return }
        let text = self.output[start...].map { $0 == 0x0A ? 0x20 : $0 }
        self.output.removeSubrange(start...)
        self.isAtLineStart = true
        if !self.rows.isEmpty { self.rows[self.rows.count - 1].append(text) }
    }

    /// The spaces that align one table, in bytes: an event holds its text up to four times.
    private static let paddingLimit = 4_000

    /// Writes the rows with aligned columns: clients that show this text use one width for all characters.
    private mutating func endTable() {
        let count = self.rows.map(\.count).max() ?? 0
        var widths = (0..<count).map { column in
            self.rows.map { column < $0.count ? DisplayWidth.of($0[column]) : 0 }.max() ?? 0
        }
        if widths.reduce(0, +) * (self.rows.count + 1) > Self.paddingLimit
            + self.rows.joined().map(\.count).reduce(0, +)
        {
            widths = widths.map { _ in 0 }
        }
        for (number, row) in self.rows.enumerated() {
            var line: [UInt8] = []
            for (column, cell) in row.enumerated() {
                if column > 0 { line += Array(" | ".utf8) }
                line += cell
                if column < count - 1 {
                    line += repeatElement(0x20, count: max(0, widths[column] - DisplayWidth.of(cell)))
                }
            }
            self.beginLine()
            self.output += line
            self.endLine()
            guard number == 0, self.hasHead else { continue }
            self.append(widths.map { String(repeating: "-", count: max(1, $0)) }.joined(separator: "-|-"))
            self.endLine()
        }
        self.rows = []
        self.endBlock()
    }

    private mutating func endLink() {
        guard let link = self.links.popLast(), !link.address.isEmpty else { return }
        let text = self.output[min(link.start, self.output.count)...]
        let bare = link.address.starts(with: "mailto:".utf8) ? link.address[7...] : link.address[...]
        guard !text.elementsEqual(bare), !text.elementsEqual(link.address) else { return }
        self.append(" (" + String(decoding: link.address, as: UTF8.self) + ")")
    }

    private static func mark(_ tag: MatrixTag) -> String {
        switch tag {
        case .strong: "**"
        case .emphasis: "*"
        default: "~~"
        }
    }

    private static func level(_ tag: MatrixTag) -> Int { Int(tag.rawValue.utf8.last ?? 0x31) - 0x30 }
}
