/// Reads texts with `parse_mode` HTML, with the server's errors.
struct TelegramHTML {
    private struct Open {
        var tag: String
        var argument: String
        var offset: Int
        var begin: Int
    }

    private static let tags: Set<String> = [
        "a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "tg-spoiler", "tg-emoji", "tg-time", "span",
        "pre", "code", "blockquote",
    ]
    private static let types: [String: String] = [
        "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "s": "strikethrough", "strike": "strikethrough",
        "del": "strikethrough", "u": "underline", "ins": "underline", "tg-spoiler": "spoiler", "span": "spoiler",
        "tg-emoji": "custom_emoji", "tg-time": "date_time", "pre": "pre", "code": "code", "blockquote": "blockquote",
    ]

    private let text: [UInt8]
    private var index = 0
    private var result: [UInt8] = []
    private var units = 0
    private var open: [Open] = []
    private var entities: [TelegramEntity] = []

    private init(_ text: String) {
        self.text = Array(text.utf8)
    }

    static func parse(_ text: String) throws(TelegramMarkupError) -> TelegramText {
        var parser = TelegramHTML(text)
        return try parser.parse()
    }

    private var current: UInt8 { self.index < self.text.count ? self.text[self.index] : 0 }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) || byte == 0 }

    private mutating func parse() throws(TelegramMarkupError) -> TelegramText {
        while self.index < self.text.count {
            switch self.current {
            case UInt8(ascii: "&"):
                if let scalar = self.reference() {
                    self.append(scalar)
                } else {
                    self.copy()
                }
            case UInt8(ascii: "<"):
                let begin = self.index
                self.index += 1
                if self.current == UInt8(ascii: "/") { try self.endTag(begin) } else { try self.startTag(begin) }
            default: self.copy()
            }
        }
        if let last = self.open.last {
            throw TelegramMarkupError(message: "Can't find end tag corresponding to start tag \"\(last.tag)\"")
        }
        return TelegramText(text: String(decoding: self.result, as: UTF8.self), entities: self.entities)
    }

    private mutating func copy() {
        let byte = self.current
        if byte & 0xC0 != 0x80 { self.units += byte >= 0xF0 ? 2 : 1 }
        self.result.append(byte)
        self.index += 1
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        self.units += scalar.value > 0xFFFF ? 2 : 1
        self.result += Array(String(scalar).utf8)
    }

    /// The character of `&…;`, after which the parser continues; nil if the text is not a reference.
    private mutating func reference() -> Unicode.Scalar? {
        var end = self.index + 1
        var scalar: Unicode.Scalar?
        if end < self.text.count, self.text[end] == UInt8(ascii: "#") {
            end += 1
            let isHex = end < self.text.count && self.text[end] == UInt8(ascii: "x")
            if isHex { end += 1 }
            let begin = end
            while end < self.text.count, Character(Unicode.Scalar(self.text[end])).isHexDigit { end += 1 }
            let digits = String(decoding: self.text[begin..<end], as: UTF8.self)
            scalar = UInt32(digits, radix: isHex ? 16 : 10).flatMap { $0 == 0 ? nil : Unicode.Scalar($0) }
        } else {
            let begin = end
            while end < self.text.count, Character(Unicode.Scalar(self.text[end])).isLetter, self.text[end] < 128 {
                end += 1
            }
            switch String(decoding: self.text[begin..<end], as: UTF8.self) {
            case "lt": scalar = "<"
            case "gt": scalar = ">"
            case "amp": scalar = "&"
            case "quot": scalar = "\""
            default: return nil
            }
        }
        guard let scalar else { return nil }
        self.index = end < self.text.count && self.text[end] == UInt8(ascii: ";") ? end + 1 : end
        return scalar
    }

    private mutating func startTag(_ begin: Int) throws(TelegramMarkupError) {
        let unclosed = TelegramMarkupError(message: "Unclosed start tag at byte offset \(begin)")
        while self.index < self.text.count, !Self.isSpace(self.current), self.current != UInt8(ascii: ">") {
            self.index += 1
        }
        guard self.index < self.text.count else { throw unclosed }
        let tag = String(decoding: self.text[(begin + 1)..<self.index], as: UTF8.self).lowercased()
        guard Self.tags.contains(tag) else {
            throw TelegramMarkupError(message: "Unsupported start tag \"\(tag)\" at byte offset \(begin)")
        }
        var argument = ""
        while true {
            while self.index < self.text.count, Self.isSpace(self.current) { self.index += 1 }
            guard self.index < self.text.count else { throw unclosed }
            if self.current == UInt8(ascii: ">") { break }
            let (name, value) = try self.attribute(tag, begin, unclosed)
            switch (tag, name) {
            case ("a", "href"), ("tg-emoji", "emoji-id"), ("tg-time", "unix"): argument = value
            case ("code", "class") where value.hasPrefix("language-"): argument = String(value.dropFirst(9))
            case ("span", "class") where value.hasPrefix("tg-"): argument = String(value.dropFirst(3))
            case ("blockquote", "expandable"): argument = "1"
            default: break
            }
        }
        self.index += 1
        if tag == "span", argument != "spoiler" {
            throw TelegramMarkupError(
                message: "Tag \"span\" must have class \"tg-spoiler\" at byte offset \(begin)")
        }
        self.open.append(Open(tag: tag, argument: argument, offset: self.units, begin: self.result.count))
    }

    private mutating func attribute(
        _ tag: String, _ begin: Int, _ unclosed: TelegramMarkupError
    ) throws(TelegramMarkupError) -> (String, String) {
        let nameBegin = self.index
        while self.index < self.text.count, !Self.isSpace(self.current), !Array("=>/\"'".utf8).contains(self.current) {
            self.index += 1
        }
        let name = String(decoding: self.text[nameBegin..<self.index], as: UTF8.self)
        guard !name.isEmpty else {
            throw TelegramMarkupError(
                message: "Empty attribute name in the tag \"\(tag)\" at byte offset \(begin)")
        }
        while self.index < self.text.count, Self.isSpace(self.current) { self.index += 1 }
        guard self.index < self.text.count else { throw unclosed }
        guard self.current == UInt8(ascii: "=") else { return (name.lowercased(), "") }
        self.index += 1
        while self.index < self.text.count, Self.isSpace(self.current) { self.index += 1 }
        guard self.index < self.text.count else { throw unclosed }
        let quote = self.current
        let valueBegin = self.index
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            while Character(Unicode.Scalar(self.current)).isLetter || (48...57).contains(self.current)
                || Array(".-".utf8).contains(self.current)
            {
                self.index += 1
            }
            guard Self.isSpace(self.current) || self.current == UInt8(ascii: ">") else {
                throw TelegramMarkupError(message: "Unexpected end of name token at byte offset \(valueBegin)")
            }
            return (
                name.lowercased(), String(decoding: self.text[valueBegin..<self.index], as: UTF8.self).lowercased()
            )
        }
        self.index += 1
        var value: [UInt8] = []
        while self.index < self.text.count, self.current != quote {
            if self.current == UInt8(ascii: "&"), let scalar = self.reference() {
                value += Array(String(scalar).utf8)
            } else {
                value.append(self.current)
                self.index += 1
            }
        }
        guard self.index < self.text.count else { throw unclosed }
        self.index += 1
        return (name.lowercased(), String(decoding: value, as: UTF8.self))
    }

    private mutating func endTag(_ begin: Int) throws(TelegramMarkupError) {
        guard let last = self.open.popLast() else {
            throw TelegramMarkupError(message: "Unexpected end tag at byte offset \(begin)")
        }
        while self.index < self.text.count, !Self.isSpace(self.current), self.current != UInt8(ascii: ">") {
            self.index += 1
        }
        let name = String(decoding: self.text[min(begin + 2, self.index)..<self.index], as: UTF8.self)
        while self.index < self.text.count, Self.isSpace(self.current) { self.index += 1 }
        guard self.current == UInt8(ascii: ">") else {
            throw TelegramMarkupError(message: "Unclosed end tag at byte offset \(begin)")
        }
        self.index += 1
        guard name.isEmpty || name == last.tag else {
            throw TelegramMarkupError(
                message: "Unmatched end tag at byte offset \(begin), expected \"</\(last.tag)>\", found \"</\(name)>\"")
        }
        if self.units > last.offset { self.close(last) }
    }

    private mutating func close(_ tag: Open) {
        let length = self.units - tag.offset
        var entity = TelegramEntity(Self.types[tag.tag] ?? tag.tag, tag.offset, length)
        switch tag.tag {
        case "a":
            let shown = String(decoding: self.result[tag.begin...], as: UTF8.self)
            guard let link = TelegramLink.entity(tag.argument.isEmpty ? shown : tag.argument, tag.offset, length) else {
                return
            }
            entity = link
        case "blockquote" where tag.argument == "1": entity.type = "expandable_blockquote"
        case "tg-emoji": entity.customEmoji = tag.argument
        case "code", "pre":
            // A language only counts if the code is the whole content of a pre.
            if let inner = self.entities.last, inner.offset == tag.offset, inner.length == length, inner.isCode,
                inner.type != entity.type
            {
                self.entities.removeLast()
                entity.type = "pre"
                entity.language = [inner.language, tag.argument].compactMap { $0 }.first { !$0.isEmpty }
            } else if tag.tag == "code" {
                entity.language = tag.argument.isEmpty ? nil : tag.argument
            }
        default: break
        }
        self.entities.append(entity)
    }
}
