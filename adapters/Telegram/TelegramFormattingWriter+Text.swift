internal import Kit
internal import Markdown

extension TelegramFormattingWriter {
    /// Text without control characters, which would end the line or act as ``TelegramMarkup/tear``.
    static func clean(_ text: Span<UInt8>) -> [UInt8] {
        var clean: [UInt8] = []
        clean.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            let length = byte >= 0x20 && byte < 0x7F ? 0 : controlLength(text, at: index)
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

    /// The lines of a code block, without control characters.
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

    /// Appends plain text. Telegram turns `@name` into a mention and `/word` into a link that sends it as a command, in
    /// any text but code. A word joiner breaks both, so that no one is pinged and a path or an option stays plain text.
    mutating func append(_ text: [UInt8]) {
        self.beginLine()
        if let index = self.links.indices.last, self.links[index].isAllowed {
            self.links[index].label += text
            return self.escape(text)
        }
        var index = 0
        while index < text.count {
            let byte = text[index]
            let isSign = byte == UInt8(ascii: "@") || byte == UInt8(ascii: "/")
            let isFree =
                isSign && (index > 0 ? !text[index - 1].isWordByte : self.isAtWordStart)
                && !isInAddress(text.span, at: index)
            if byte == UInt8(ascii: "@"), isFree {
                self.bytes.append(byte)
                if index + 1 == text.count || text[index + 1].isWordByte { self.bytes += "\u{2060}".utf8 }
            } else if byte == UInt8(ascii: "/"), isFree, self.isCommand(text, at: index) {
                self.bytes.append(byte)
                self.bytes += "\u{2060}".utf8
            } else {
                self.put(byte)
            }
            index += 1
        }
    }

    /// Whether the preceding byte does not belong to a word.
    private var isAtWordStart: Bool { self.bytes.last.map { !$0.isWordByte } ?? true }

    /// Whether Telegram would take the slash at `index` and the word after it for a command: up to 64 characters, not
    /// next to another slash (`/usr/bin`).
    private func isCommand(_ text: [UInt8], at index: Int) -> Bool {
        let before = index > 0 ? text[index - 1] : self.bytes.last ?? 0x20
        guard before != UInt8(ascii: "/"), before != UInt8(ascii: ":") else { return false }
        var end = index + 1
        while end < text.count, text[end].isWordByte, text[end] < 0x80 { end += 1 }
        guard (2...65).contains(end - index) else { return false }
        return end == text.count || text[end] != UInt8(ascii: "/")
    }

    // MARK: Links

    mutating func beginLink(_ address: Span<UInt8>) {
        self.beginLine()
        let isAllowed = LinkAddress.isAllowed(address) && address.count <= Self.addressLimit && self.links.isEmpty
        self.links.append(Link(start: self.bytes.count, isAllowed: isAllowed))
    }

    /// Links the label to the address, unless the label is the address: Telegram links bare addresses itself.
    mutating func endLink(_ address: Span<UInt8>) {
        guard let link = self.links.popLast(), link.isAllowed, link.start <= self.bytes.count else { return }
        let target = Self.attribute(address)
        let label = Array(self.bytes[link.start...])
        if label == target || [Array("mailto:".utf8) + label].contains(target) { return }
        if label.starts(with: "www.".utf8), target.count >= label.count, target.suffix(label.count) == label[...] {
            return
        }
        let isMail = target.starts(with: "mailto:".utf8)
        if isMail || LinkAddress.isDeceptive(link.label, for: address) {
            // Telegram links only web addresses, and a text that reads like another address would hide this one. The
            // address follows the text, which is no link and so needs its mentions broken.
            self.bytes.removeSubrange(link.start...)
            self.append(link.label)
            self.bytes += Array(" (".utf8) + target.dropFirst(isMail ? 7 : 0) + Array(")".utf8)
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
            case let byte: bytes.append(quoted: byte)
            }
        }
        return bytes
    }
}
