/// The start of a list item: `- `, `* `, `+ `, `1. `, `1) `, with or without a checkbox.
package struct ListItem: Hashable {
    /// `[ ]`, `[x]`, or what seems to be meant as one.
    package struct Box: Hashable {
        /// The bytes between the brackets.
        package let inner: Range<Int>
        package let isTicked: Bool
        let isWellFormed: Bool
    }

    /// Columns before the marker; a tab goes to the next multiple of four.
    let indent: Int
    let isOrdered: Bool
    package let box: Box?
    /// What follows the marker and the box.
    package let content: ArraySlice<UInt8>

    package init?(_ line: ArraySlice<UInt8>) {
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

/// A list item with its further lines.
struct ItemBlock {
    let item: ListItem
    /// The first line; lines count from 0.
    let line: Int
    /// The line after the last.
    var end: Int

    /// The item's text on one line, without comments.
    func text(in document: MarkdownDocument) -> String {
        let more = ((self.line + 1)..<self.end).map { document.visible($0).trimmed.text }.filter { !$0.isEmpty }
        return ([self.item.content.text] + more).joined(separator: " ")
    }
}

extension MarkdownDocument {
    /// The outermost list items in a range of lines, each with what is indented below it.
    func items(in range: Range<Int>) -> [ItemBlock] {
        var blocks: [ItemBlock] = []
        var isOpen = false
        var afterBlank = false
        for line in range {
            switch self.lines[line].kind {
            case .heading: isOpen = false
            case .blank: afterBlank = true
            case .comment, .frontMatter: break
            case .fence, .code:
                if isOpen { blocks[blocks.count - 1].end = line + 1 }
            case .text:
                defer { afterBlank = false }
                let text = self.visible(line)
                if let item = ListItem(text), !isOpen || item.indent <= (blocks.last?.item.indent ?? 0) {
                    blocks.append(ItemBlock(item: item, line: line, end: line + 1))
                    isOpen = true
                } else if isOpen {
                    let isIndented = text.first?.isSpace ?? false
                    if afterBlank && !isIndented { isOpen = false } else { blocks[blocks.count - 1].end = line + 1 }
                }
            }
        }
        return blocks
    }
}
