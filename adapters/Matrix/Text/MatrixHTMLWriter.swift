internal import Kit

/// Writes tokens as allowed HTML: every element closed, without insignificant white space.
struct MatrixHTMLWriter {
    private var output: [UInt8] = []
    private var open: [MatrixTag] = []
    /// The HTML has markup that plain text cannot express.
    private var hasMarkup = false
    private var paragraphs = 0
    private var others = 0
    /// A line break right after the start of preformatted text belongs to the frame and is dropped.
    private var isAtCodeStart = false

    mutating func write(_ token: MatrixMarkup.Token) {
        switch token {
        case .open(let tag, let value): self.enter(tag, value)
        case .close(let tag): self.leave(tag)
        case .text(let text): self.write(text)
        }
    }

    /// The HTML; nil without markup.
    consuming func finish() -> String? {
        while let tag = self.open.last { self.leave(tag) }
        guard self.hasMarkup else { return nil }
        var bytes = self.output[...]
        let start = MatrixTag.paragraph.opening
        let end = MatrixTag.paragraph.closing
        // A single paragraph needs no element of its own.
        if self.paragraphs == 1, self.others == 0, bytes.starts(with: start), bytes.suffix(end.count).elementsEqual(end)
        {
            bytes = bytes.dropFirst(start.count).dropLast(end.count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func enter(_ tag: MatrixTag, _ value: [UInt8]) {
        if tag == .link, self.open.contains(.link) { return }
        if self.open.isEmpty { if tag == .paragraph { self.paragraphs += 1 } else { self.others += 1 } }
        if tag != .paragraph && tag != .lineBreak { self.hasMarkup = true }
        self.isAtCodeStart = tag == .preformatted || (tag == .code && self.open.last == .preformatted)
        if tag == .item, self.open.last == .numbers { self.setStart(value) }
        self.output += Array("<\(tag.rawValue)".utf8)
        if tag == .link { self.attribute("href", value) }
        if tag == .code, value.starts(with: "language-".utf8) { self.attribute("class", value) }
        self.output.append(UInt8(ascii: ">"))
        if !tag.isVoid { self.open.append(tag) }
    }

    /// The first item's number becomes the list's `start`; clients number the others.
    private mutating func setStart(_ value: [UInt8]) {
        let tag = MatrixTag.numbers.opening
        guard self.output.suffix(tag.count).elementsEqual(tag), value != [UInt8(ascii: "1")], !value.isEmpty,
            value.count < 12, value.allSatisfy({ (0x30...0x39).contains($0) })
        else { return }
        self.output.removeLast()
        self.attribute("start", value)
        self.output.append(UInt8(ascii: ">"))
    }

    private mutating func attribute(_ name: String, _ value: [UInt8]) {
        self.output += Array(" \(name)=\"".utf8)
        for byte in value { self.output.append(quoted: byte) }
        self.output.append(UInt8(ascii: "\""))
    }

    private mutating func leave(_ tag: MatrixTag) {
        guard let index = self.open.lastIndex(of: tag) else { return }
        if tag == .code, self.open.contains(.preformatted), self.output.last == 0x0A { self.output.removeLast() }
        while self.open.count > index {
            self.output += self.open.removeLast().closing
        }
        self.isAtCodeStart = false
    }

    private mutating func write(_ text: [UInt8]) {
        var text = text[...]
        if self.isAtCodeStart, text.first == 0x0A { text = text.dropFirst() }
        self.isAtCodeStart = false
        // Line breaks between elements only separate the lines of the message.
        if self.open.last?.holdsBlocksOnly ?? true {
            text = text.drop { $0 == 0x0A }
            while text.last == 0x0A { text = text.dropLast() }
            if text.allSatisfy({ $0 == 0x20 || $0 == 0x0A }) { return }
        }
        if self.open.isEmpty { self.others += 1 }
        for byte in text { self.output.append(quoted: byte) }
    }
}
