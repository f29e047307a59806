/// The start of a list item: `- `, `* `, `+ `, `1. `, `1) `, with or without a checkbox.
struct ListItem: Hashable {
    /// `[ ]`, `[x]`, or what seems to be meant as one.
    struct Box: Hashable {
        /// The bytes between the brackets.
        let inner: Range<Int>
        let isTicked: Bool
        let isWellFormed: Bool
    }

    /// Columns before the marker; a tab goes to the next multiple of four.
    let indent: Int
    let isOrdered: Bool
    let box: Box?
    /// What follows the marker and the box.
    let content: ArraySlice<UInt8>

    init?(_ line: ArraySlice<UInt8>) {
        var indent = 0
        var rest = line
        while let byte = rest.first, byte.isSpace {
            indent = byte == 0x09 ? (indent / 4 + 1) * 4 : indent + 1
            rest = rest.dropFirst()
        }
        guard let marker = rest.first else { return nil }
        if marker == UInt8(ascii: "-") || marker == UInt8(ascii: "*") || marker == UInt8(ascii: "+") {
            self.isOrdered = false
            rest = rest.dropFirst()
        } else if let number = rest.leadingNumber(), let end = number.rest.first,
            end == UInt8(ascii: ".") || end == UInt8(ascii: ")")
        {
            self.isOrdered = true
            rest = number.rest.dropFirst()
        } else {
            return nil
        }
        let isTight = rest.first.map { !$0.isSpace } ?? false
        // `-[ ]` is a box for its author, and none for Markdown.
        guard !isTight || (!self.isOrdered && rest.first == UInt8(ascii: "[")) else { return nil }
        self.indent = indent
        let content = rest.trimmed
        let box = Self.box(in: content, isTight: isTight)
        guard !isTight || box != nil else { return nil }
        self.box = box
        self.content = box.map { content[($0.inner.upperBound + 1)...].trimmed } ?? content
    }

    private static func box(in content: ArraySlice<UInt8>, isTight: Bool) -> Box? {
        guard content.first == UInt8(ascii: "["), let end = content.prefix(6).firstIndex(of: UInt8(ascii: "]")) else {
            return nil
        }
        let inner = content[(content.startIndex + 1)..<end]
        let rest = content[(end + 1)...]
        let marks = inner.trimmed
        let isTick = marks.elementsEqual("x".utf8) || marks.elementsEqual("X".utf8)
        let isOther = ["✓", "✔", "✗", "✘", "~", "-", "*", "v", "V", "o"].contains(marks.text)
        guard marks.isEmpty || isTick || isOther else { return nil }
        // A link, or a reference.
        if let next = rest.first, [UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: ":")].contains(next) {
            return nil
        }
        let isExact = inner.count == 1 && (inner.first == 0x20 || isTick)
        let isApart = rest.first.map { $0.isSpace } ?? false
        return Box(
            inner: inner.startIndex..<inner.endIndex, isTicked: isTick, isWellFormed: isExact && isApart && !isTight)
    }
}
