internal import Chat
internal import Markdown

/// Writes IRC lines while the Markdown tree is walked.
struct IRCFormattingWriter {
    /// What stands before the text of a list item or quote: `first` once, `rest` on every line after it.
    private struct Margin {
        var first: [UInt8]
        var rest: [UInt8]
        var isUsed = false
    }

    /// How often each format is open; a code goes out only between 0 and 1, since codes switch.
    private struct Styles {
        var bold = 0
        var italic = 0
        var strike = 0

        var isAnyOpen: Bool { self.bold + self.italic + self.strike > 0 }
    }

    private var bytes: [UInt8] = []
    private var lines: [RenderedText.Line] = []
    private var lineStart: Int?
    private var startsBlock = true
    private var margins: [Margin] = []
    private var numbers: [Int?] = []
    private var styles = Styles()
    /// Where the text of each open link begins.
    private var linkStarts: [Int] = []
    private var cellsInRow = 0

    init(capacity: Int) {
        self.bytes.reserveCapacity(capacity)
    }

    /// The lines written.
    consuming func finish() -> RenderedText {
        self.endLine()
        return RenderedText(bytes: self.bytes, lines: self.lines)
    }

    // MARK: Lines

    private mutating func beginLine() {
        guard self.lineStart == nil else { return }
        if !self.lines.isEmpty { self.bytes.append(0x0A) }
        self.lineStart = self.bytes.count
        for index in self.margins.indices {
            self.bytes += self.margins[index].isUsed ? self.margins[index].rest : self.margins[index].first
            self.margins[index].isUsed = true
        }
        if self.styles.bold > 0 { self.bytes.append(IRCCode.bold) }
        if self.styles.italic > 0 { self.bytes.append(IRCCode.italic) }
        if self.styles.strike > 0 { self.bytes.append(IRCCode.strike) }
    }

    private mutating func endLine() {
        guard let start = self.lineStart else { return }
        if self.styles.isAnyOpen { self.bytes.append(IRCCode.reset) }
        self.lines.append(RenderedText.Line(range: start..<self.bytes.count, startsBlock: self.startsBlock))
        self.lineStart = nil
        self.startsBlock = false
    }

    private mutating func beginBlock() {
        self.endLine()
        self.startsBlock = true
    }

    // MARK: Styles

    private mutating func toggle(_ code: UInt8, _ style: WritableKeyPath<Styles, Int>, by step: Int) {
        let before = self.styles[keyPath: style]
        self.styles[keyPath: style] = before + step
        guard before + step == 0 || before == 0, self.lineStart != nil else { return }
        self.bytes.append(code)
    }

    // MARK: Text

    /// Appends text without control characters: they would be codes, or end the line.
    private mutating func append(_ text: Span<UInt8>) {
        self.beginLine()
        var start = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            let length = byte >= 0x20 && byte < 0x7F ? 0 : Self.controlLength(text, at: index)
            guard length > 0 else {
                index += 1
                continue
            }
            self.bytes.append(contentsOf: text.extracting(start..<index))
            if byte == 0x09 { self.bytes += [0x20, 0x20, 0x20, 0x20] }
            if byte == 0x0A || byte == 0xE2 { self.bytes.append(0x20) }
            index += length
            start = index
        }
        self.bytes.append(contentsOf: text.extracting(start..<text.count))
    }

    /// The bytes of the control character at `index`: C0, DEL, C1, and Unicode's line and paragraph separator; else 0.
    private static func controlLength(_ text: Span<UInt8>, at index: Int) -> Int {
        let byte = text[index]
        if byte < 0x20 || byte == 0x7F { return 1 }
        if byte == 0xC2, index + 1 < text.count, text[index + 1] < 0xA0 { return 2 }
        if byte == 0xE2, index + 2 < text.count, text[index + 1] == 0x80, text[index + 2] & 0xFE == 0xA8 { return 3 }
        return 0
    }

    /// Appends each line that is not blank as a line of its own.
    private mutating func appendLines(_ text: Span<UInt8>) {
        var start = 0
        while start < text.count {
            var end = start
            var isBlank = true
            while end < text.count, text[end] != 0x0A {
                if text[end] > 0x20 { isBlank = false }
                end += 1
            }
            if !isBlank {
                self.append(text.extracting(start..<end))
                self.endLine()
            }
            start = end + 1
        }
    }

    // MARK: Links

    /// The address behind the text, unless the text says it already. An address that is neither http, https nor
    /// mailto leads nowhere in a chat.
    private mutating func endLink(_ address: Span<UInt8>) {
        guard let start = self.linkStarts.popLast(), LinkAddress.isAllowed(address) else { return }
        self.beginLine()
        if start < self.bytes.count, Self.says(self.bytes[start...], address) { return }
        if self.bytes.count > start { self.bytes.append(0x20) }
        self.bytes.append(UInt8(ascii: "<"))
        for index in 0..<address.count {
            let byte = address[index]
            switch byte {
            case 0x20: self.bytes += [0x25, 0x32, 0x30]
            case 0x00..<0x20, 0x7F, UInt8(ascii: "<"), UInt8(ascii: ">"): continue
            default: self.bytes.append(byte)
            }
        }
        self.bytes.append(UInt8(ascii: ">"))
    }

    private static func says(_ text: ArraySlice<UInt8>, _ address: Span<UInt8>) -> Bool {
        guard text.count <= address.count else { return false }
        let offset = address.count - text.count
        for (index, byte) in text.enumerated() where address[offset + index] != byte { return false }
        // `mailto:` and a scheme that was added to a bare address are no news.
        guard offset > 0 else { return true }
        let last = address[offset - 1]
        return last == UInt8(ascii: ":") || (offset <= 8 && last == UInt8(ascii: "/"))
    }
}

