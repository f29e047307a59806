/// Finds the end of the finished top-level blocks in a growing Markdown text, so that a streamed answer can be posted
/// in whole paragraphs.
///
/// A block is finished when later text can no longer belong to it: a paragraph, quote or table at its blank line, a
/// fence at its closing line, a list or indented code at the first line outside it. A heading stays with the block
/// below it. The end never moves back, and each byte is read once.
package struct MarkdownBlocks: Sendable {
    private enum State: Equatable {
        case between
        /// Text that ends at a blank line or before another block: paragraph, quote, table.
        case text
        case heading
        case indentedCode
        case fence(MarkdownLine.Fence)
        case list(MarkdownLine.Marker, fence: MarkdownLine.Fence?, isAfterBlank: Bool)
        /// Raw HTML that ends at an end marker, or at a blank line if there is none.
        case html(end: String?)
    }

    /// The end of the finished blocks, in bytes.
    package private(set) var stableEnd = 0

    private var state = State.between
    private var line: [UInt8] = []
    private var lineStart = 0

    package init() {}

    /// The end of the finished blocks in `text`, in bytes.
    package static func stableEnd(of text: [UInt8]) -> Int {
        var blocks = MarkdownBlocks()
        blocks.append(text)
        return blocks.stableEnd
    }

    /// Appends the next piece of the text, of any size.
    package mutating func append(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            self.line.append(byte)
            guard byte == UInt8(ascii: "\n") else { continue }
            let next = self.lineStart + self.line.count
            self.take(MarkdownLine(self.line[...]), next: next)
            self.lineStart = next
            self.line.removeAll(keepingCapacity: true)
        }
    }

    private mutating func take(_ line: MarkdownLine, next: Int) {
        switch self.state {
        case .fence(let fence):
            if line.closes(fence) { self.finish(at: next) }
        case .html(let end):
            if end.map({ line.contains($0) }) ?? line.isBlank { self.finish(at: next) }
        case .list(let marker, let fence, let isAfterBlank):
            self.takeInList(line, marker, fence, isAfterBlank, next: next)
        case .indentedCode:
            if line.isBlank || line.indent >= 4 { return }
            self.finish(at: self.lineStart)
            self.begin(line, next: next)
        case .text:
            if line.isBlank {
                self.finish(at: next)
            } else if line.indent < 4, line.isUnderline {
                self.state = .heading
            } else if line.indent < 4, line.interruptsText {
                self.finish(at: self.lineStart)
                self.begin(line, next: next)
            }
        case .between, .heading:
            self.begin(line, next: next)
        }
    }

    /// Starts the block that a line opens when no block is open.
    private mutating func begin(_ line: MarkdownLine, next: Int) {
        if line.isBlank {
            if self.state == .between { self.stableEnd = next }
        } else if line.indent >= 4 {
            self.state = .indentedCode
        } else if let fence = line.fence {
            self.state = .fence(fence)
        } else if line.headingLevel != nil {
            self.state = .heading
        } else if line.isThematicBreak {
            self.finish(at: next)
        } else if let marker = line.marker {
            self.state = .list(marker, fence: line.fenceInItem, isAfterBlank: false)
        } else if let end = line.htmlEnd {
            if line.contains(end) { self.finish(at: next) } else { self.state = .html(end: end) }
        } else if line.beginsHTMLBlock || line.isLoneTag {
            self.state = .html(end: nil)
        } else {
            self.state = .text
        }
    }

    private mutating func takeInList(
        _ line: MarkdownLine, _ marker: MarkdownLine.Marker, _ fence: MarkdownLine.Fence?, _ isAfterBlank: Bool,
        next: Int
    ) {
        if line.isBlank {
            self.state = .list(marker, fence: fence, isAfterBlank: fence == nil)
            return
        }
        if line.indent >= marker.contentIndent {
            // A fence inside an item: its blank lines and markers are code.
            let inner: MarkdownLine.Fence? =
                if let fence { line.closes(fence) ? nil : fence } else { line.fence ?? line.fenceInItem }
            self.state = .list(marker, fence: inner, isAfterBlank: false)
            return
        }
        let mayBegin = line.indent < 4
        if mayBegin, !line.isThematicBreak, let other = line.marker {
            if !other.continues(marker) { self.finish(at: self.lineStart) }
            self.state = .list(other, fence: line.fenceInItem, isAfterBlank: false)
            return
        }
        // A line of text directly below an item's text still belongs to it.
        let isLazy = !isAfterBlank && fence == nil && !(mayBegin && (line.interruptsText || line.isLoneTag))
        if isLazy { return }
        self.finish(at: self.lineStart)
        self.begin(line, next: next)
    }

    private mutating func finish(at end: Int) {
        self.stableEnd = max(self.stableEnd, end)
        self.state = .between
    }
}
