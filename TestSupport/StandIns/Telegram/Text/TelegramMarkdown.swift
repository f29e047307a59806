/// Reads texts with `parse_mode` MarkdownV2, with the server's errors.
struct TelegramMarkdown {
    private struct Open {
        var type: String
        var language: String?
        var offset: Int
        var byte: Int
        var begin: Int
    }

    /// As the server names them in its errors.
    private static let names = [
        "bold": "Bold", "italic": "Italic", "underline": "Underline", "strikethrough": "Strikethrough",
        "spoiler": "Spoiler", "code": "Code", "pre": "Pre", "text_link": "TextUrl", "custom_emoji": "CustomEmoji",
    ]
    private static let reserved = Set("_*[]()~`>#+-=|{}.!".utf8)

    private let text: [UInt8]
    private var index = 0
    private var result: [UInt8] = []
    private var units = 0
    private var open: [Open] = []
    private var entities: [TelegramEntity] = []
    /// Where the open quote began, and whether it is expandable.
    private var quote: (offset: Int, isExpandable: Bool)?

    private init(_ text: String) {
        self.text = Array(text.utf8)
    }

    static func parse(_ text: String) throws(TelegramMarkupError) -> TelegramText {
        var parser = TelegramMarkdown(text)
        return try parser.parse()
    }

    private func byte(_ ahead: Int = 0) -> UInt8 {
        self.index + ahead < self.text.count ? self.text[self.index + ahead] : 0
    }

    private var isAtLineStart: Bool { self.index == 0 || self.text[self.index - 1] == 10 }

    private mutating func parse() throws(TelegramMarkupError) -> TelegramText {
        while self.index < self.text.count { try self.step() }
        self.endQuote()
        if let last = self.open.last {
            throw TelegramMarkupError(
                message: "Can't find end of \(Self.names[last.type] ?? last.type) entity at byte offset \(last.byte)")
        }
        return TelegramText(
            text: String(decoding: self.result, as: UTF8.self), entities: EntityNesting.sorted(self.entities))
    }

    private mutating func step() throws(TelegramMarkupError) {
        if self.byte() == UInt8(ascii: "\\"), (1...126).contains(self.byte(1)) {
            self.index += 1
            return self.copy()
        }
        let isInCode = self.open.last.map { $0.type == "code" || $0.type == "pre" } ?? false
        if isInCode {
            guard self.byte() == UInt8(ascii: "`"), self.isEnd else { return self.copy() }
            return try self.end()
        }
        if self.isAtLineStart, self.quoteStep() { return }
        guard Self.reserved.contains(self.byte()) else { return self.copy() }
        if self.isEnd { return try self.end() }
        try self.begin()
    }

    /// Consumes a quote mark at the beginning of a line; returns whether there was one.
    private mutating func quoteStep() -> Bool {
        let isExpandable = self.quote == nil && self.text[self.index...].starts(with: Array("**>".utf8))
        guard isExpandable || self.byte() == UInt8(ascii: ">") else {
            self.endQuote()
            return false
        }
        if self.quote == nil { self.quote = (self.units, isExpandable) }
        self.index += isExpandable ? 3 : 1
        return true
    }

    private mutating func endQuote() {
        guard let quote = self.quote else { return }
        self.quote = nil
        // Expandable quotes end with a spoiler mark that opened nothing.
        var isExpandable = quote.isExpandable
        if let last = self.open.last, last.type == "spoiler", last.offset >= self.units - 1 {
            self.open.removeLast()
            isExpandable = true
        }
        guard self.units > quote.offset else { return }
        self.entities.append(
            TelegramEntity(
                isExpandable ? "expandable_blockquote" : "blockquote", quote.offset, self.units - quote.offset))
    }

    private mutating func copy() {
        let byte = self.byte()
        if byte & 0xC0 != 0x80 { self.units += byte >= 0xF0 ? 2 : 1 }
        self.result.append(byte)
        self.index += 1
    }

