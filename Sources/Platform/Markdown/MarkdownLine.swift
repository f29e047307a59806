/// Classifies one line of Markdown independently of its context. CommonMark 0.29 §4 and §5.
struct MarkdownLine {
    /// An opening fence.
    struct Fence: Equatable, Sendable {
        let character: UInt8
        let length: Int
    }

    /// A list item's marker.
    struct Marker: Equatable, Sendable {
        /// `-`, `+`, `*`, or the sign after a number.
        let sign: UInt8
        let isNumbered: Bool
        /// Columns up to the item's text.
        let contentIndent: Int
        let isEmpty: Bool
        let number: Int

        func continues(_ other: Marker) -> Bool {
            self.sign == other.sign && self.isNumbered == other.isNumbered
        }
    }

    /// Columns of white space before the text; a tab advances to the next multiple of four.
    let indent: Int
    private let text: ArraySlice<UInt8>

    /// `line` may end with its line feed.
    init(_ line: [UInt8]) {
        var indent = 0
        var start = 0
        scan: while start < line.count {
            switch line[start] {
            case UInt8(ascii: " "): indent += 1
            case UInt8(ascii: "\t"): indent += 4 - indent % 4
            default: break scan
            }
            start += 1
        }
        var end = line.count
        while end > start, Self.isSpace(line[end - 1]) { end -= 1 }
        self.indent = indent
        self.text = line[start..<end]
    }

    private init(indent: Int, text: ArraySlice<UInt8>) {
        self.indent = indent
        self.text = text
    }

    var isBlank: Bool { self.text.isEmpty }

    var isHeading: Bool {
        let level = self.text.prefix { $0 == UInt8(ascii: "#") }.count
        guard self.indent < 4, 1...6 ~= level else { return false }
        return self.text.count == level || Self.isSpace(self.text[self.text.startIndex + level])
    }

    /// A line of `=` or `-` that makes the paragraph above it a heading.
    var isUnderline: Bool {
        guard self.indent < 4, let first = self.text.first else { return false }
        return (first == UInt8(ascii: "=") || first == UInt8(ascii: "-")) && self.text.allSatisfy { $0 == first }
    }

    var isThematicBreak: Bool {
        guard self.indent < 4, let first = self.text.first,
            first == UInt8(ascii: "-") || first == UInt8(ascii: "*") || first == UInt8(ascii: "_")
        else { return false }
        let marks = self.text.count { $0 == first }
        return marks >= 3 && self.text.allSatisfy { $0 == first || Self.isSpace($0) }
    }

    /// The fence that the line opens, at any indent.
    var fence: Fence? {
        guard let first = self.text.first, first == UInt8(ascii: "`") || first == UInt8(ascii: "~") else { return nil }
        let length = self.text.prefix { $0 == first }.count
        guard length >= 3 else { return nil }
        // Otherwise it is inline code.
        if first == UInt8(ascii: "`"), self.text.dropFirst(length).contains(first) { return nil }
        return Fence(character: first, length: length)
    }

    func closes(_ fence: Fence) -> Bool {
        self.text.count >= fence.length && self.text.allSatisfy { $0 == fence.character }
    }

    var marker: Marker? {
        guard self.indent < 4 else { return nil }
        let digits = self.text.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard digits.count <= 9, let sign = self.text.dropFirst(digits.count).first else { return nil }
        let isNumbered = !digits.isEmpty
        let signs: [UInt8] =
            isNumbered
            ? [UInt8(ascii: "."), UInt8(ascii: ")")] : [UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "*")]
        guard signs.contains(sign) else { return nil }
        let rest = self.text.dropFirst(digits.count + 1)
        guard rest.isEmpty || Self.isSpace(rest[rest.startIndex]) else { return nil }
        let spaces = rest.prefix { $0 == UInt8(ascii: " ") }.count
        // Five or more spaces count as one, followed by indented code.
        let gap = rest.isEmpty || spaces > 4 ? 1 : max(spaces, 1)
        return Marker(
            sign: sign, isNumbered: isNumbered, contentIndent: self.indent + digits.count + 1 + gap,
            isEmpty: rest.isEmpty, number: digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
    }

