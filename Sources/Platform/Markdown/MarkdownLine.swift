/// One line of Markdown, read without its context: CommonMark 0.29 §4 and §5. Whoever knows the list that it is in decides
/// what its indentation means: four columns more than the list's make it code.
package struct MarkdownLine {
    /// An opening fence.
    package struct Fence: Equatable, Sendable {
        let character: UInt8
        let length: Int
    }

    /// A list item's marker.
    package struct Marker: Equatable, Sendable {
        /// `-`, `+`, `*`, or the sign after a number.
        package let sign: UInt8
        let isNumbered: Bool
        /// Columns up to the item's text.
        let contentIndent: Int
        package let isEmpty: Bool
        let number: Int

        func continues(_ other: Marker) -> Bool {
            self.sign == other.sign && self.isNumbered == other.isNumbered
        }
    }

    /// The column at which the text begins; a tab advances to the next multiple of four.
    package let indent: Int
    /// Without white space at both ends. Its indices are those of the line.
    package let text: ArraySlice<UInt8>

    /// - Parameters:
    ///   - line: May end with its line feed.
    ///   - column: Where it begins: more than 0 for the content of a list item.
    package init(_ line: ArraySlice<UInt8>, column: Int = 0) {
        var indent = column
        var start = line.startIndex
        scan: while start < line.endIndex {
            switch line[start] {
            case UInt8(ascii: " "): indent += 1
            case UInt8(ascii: "\t"): indent += 4 - indent % 4
            default: break scan
            }
            start += 1
        }
        var end = line.endIndex
        while end > start, Self.isSpace(line[end - 1]) { end -= 1 }
        self.indent = indent
        self.text = line[start..<end]
    }

    package var isBlank: Bool { self.text.isEmpty }

    /// 1 to 6 for a heading.
    package var headingLevel: Int? {
        let level = self.text.prefix { $0 == UInt8(ascii: "#") }.count
        guard 1...6 ~= level, self.text.dropFirst(level).first.map(Self.isSpace) ?? true else { return nil }
        return level
    }

    /// A heading's text without the number signs around it.
    package var title: ArraySlice<UInt8> {
        let title = MarkdownLine(self.text.drop { $0 == UInt8(ascii: "#") }).text
        let rest = title.dropLast(title.reversed().prefix { $0 == UInt8(ascii: "#") }.count)
        return rest.last.map(Self.isSpace) ?? true ? MarkdownLine(rest).text : title
    }

    /// A line of `=` or `-` that makes the paragraph above it a heading.
    var isUnderline: Bool {
        guard let first = self.text.first else { return false }
        return (first == UInt8(ascii: "=") || first == UInt8(ascii: "-")) && self.text.allSatisfy { $0 == first }
    }

    package var isThematicBreak: Bool {
        guard let first = self.text.first, "-*_".utf8.contains(first) else { return false }
        return self.text.allSatisfy { $0 == first || Self.isSpace($0) } && self.text.count { $0 == first } >= 3
    }

    /// The fence that the line opens.
    package var fence: Fence? {
        guard let first = self.text.first, first == UInt8(ascii: "`") || first == UInt8(ascii: "~") else { return nil }
        let length = self.text.prefix { $0 == first }.count
        guard length >= 3 else { return nil }
        // Otherwise it is inline code.
        if first == UInt8(ascii: "`"), self.text.dropFirst(length).contains(first) { return nil }
        return Fence(character: first, length: length)
    }

    package func closes(_ fence: Fence) -> Bool {
        self.text.count >= fence.length && self.text.allSatisfy { $0 == fence.character }
    }

    /// The bullet, or the number with its sign, that the text begins with, whatever follows.
    package var bullet: ArraySlice<UInt8>? {
        let digits = self.text.prefix(10).prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard digits.count <= 9, let sign = self.text.dropFirst(digits.count).first,
            (digits.isEmpty ? "-+*" : ".)").utf8.contains(sign)
        else { return nil }
        return self.text.prefix(digits.count + 1)
    }

    package var marker: Marker? {
        guard let bullet = self.bullet, let sign = bullet.last else { return nil }
        let rest = self.text[bullet.endIndex...]
        guard rest.first.map(Self.isSpace) ?? true else { return nil }
        let spaces = rest.prefix { $0 == UInt8(ascii: " ") }.count
        // Five or more spaces count as one, followed by indented code.
        let gap = rest.isEmpty || spaces > 4 ? 1 : max(spaces, 1)
        return Marker(
            sign: sign, isNumbered: bullet.count > 1,
            contentIndent: self.indent + bullet.count + gap, isEmpty: rest.isEmpty,
            number: bullet.dropLast().reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
    }

    /// The fence that an item's first line opens: "- ```swift".
    var fenceInItem: Fence? {
        guard self.indent < 4, let marker = self.marker else { return nil }
        return MarkdownLine(self.text.dropFirst(marker.contentIndent - self.indent)).fence
    }

    /// Whether the line ends a paragraph without a blank line.
    package var interruptsText: Bool {
        if self.fence != nil || self.headingLevel != nil || self.isThematicBreak { return true }
        guard let marker = self.marker, !marker.isEmpty else { return self.htmlEnd != nil || self.beginsHTMLBlock }
        return !marker.isNumbered || marker.number == 1
    }

    /// The end marker of a raw HTML block that may contain blank lines; nil for kinds that end at a blank line.
    package var htmlEnd: String? {
        guard self.text.first == UInt8(ascii: "<") else { return nil }
        for (start, end) in [("<!--", "-->"), ("<?", "?>"), ("<![cdata[", "]]>")] where self.begins(start) {
            return end
        }
        for tag in ["script", "pre", "style", "textarea"] where self.begins("<" + tag) {
            let next = self.text.dropFirst(tag.utf8.count + 1).first
            if next == nil || next == UInt8(ascii: ">") || next == UInt8(ascii: " ") { return "</\(tag)>" }
        }
        return nil
    }

    /// Whether the line starts with a block-level tag: raw HTML up to the next blank line, even within a paragraph.
    var beginsHTMLBlock: Bool {
        guard self.text.first == UInt8(ascii: "<") else { return false }
        var rest = self.text.dropFirst()
        if rest.first == UInt8(ascii: "/") { rest = rest.dropFirst() }
        let name = rest.prefix { Self.isLetter($0) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard let next = rest.dropFirst(name.count).first else { return Self.isBlockTag(name) }
        return (Self.isSpace(next) || next == UInt8(ascii: ">") || next == UInt8(ascii: "/")) && Self.isBlockTag(name)
    }

    /// Whether the line is a single tag of any name: also raw HTML, but not within a paragraph.
    var isLoneTag: Bool {
        guard self.text.first == UInt8(ascii: "<"), self.text.last == UInt8(ascii: ">") else { return false }
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
    package func contains(_ text: String) -> Bool {
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

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || 9...13 ~= byte
    }
}