    private var isEnd: Bool {
        guard let last = self.open.last else { return false }
        let byte = self.byte()
        return switch last.type {
        case "bold": byte == UInt8(ascii: "*")
        case "italic": byte == UInt8(ascii: "_") && self.byte(1) != UInt8(ascii: "_")
        case "underline": byte == UInt8(ascii: "_") && self.byte(1) == UInt8(ascii: "_")
        case "code": byte == UInt8(ascii: "`")
        case "pre": byte == UInt8(ascii: "`") && self.byte(1) == byte && self.byte(2) == byte
        case "strikethrough": byte == UInt8(ascii: "~")
        case "spoiler": byte == UInt8(ascii: "|") && self.byte(1) == byte
        default: byte == UInt8(ascii: "]")
        }
    }

    private mutating func begin() throws(TelegramMarkupError) {
        let byte = self.byte()
        var open = Open(type: "", offset: self.units, byte: self.index, begin: self.result.count)
        var width = 1
        switch byte {
        case UInt8(ascii: "_"):
            open.type = self.byte(1) == byte ? "underline" : "italic"
            width = open.type == "underline" ? 2 : 1
        case UInt8(ascii: "*"): open.type = "bold"
        case UInt8(ascii: "~"): open.type = "strikethrough"
        case UInt8(ascii: "["): open.type = "text_link"
        case UInt8(ascii: "|") where self.byte(1) == byte:
            open.type = "spoiler"
            width = 2
        case UInt8(ascii: "!") where self.byte(1) == UInt8(ascii: "["):
            open.type = "custom_emoji"
            width = 2
        case UInt8(ascii: "`"):
            open.type = self.byte(1) == byte && self.byte(2) == byte ? "pre" : "code"
            width = open.type == "pre" ? 3 : 1
        default:
            throw TelegramMarkupError(
                message:
                    "Character '\(Character(Unicode.Scalar(byte)))' is reserved and must be escaped with the preceding '\\'"
            )
        }
        self.index += width
        if open.type == "pre" { open.language = self.language() }
        self.open.append(open)
    }

    /// The language after three backticks, and the line break after it.
    private mutating func language() -> String? {
        var end = self.index
        while end < self.text.count, ![32, 9, 10, 13, UInt8(ascii: "`")].contains(self.text[end]) { end += 1 }
        var language: String?
        if end > self.index, end < self.text.count, self.text[end] != UInt8(ascii: "`") {
            language = String(decoding: self.text[self.index..<end], as: UTF8.self)
            self.index = end
        }
        if self.byte() == 13, self.byte(1) == 10 {
            self.index += 2
        } else if self.byte() == 10 || self.byte() == 13 {
            self.index += 1
        }
        return language
    }

    private mutating func end() throws(TelegramMarkupError) {
        guard let open = self.open.popLast() else { return }
        self.index += ["underline": 2, "spoiler": 2, "pre": 3][open.type] ?? 1
        let length = self.units - open.offset
        var entity: TelegramEntity? = TelegramEntity(open.type, open.offset, length, language: open.language)
        if open.type == "text_link" || open.type == "custom_emoji" {
            var url = String(decoding: self.result[open.begin...], as: UTF8.self)
            if self.byte() == UInt8(ascii: "(") { url = try self.url() }
            entity =
                open.type == "text_link" ? TelegramLink.entity(url, open.offset, length) : Self.emoji(url, entity)
        }
        if length > 0, let entity { self.entities.append(entity) }
    }

    private static func emoji(_ url: String, _ entity: TelegramEntity?) -> TelegramEntity? {
        guard url.hasPrefix("tg://emoji?id="), var entity else { return nil }
        entity.customEmoji = String(url.dropFirst("tg://emoji?id=".count))
        return entity
    }

    private mutating func url() throws(TelegramMarkupError) -> String {
        self.index += 1
        let begin = self.index
        var url: [UInt8] = []
        while self.index < self.text.count, self.byte() != UInt8(ascii: ")") {
            if self.byte() == UInt8(ascii: "\\"), (1...126).contains(self.byte(1)) { self.index += 1 }
            url.append(self.byte())
            self.index += 1
        }
        guard self.byte() == UInt8(ascii: ")") else {
            throw TelegramMarkupError(message: "Can't find end of a URL at byte offset \(begin)")
        }
        self.index += 1
        return String(decoding: url, as: UTF8.self)
    }
}