extension IRCFormattingWriter: MarkdownVisitor {
    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document: break
        case .blockQuote:
            self.endLine()
            self.margins.append(Margin(first: Array("> ".utf8), rest: Array("> ".utf8)))
        case .list(let list):
            self.endLine()
            self.numbers.append(list.start)
        case .item(let task): self.enterItem(task)
        case .codeBlock, .paragraph, .table: self.beginBlock()
        case .heading:
            self.beginBlock()
            self.toggle(IRCCode.bold, \.bold, by: 1)
        case .tableRow(let isHeader):
            self.endLine()
            self.cellsInRow = 0
            if isHeader { self.toggle(IRCCode.bold, \.bold, by: 1) }
        case .tableCell:
            if self.cellsInRow > 0 {
                self.beginLine()
                self.bytes += Array(" | ".utf8)
            }
            self.cellsInRow += 1
        case .emphasis: self.toggle(IRCCode.italic, \.italic, by: 1)
        case .strong: self.toggle(IRCCode.bold, \.bold, by: 1)
        case .strikethrough: self.toggle(IRCCode.strike, \.strike, by: 1)
        case .link, .image:
            self.beginLine()
            self.linkStarts.append(self.bytes.count)
        }
    }

    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document, .tableCell: break
        case .blockQuote:
            self.endLine()
            self.margins.removeLast()
        case .list:
            self.endLine()
            self.numbers.removeLast()
        case .item:
            self.endLine()
            self.margins.removeLast()
        case .codeBlock, .paragraph, .table: self.endLine()
        case .heading:
            self.toggle(IRCCode.bold, \.bold, by: -1)
            self.endLine()
        case .tableRow(let isHeader):
            if isHeader { self.toggle(IRCCode.bold, \.bold, by: -1) }
            self.endLine()
        case .emphasis: self.toggle(IRCCode.italic, \.italic, by: -1)
        case .strong: self.toggle(IRCCode.bold, \.bold, by: -1)
        case .strikethrough: self.toggle(IRCCode.strike, \.strike, by: -1)
        case .link, .image: self.endLink(detail)
        }
    }

    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) {
        switch kind {
        case .plain, .html: self.append(text)
        case .code:
            self.beginLine()
            self.bytes.append(IRCCode.monospace)
            self.append(text)
            self.bytes.append(IRCCode.monospace)
        case .codeBlock: self.appendLines(text)
        case .htmlBlock:
            self.beginBlock()
            self.appendLines(text)
        }
    }

    mutating func mark(_ mark: MarkdownMark) {
        switch mark {
        case .softBreak:
            if self.lineStart != nil { self.bytes.append(0x20) }
        case .lineBreak: self.endLine()
        case .thematicBreak:
            self.beginBlock()
            self.beginLine()
            self.bytes += Array("----".utf8)
            self.endLine()
        }
    }

    private mutating func enterItem(_ task: MarkdownTask?) {
        self.endLine()
        self.startsBlock = true
        var marker: [UInt8]
        if let list = self.numbers.indices.last, let number = self.numbers[list] {
            marker = Array("\(number). ".utf8)
            self.numbers[list] = number + 1
        } else {
            marker = Array("- ".utf8)
        }
        let rest = [UInt8](repeating: 0x20, count: marker.count)
        switch task {
        case .open: marker += Array("[ ] ".utf8)
        case .done: marker += Array("[x] ".utf8)
        case nil: break
        }
        self.margins.append(Margin(first: marker, rest: rest))
    }
}
