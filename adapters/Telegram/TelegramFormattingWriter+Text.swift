internal import Markdown

extension TelegramFormattingWriter {
    /// Text without control characters: they would end the line or mark a tear.
    static func clean(_ text: Span<UInt8>) -> [UInt8] {
        var clean: [UInt8] = []
        clean.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let length = Self.controlLength(text, at: index)
            if length == 0 {
                clean.append(text[index])
            } else if text[index] == 0x09 {
                clean += repeatElement(0x20, count: 4)
            } else if text[index] == 0x0A || length == 3 {
                clean.append(0x20)
            }
            index += max(length, 1)
        }
        return clean
    }

    /// The bytes of the control character at `index`: C0, DEL, C1, and Unicode's line and paragraph separator; else 0.
    private static func controlLength(_ text: Span<UInt8>, at index: Int) -> Int {
        let byte = text[index]
        if byte < 0x20 || byte == 0x7F { return 1 }
        if byte == 0xC2, index + 1 < text.count, text[index + 1] < 0xA0 { return 2 }
        if byte == 0xE2, index + 2 < text.count, text[index + 1] == 0x80, text[index + 2] & 0xFE == 0xA8 { return 3 }
        return 0
    }

    /// The lines of a block of code.
    static func codeLines(_ text: Span<UInt8>) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != 0x0A { end += 1 }
            lines.append(Self.clean(text.extracting(start..<end))[...])
            start = end + 1
        }
        return lines.isEmpty ? [[]] : lines
    }

    // MARK: Plain text

    /// Appends plain text. Telegram makes mentions of `@name` and links of `/word` in any text: the first are broken by
    /// a word joiner, so that nobody is pinged, the second are code, which can still be copied.
    mutating func append(_ text: [UInt8]) {
        self.beginLine()
        if let link = self.links.last, link.isAllowed { return self.escape(text) }
        var index = 0
        while index < text.count {
            let byte = text[index]
            let isFree = index > 0 ? !Self.isWord(text[index - 1]) : self.isAtWordStart
            if byte == UInt8(ascii: "@"), isFree {
                self.bytes.append(byte)
                if index + 1 == text.count || Self.isWord(text[index + 1]) { self.bytes += "\u{2060}".utf8 }
            } else if byte == UInt8(ascii: "/"), isFree, let end = self.commandEnd(text, from: index) {
                self.tag("code")
                self.escape(text[index..<end])
                self.tag("/code")
                index = end - 1
            } else {
                self.put(byte)
            }
            index += 1
        }
    }

    /// Whether what stands before is no letter: a tag, white space, a bracket.
    private var isAtWordStart: Bool { self.bytes.last.map { !Self.isWord($0) } ?? true }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    /// The end of a word behind the slash at `index` that Telegram would take for a command: up to 64 letters, and no
    /// second slash around it (`/usr/bin`).
    private func commandEnd(_ text: [UInt8], from index: Int) -> Int? {
        let before = index > 0 ? text[index - 1] : self.bytes.last ?? 0x20
        guard before != UInt8(ascii: "/"), before != UInt8(ascii: ":") else { return nil }
        var end = index + 1
        while end < text.count, Self.isWord(text[end]), text[end] < 0x80 { end += 1 }
        guard (2...65).contains(end - index) else { return nil }
        return end < text.count && text[end] == UInt8(ascii: "/") ? nil : end
    }

    // MARK: Links

    mutating func beginLink(_ address: Span<UInt8>) {
        self.beginLine()
        let isAllowed = LinkAddress.isAllowed(address) && address.count <= Self.addressLimit && self.links.isEmpty
        self.links.append(Link(start: self.bytes.count, isAllowed: isAllowed))
    }

    /// Puts the address behind the label, unless the label says it already: Telegram links bare addresses itself.
    mutating func endLink(_ address: Span<UInt8>) {
        guard let link = self.links.popLast(), link.isAllowed, link.start <= self.bytes.count else { return }
        let target = Self.attribute(address)
        let label = Array(self.bytes[link.start...])
        if label == target || [Array("mailto:".utf8) + label].contains(target) { return }
        if label.starts(with: "www.".utf8), target.count >= label.count, target.suffix(label.count) == label[...] {
            return
        }
        if target.starts(with: "mailto:".utf8) {
            // Telegram takes web addresses only; one of mail is found in the text.
            self.bytes += Array(" (".utf8) + target.dropFirst(7) + Array(")".utf8)
            return
        }
        let opening = Array("<a href=\"".utf8) + target + Array("\">".utf8)
        if label.isEmpty {
            self.bytes += target
        } else {
            self.bytes.insert(contentsOf: opening, at: link.start)
            self.tag("/a")
        }
    }

    private static func attribute(_ address: Span<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<address.count {
            switch address[index] {
            case 0x20: bytes += "%20".utf8
            case 0x00..<0x20, 0x7F: continue
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case let byte: bytes.append(byte)
            }
        }
        return bytes
    }
}
