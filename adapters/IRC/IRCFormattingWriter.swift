internal import Chat
internal import Kit
internal import Markdown
internal import Primitives

/// Writes IRC lines during a walk of the Markdown tree.
struct IRCFormattingWriter {
    /// The nesting depth of each format. A code is written only between depth 0 and 1, since codes toggle.
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
    /// The offset at which the text of each open link begins.
    private var linkStarts: [Int] = []
    private var table: IRCTable?

    init(capacity: Int) {
        self.bytes.reserveCapacity(capacity)
    }

    consuming func finish() -> RenderedText {
        self.endLine()
        return RenderedText(bytes: self.bytes, lines: self.lines)
    }

    // MARK: Lines

    private mutating func beginLine() {
        guard self.lineStart == nil else { return }
        if !self.lines.isEmpty { self.bytes.append(0x0A) }
        self.lineStart = self.bytes.count
        self.margins.write(to: &self.bytes)
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

    /// Appends text without control characters, which would act as codes or end the line.
    private mutating func append(_ text: Span<UInt8>) {
        self.beginLine()
        var start = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            let length = byte >= 0x20 && byte < 0x7F ? 0 : controlLength(text, at: index)
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

    /// Appends each line of `text` that is not blank as a separate line; code is indented, as in Markdown, so that it is
    /// set apart where a client does not show monospace.
    private mutating func appendLines(_ text: Span<UInt8>, isCode: Bool) {
        var start = 0
        while start < text.count {
            var end = start
            var isBlank = true
            while end < text.count, text[end] != 0x0A {
                if text[end] > 0x20 { isBlank = false }
                end += 1
            }
            if !isBlank {
                self.beginLine()
                if isCode { self.bytes += Self.indentation + [IRCCode.monospace] }
                self.append(text.extracting(start..<end))
                if isCode { self.bytes.append(IRCCode.monospace) }
                self.endLine()
            }
            start = end + 1
        }
    }

    private static let indentation = [UInt8](repeating: 0x20, count: 4)

    // MARK: Tables

    /// A cell's text is written like a line, then taken out again.
    private mutating func endCell(_ alignment: MarkdownAlignment) {
        guard let start = self.lineStart else { return }
        // `Array` of a slice that spans all of `bytes` would share its buffer, and each cell would keep the whole capacity.
        self.table?.append([] + self.bytes[start...], alignment)
        self.bytes.removeSubrange(start...)
        self.lineStart = nil
    }

    private mutating func endTable() {
        guard let table = self.table.take() else { return }
        for line in table.lines {
            self.beginLine()
            self.bytes += line
            self.endLine()
        }
    }

    // MARK: Links

    /// Appends the link's address unless the text already shows it. Addresses other than http, https and mailto are
    /// omitted, since chat clients do not open them.
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
        // The text may omit `mailto:` or a scheme such as `https://`.
        guard offset > 0 else { return true }
        let last = address[offset - 1]
        return last == UInt8(ascii: ":") || (offset <= 8 && last == UInt8(ascii: "/"))
    }
}

extension IRCFormattingWriter: FormattingWriter {
    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document: break
        case .blockQuote:
            self.endLine()
            self.margins.append(.quotation)
        case .list(let list):
            self.endLine()
            self.numbers.append(list.start)
        case .item(let task): self.enterItem(task)
        case .codeBlock, .paragraph: self.beginBlock()
        case .heading:
            self.beginBlock()
            self.toggle(IRCCode.bold, \.bold, by: 1)
        case .table:
            self.beginBlock()
            self.table = IRCTable()
        case .tableRow(let isHeader):
            self.table?.beginRow(isHeader: isHeader)
            if isHeader { self.toggle(IRCCode.bold, \.bold, by: 1) }
        case .tableCell: self.lineStart = self.bytes.count
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
        case .document: break
        case .blockQuote:
            self.endLine()
            self.margins.removeLast()
        case .list:
            self.endLine()
            self.numbers.removeLast()
        case .item:
            self.endLine()
            self.margins.removeLast()
        case .codeBlock, .paragraph: self.endLine()
        case .heading:
            self.toggle(IRCCode.bold, \.bold, by: -1)
            self.endLine()
        case .table: self.endTable()
        case .tableRow(let isHeader):
            if isHeader { self.toggle(IRCCode.bold, \.bold, by: -1) }
        case .tableCell(let alignment): self.endCell(alignment)
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
            // A table's lines are monospace already, and a second code would end that.
            let code = self.table == nil ? [IRCCode.monospace] : []
            self.beginLine()
            self.bytes += code
            self.append(text)
            self.bytes += code
        case .codeBlock: self.appendLines(text, isCode: true)
        case .htmlBlock:
            self.beginBlock()
            self.appendLines(text, isCode: false)
        }
    }

    mutating func mark(_ mark: MarkdownMark) {
        switch mark {
        case .softBreak:
            if self.lineStart != nil { self.bytes.append(0x20) }
        case .lineBreak where self.table != nil: self.bytes.append(0x20)
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
        var number: Int?
        if let list = self.numbers.indices.last {
            number = self.numbers[list]
            self.numbers[list] = number.map { $0 + 1 }
        }
        self.margins.append(.item(number: number, task: task))
    }
}
