/// Writes tokens as plain text that reads like Markdown: what notifications and text clients show.
struct MatrixPlainWriter {
    /// What stands before each line of an item or quotation; `first` once.
    private struct Margin {
        var first: [UInt8]
        var rest: [UInt8]
    }

    private var output: [UInt8] = []
    private var margins: [Margin] = []
    private var numbers: [Int?] = []
    private var open: [MatrixTag] = []
    private var isAtLineStart = true
    /// A blank line is due before the next one.
    private var wantsBlank = false
    private var cells = 0
    private var links: [(address: [UInt8], start: Int)] = []
    /// Nothing came yet behind a fence, whose own line break says nothing.
    private var isFenceEmpty = false

    mutating func write(_ token: MatrixMarkup.Token) {
        switch token {
        case .open(let tag, let value, _): self.enter(tag, value)
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
            self.block()
            self.append("---")
            self.endBlock()
        case .strong, .emphasis, .strike: self.append(Self.mark(tag))
        case .code: if self.open.last == .preformatted { self.openFence(value) } else { self.append("`") }
        case .link:
            self.beginLine()
            self.links.append((value, self.output.count))
        case .paragraph: self.block()
        case .heading1, .heading2, .heading3, .heading4, .heading5, .heading6:
            self.block()
            self.append(String(repeating: "#", count: Self.level(tag)) + " ")
        case .quote:
            self.block()
            // The blank line before a quotation is not part of it.
            self.writeBlank()
            self.margins.append(Margin(first: Array("> ".utf8), rest: Array("> ".utf8)))
        case .bullets, .numbers:
            self.endLine()
            // Only a list of its own stands apart; one within an item follows it.
            if self.numbers.isEmpty { self.block() }
            self.numbers.append(tag == .numbers ? 1 : nil)
        case .item: self.enterItem(value)
        case .preformatted, .table: self.block()
        case .row: self.cells = 0
        case .headCell, .cell:
            if self.cells > 0 { self.append(" | ") }
            self.cells += 1
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
        case .paragraph, .heading1, .heading2, .heading3, .heading4, .heading5, .heading6, .preformatted, .table:
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
        case .row: self.endLine()
        case .head, .body, .headCell, .cell, .lineBreak, .rule: break
        }
    }

    // MARK: Lines

    private mutating func block() { self.endLine() }

    private mutating func endBlock() {
        self.endLine()
        self.wantsBlank = true
    }

    private mutating func endLine(isForced: Bool = false) {
        if isForced { self.beginLine() }
        guard !self.isAtLineStart else { return }
        self.output.append(0x0A)
        self.isAtLineStart = true
    }

    private mutating func beginLine() {
        guard self.isAtLineStart else { return }
        self.writeBlank()
        for index in self.margins.indices {
            self.output += self.margins[index].first
            self.margins[index].first = self.margins[index].rest
        }
        self.isAtLineStart = false
    }

    private mutating func writeBlank() {
        if self.wantsBlank, !self.output.isEmpty {
            // Inside of a quotation the blank line belongs to it.
            var margin = self.margins.flatMap(\.rest)
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
            // The breaks between blocks; what stands outside of any element keeps its own.
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
        var marker = Array("- ".utf8)
        if let list = self.numbers.indices.last, let number = self.numbers[list] {
            let number = Int(String(decoding: value.prefix(12), as: UTF8.self)) ?? number
            marker = Array("\(number). ".utf8)
            self.numbers[list] = number + 1
        }
        self.margins.append(Margin(first: marker, rest: [UInt8](repeating: 0x20, count: marker.count)))
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
