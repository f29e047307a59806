/// Reads markup into text and entities for ``TelegramMarkup``.
struct TelegramMarkupReader {
    private struct Open {
        let tag: String
        var start: Int
        var url: String?
        var language: String?
    }

    private let input: [UInt8]
    private var index = 0
    private(set) var output: [UInt8] = []
    /// Length of ``output`` in UTF-16 code units.
    private var units = 0
    private var open: [Open] = []
    private(set) var entities: [TelegramEntity] = []

    private static let types = [
        "b": "bold", "i": "italic", "s": "strikethrough", "code": "code", "pre": "pre", "blockquote": "blockquote",
        "a": "text_link",
    ]
    private static let escapes: [(name: [UInt8], byte: UInt8)] = [
        (Array("&lt;".utf8), 0x3C), (Array("&gt;".utf8), 0x3E), (Array("&amp;".utf8), 0x26),
        (Array("&quot;".utf8), 0x22),
    ]
    /// Exceeds every tag that ``TelegramFormattingWriter`` writes.
    private static let tagLimit = 8_192

    init(_ input: [UInt8]) {
        self.input = input
        self.output.reserveCapacity(input.count)
    }

    mutating func read() {
        while self.index < self.input.count {
            switch self.input[self.index] {
            case UInt8(ascii: "<"): self.readTag()
            case UInt8(ascii: "&"): self.readEscape()
            case let byte:
                self.put(byte)
                self.index += 1
            }
        }
        while let last = self.open.last { self.close(last.tag) }
    }

    private mutating func put(_ byte: UInt8) {
        self.output.append(byte)
        if byte & 0xC0 != 0x80 { self.units += byte >= 0xF0 ? 2 : 1 }
    }

    private func isNext(_ text: String, at index: Int) -> Bool {
        self.input[min(index, self.input.count)...].starts(with: text.utf8)
    }

    // MARK: Escapes

    private mutating func readEscape() {
        for escape in Self.escapes where self.input[self.index...].starts(with: escape.name) {
            self.put(escape.byte)
            self.index += escape.name.count
            return
        }
        self.put(UInt8(ascii: "&"))
        self.index += 1
    }

    // MARK: Tags

    private mutating func readTag() {
        let end = self.input[self.index...].prefix(Self.tagLimit).firstIndex(of: UInt8(ascii: ">"))
        guard let end else {
            self.put(UInt8(ascii: "<"))
            self.index += 1
            return
        }
        let start = self.index
        self.index = end + 1
        if self.take(String(decoding: self.input[(start + 1)..<end], as: UTF8.self)) { return }
        for byte in self.input[start...end] { self.put(byte) }
    }

    /// Handles the content between `<` and `>`; false if it is not a known tag.
    private mutating func take(_ content: String) -> Bool {
        if content.hasPrefix("/") {
            let name = String(content.dropFirst())
            guard Self.types[name] != nil else { return false }
            self.leave(name)
            return true
        }
        let name = String(content.prefix { $0 != " " })
        guard Self.types[name] != nil else { return false }
        self.enter(name, value: Self.attribute(content))
        return true
    }

    /// The quoted part of a tag's content, unescaped.
    private static func attribute(_ content: String) -> String? {
        guard let first = content.utf8.firstIndex(of: 0x22), let last = content.utf8.lastIndex(of: 0x22), first < last
        else { return nil }
        var value = TelegramMarkupReader(Array(content.utf8[content.utf8.index(after: first)..<last]))
        value.read()
        return String(decoding: value.output, as: UTF8.self)
    }

    private func isOpen(_ tag: String) -> Bool { self.open.contains { $0.tag == tag } }

    private mutating func enter(_ tag: String, value: String?) {
        if tag == "code", self.isOpen("pre") {
            // `<pre><code class="language-swift">`: the inner tag only names the language.
            if let index = self.open.lastIndex(where: { $0.tag == "pre" }), let value, value.hasPrefix("language-") {
                self.open[index].language = String(value.dropFirst(9))
            }
            self.open.append(Open(tag: "code", start: -1))
            self.skipLineFeed()
            return
        }
        // Telegram nests code only in quotes, and nothing in code. Code in a link's label is dropped in favour of the
        // link.
        if tag == "code" || tag == "pre" { self.interrupt() }
        let isDropped = tag == "code" && self.isOpen("a")
        self.open.append(Open(tag: tag, start: isDropped ? -1 : self.units, url: tag == "a" ? value : nil))
        if tag == "pre" || tag == "blockquote", !self.isNext("<", at: self.index) { self.skipLineFeed() }
    }

    private mutating func leave(_ tag: String) {
        guard self.isOpen(tag) else { return }
        if tag == "blockquote", self.isNext("\n<blockquote>", at: self.index) {
            // The same quote continues after code inside it.
            while let last = self.open.last, last.tag != tag { self.close(last.tag) }
            self.dropLineFeed(after: self.open.last?.start ?? 0)
            self.put(0x0A)
            self.index += "\n<blockquote>".utf8.count
            self.skipLineFeed()
            return
        }
        while let last = self.open.last, last.tag != tag { self.close(last.tag) }
        self.close(tag)
    }

    private mutating func close(_ tag: String) {
        guard let last = self.open.popLast() else { return }
        let isBlock = tag == "pre" || tag == "blockquote" || (tag == "code" && self.isOpen("pre"))
        if isBlock { self.dropLineFeed(after: max(last.start, self.open.last?.start ?? 0)) }
        self.emit(last, upTo: self.units)
        if tag == "code" || tag == "pre" {
            for index in self.open.indices where Self.isStyle(self.open[index].tag) {
                self.open[index].start = self.units
            }
        }
    }

    private mutating func emit(_ open: Open, upTo end: Int) {
        guard open.start >= 0, end > open.start, let type = Self.types[open.tag] else { return }
        if open.tag == "a", open.url == nil { return }
        self.entities.append(
            TelegramEntity(
                type: type, offset: open.start, length: end - open.start, url: open.url, language: open.language))
    }

    /// Ends the open styles, which resume after the code.
    private mutating func interrupt() {
        guard !self.isOpen("a") else { return }
        for item in self.open where Self.isStyle(item.tag) { self.emit(item, upTo: self.units) }
    }

    private static func isStyle(_ tag: String) -> Bool { tag == "b" || tag == "i" || tag == "s" }

    private mutating func skipLineFeed() {
        if self.isNext("\n", at: self.index) { self.index += 1 }
    }

    private mutating func dropLineFeed(after start: Int) {
        guard self.output.last == 0x0A, self.units > start else { return }
        self.output.removeLast()
        self.units -= 1
    }
}
