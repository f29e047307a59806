package import Markdown

/// The start of a list item: `- `, `* `, `+ `, `1. `, `1) `, with or without a checkbox.
package struct ListItem: Hashable {
    /// Columns before the marker; a tab goes to the next multiple of four.
    let indent: Int
    let isOrdered: Bool
    package let box: MarkdownBox?
    /// What follows the marker and the box.
    package let content: ArraySlice<UInt8>

    package init?(_ line: ArraySlice<UInt8>) {
        let line = MarkdownLine(line)
        guard let bullet = line.bullet else { return nil }
        let isOrdered = bullet.count > 1
        let rest = line.text[bullet.endIndex...]
        let isTight = rest.first.map { !$0.isSpace } ?? false
        let content = rest.trimmed
        let box = MarkdownBox(content, isTight: isTight)
        // `-[ ]` is a box for its author, and none for Markdown.
        guard !isTight || (!isOrdered && box != nil) else { return nil }
        self.indent = line.indent
        self.isOrdered = isOrdered
        self.box = box
        self.content = box?.content ?? content
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