    /// The fence that an item's first line opens: "- ```swift".
    var fenceInItem: Fence? {
        guard let marker = self.marker else { return nil }
        let skipped = marker.contentIndent - self.indent
        return MarkdownLine(indent: 0, text: self.text.dropFirst(skipped)).fence
    }

    /// Whether the line ends a paragraph without a blank line.
    var interruptsText: Bool {
        guard self.indent < 4 else { return false }
        if self.fence != nil || self.isHeading || self.isThematicBreak { return true }
        guard let marker = self.marker, !marker.isEmpty else { return self.htmlEnd != nil || self.beginsHTMLBlock }
        return !marker.isNumbered || marker.number == 1
    }

    /// The end marker of a raw HTML block that may contain blank lines; nil for kinds that end at a blank line.
    var htmlEnd: String? {
        guard self.indent < 4, self.text.first == UInt8(ascii: "<") else { return nil }
        for (start, end) in [("<!--", "-->"), ("<?", "?>"), ("<![cdata[", "]]>")] where self.begins(start) {
            return end
        }
        for tag in ["script", "pre", "style"] where self.begins("<" + tag) {
            let next = self.text.dropFirst(tag.utf8.count + 1).first
            if next == nil || next == UInt8(ascii: ">") || next == UInt8(ascii: " ") { return "</\(tag)>" }
        }
        return nil
    }

    /// Whether the line starts with a block-level tag: raw HTML up to the next blank line, even within a paragraph.
    var beginsHTMLBlock: Bool {
        guard self.indent < 4, self.text.first == UInt8(ascii: "<") else { return false }
        var rest = self.text.dropFirst()
        if rest.first == UInt8(ascii: "/") { rest = rest.dropFirst() }
        let name = rest.prefix { Self.isLetter($0) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard let next = rest.dropFirst(name.count).first else { return Self.isBlockTag(name) }
        return (Self.isSpace(next) || next == UInt8(ascii: ">") || next == UInt8(ascii: "/")) && Self.isBlockTag(name)
    }

    /// Whether the line is a single tag of any name: also raw HTML, but not within a paragraph.
    var isLoneTag: Bool {
        guard self.indent < 4, self.text.first == UInt8(ascii: "<"), self.text.last == UInt8(ascii: ">") else {
            return false
        }
        let inside = self.text.dropFirst().dropLast()
        let name = inside.first == UInt8(ascii: "/") ? inside.dropFirst() : inside
        return name.first.map(Self.isLetter) == true
            && !inside.contains { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">") }
            && !name.prefix { !Self.isSpace($0) && $0 != UInt8(ascii: "=") }.contains(UInt8(ascii: ":"))
    }

    private static func isBlockTag(_ name: ArraySlice<UInt8>) -> Bool {
        Self.blockTags.contains(String(decoding: name.map(Self.lower), as: UTF8.self))
    }

    /// CommonMark 0.29 §4.6, start condition 6.
    private static let blockTags = Set(
        """
        address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt \
        fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link \
        main menu menuitem nav noframes ol optgroup option p param section source summary table tbody td tfoot th thead \
        title tr track ul
        """.split(separator: " ").map(String.init))

    private static func isLetter(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= Self.lower(byte)
    }

    /// Whether the line contains `text` (lower case), ignoring case.
    func contains(_ text: String) -> Bool {
        let pattern = Array(text.utf8)
        var rest = self.text
        while rest.count >= pattern.count {
            if zip(rest, pattern).allSatisfy({ Self.lower($0) == $1 }) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    private func begins(_ text: String) -> Bool {
        self.text.count >= text.utf8.count && zip(self.text, text.utf8).allSatisfy { Self.lower($0) == $1 }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || 9...13 ~= byte
    }
}
