internal import Chat
internal import Kit
internal import Markdown
internal import Primitives

/// Writes HTML while the Markdown tree is walked, one line per top-level block.
struct MatrixFormattingWriter {
    /// How a list, quotation or table was written.
    private enum Container {
        /// As a frame around lines.
        case frame
        /// Within a line.
        case inner
        /// Not at all: nested too deeply.
        case none
    }

    private struct OpenLink {
        /// Where its tag begins, if it is written.
        var start: Int?
        /// Its text, without markup.
        var label: [UInt8] = []
    }

    private var bytes: [UInt8] = []
    private var lines: [RenderedText.Line] = []
    private var frames: [RenderedText.Frame] = []
    private var frame: Int?
    private var lineStart: Int?
    /// Open blocks in the current line.
    private var depth = 0
    private var containers: [Container] = []
    private var numbers: [Int?] = []
    private var links: [OpenLink] = []
    /// One of them is written.
    private var isInLink = false
    /// The start of a framed table's head, while it is being written.
    private var tableHead: Int?
    private var rowsInTable = 0
    private var isInHead = false

    /// The specification allows 100 nested elements; one level here has up to three.
    private static let depthLimit = 24

    init(capacity: Int) {
        self.bytes.reserveCapacity(capacity)
    }

    consuming func finish() -> RenderedText {
        RenderedText(bytes: self.bytes, lines: self.lines, frames: self.frames)
    }

    // MARK: Lines

    private mutating func write(_ text: String) { self.bytes += Array(text.utf8) }

    private mutating func openBlock() {
        if self.depth == 0 { self.beginLine() }
        self.depth += 1
    }

    private mutating func closeBlock() {
        self.depth -= 1
        if self.depth == 0 { self.endLine(startsBlock: true) }
    }

    private mutating func beginLine() {
        if !self.lines.isEmpty { self.bytes.append(0x0A) }
        self.lineStart = self.bytes.count
    }

    private mutating func endLine(startsBlock: Bool) {
        guard let start = self.lineStart else { return }
        self.lines.append(.init(range: start..<self.bytes.count, frame: self.frame, startsBlock: startsBlock))
        self.lineStart = nil
    }

    /// Adjacent frames have to differ, or they would merge; a space in the tag makes every second one distinct.
    private mutating func openFrame(_ open: [UInt8], _ close: [UInt8]) {
        var open = open
        if self.frames.count % 2 == 1, let end = open.firstIndex(of: UInt8(ascii: ">")) {
            open.insert(UInt8(ascii: " "), at: end)
        }
        self.frame = self.frames.count
        self.frames.append(.init(open: open, close: close))
    }

    private var isAtTop: Bool { self.depth == 0 && self.frame == nil }

    // MARK: Containers

    private mutating func open(_ tag: MatrixTag) { self.open(tag.opening, tag.closing, limit: Self.depthLimit) }

    private mutating func open(_ opening: [UInt8], _ closing: [UInt8], limit: Int = .max) {
        if self.isAtTop {
            self.openFrame(opening, closing)
            self.containers.append(.frame)
        } else if self.containers.count < limit {
            self.openBlock()
            self.bytes += opening
            self.containers.append(.inner)
        } else {
            self.openBlock()
            self.containers.append(.none)
        }
    }

    private mutating func close(_ closing: [UInt8]) {
        switch self.containers.popLast() {
        case .frame: self.frame = nil
        case .inner:
            self.bytes += closing
            self.closeBlock()
        case .some(.none), nil: self.closeBlock()
        }
    }

    private mutating func enterItem(_ task: MarkdownTask?) {
        self.openBlock()
        if case .some(.none) = self.containers.last {
            self.write("<br>• ")
        } else if let list = self.numbers.indices.last, let number = self.numbers[list] {
            self.write("<li value=\"\(number)\">")
            self.numbers[list] = number == Int.max ? number : number + 1
        } else {
            self.write("<li>")
        }
        switch task {
        case .open: self.write("☐ ")
        case .done: self.write("☑ ")
        case nil: break
        }
    }

    private mutating func leaveItem() {
        if case .some(.none) = self.containers.last {} else { self.write("</li>") }
        self.closeBlock()
    }

    // MARK: Code

    private static func codeTag(_ info: Span<UInt8>) -> [UInt8] {
        let language = fenceLanguage(info, limit: 40)
        if language.isEmpty { return Array("<pre><code>".utf8) }
        return Array("<pre><code class=\"language-".utf8) + language + Array("\">".utf8)
    }

    private mutating func openCode(_ info: Span<UInt8>) {
        self.open(Self.codeTag(info), Self.codeEnd)
    }

    private static let codeEnd = Array("</code></pre>".utf8)

    private mutating func code(_ text: Span<UInt8>) {
        // A final line feed does not start another line.
        var end = text.count
        if end > 0, text[end - 1] == 0x0A { end -= 1 }
        guard case .frame = self.containers.last else {
            return MatrixEscape.append(text.extracting(0..<end), to: &self.bytes, .code)
        }
        var start = 0
        for index in 0...end where index == end || text[index] == 0x0A {
            self.beginLine()
            MatrixEscape.append(text.extracting(start..<index), to: &self.bytes, .code)
            self.endLine(startsBlock: start == 0)
            start = index + 1
        }
    }

    // MARK: Tables

    private mutating func openTable() {
        self.rowsInTable = 0
        if self.isAtTop {
            self.tableHead = self.bytes.count
            self.containers.append(.frame)
        } else {
            self.openBlock()
            self.write("<table>")
            self.containers.append(.inner)
        }
    }

    private mutating func openRow(isHeader: Bool) {
        self.isInHead = isHeader
        if isHeader {
            if self.tableHead == nil { self.write("<thead>") }
        } else {
            if case .frame = self.containers.last {
                self.openBlock()
            } else if self.rowsInTable == 0 {
                self.write("<tbody>")
            }
            self.rowsInTable += 1
        }
        self.write("<tr>")
    }

    private mutating func closeRow(isHeader: Bool) {
        self.write("</tr>")
        guard isHeader else {
            if case .frame = self.containers.last { self.closeBlock() }
            return
        }
        guard let start = self.tableHead else { return self.write("</thead>") }
        let head = self.bytes[start...]
        self.openFrame(
            Array("<table><thead>".utf8) + head + Array("</thead><tbody>".utf8), Array("</tbody></table>".utf8))
        self.bytes.removeSubrange(start...)
        self.tableHead = nil
    }

    private mutating func closeTable() {
        guard case .frame = self.containers.popLast() else {
            self.write(self.rowsInTable > 0 ? "</tbody></table>" : "</table>")
            return self.closeBlock()
        }
        // A table without rows has no line for its frame, so it becomes a single line.
        if self.rowsInTable == 0, let frame = self.frame {
            let whole = self.frames[frame].open.dropLast("<tbody>".utf8.count) + Array("</table>".utf8)
            self.frame = nil
            self.openBlock()
            self.bytes += whole
            self.closeBlock()
        }
        self.frame = nil
    }

    // MARK: Links

    private mutating func openLink(_ address: Span<UInt8>) {
        // A link to a person or room would look like a mention.
        let isWritten = !self.isInLink && LinkAddress.isAllowed(address) && !MatrixEscape.isMention(address)
        self.links.append(OpenLink(start: isWritten ? self.bytes.count : nil))
        guard isWritten else { return }
        self.isInLink = true
        self.writeLinkTag(address)
    }

    private mutating func writeLinkTag(_ address: Span<UInt8>) {
        self.write("<a href=\"")
        MatrixEscape.appendAddress(address, to: &self.bytes)
        self.write("\">")
    }

    private mutating func closeLink(_ address: Span<UInt8>) {
        guard let link = self.links.popLast(), let start = link.start else { return }
        self.isInLink = false
        guard LinkAddress.isDeceptive(link.label, for: address) else { return self.write("</a>") }
        // A text that reads like another address is no link, and the real address follows it.
        let tagLength = self.bytes[start...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 - start } ?? 0
        self.bytes.removeSubrange(start..<(start + tagLength))
        self.write(" (")
        self.writeLinkTag(address)
        MatrixEscape.append(address, to: &self.bytes, .text)
        self.write("</a>)")
    }
}

extension MatrixFormattingWriter: FormattingWriter {
    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document: break
        case .blockQuote: self.open(.quote)
        case .list(let list):
            self.numbers.append(list.start)
            self.open(list.start == nil ? .bullets : .numbers)
        case .item(let task): self.enterItem(task)
        case .codeBlock: self.openCode(detail)
        case .paragraph(let isTight):
            self.openBlock()
            if !isTight { self.write("<p>") }
        case .heading(let level):
            self.openBlock()
            self.write("<h\(level)>")
        case .table: self.openTable()
        case .tableRow(let isHeader): self.openRow(isHeader: isHeader)
        case .tableCell: self.write(self.isInHead ? "<th>" : "<td>")
        case .emphasis: self.write("<em>")
        case .strong: self.write("<strong>")
        case .strikethrough: self.write("<del>")
        case .link, .image: self.openLink(detail)
        }
    }

    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document: break
        case .blockQuote: self.close(MatrixTag.quote.closing)
        case .list(let list):
            self.numbers.removeLast()
            self.close((list.start == nil ? MatrixTag.bullets : .numbers).closing)
        case .item: self.leaveItem()
        case .codeBlock: self.close(Self.codeEnd)
        case .paragraph(let isTight):
            if !isTight { self.write("</p>") }
            self.closeBlock()
        case .heading(let level):
            self.write("</h\(level)>")
            self.closeBlock()
        case .table: self.closeTable()
        case .tableRow(let isHeader): self.closeRow(isHeader: isHeader)
        case .tableCell: self.write(self.isInHead ? "</th>" : "</td>")
        case .emphasis: self.write("</em>")
        case .strong: self.write("</strong>")
        case .strikethrough: self.write("</del>")
        case .link, .image: self.closeLink(detail)
        }
    }

    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) {
        if let link = self.links.indices.last { self.links[link].label.append(contentsOf: text) }
        switch kind {
        case .plain, .html: MatrixEscape.append(text, to: &self.bytes, .text)
        case .code:
            self.write("<code>")
            MatrixEscape.append(text, to: &self.bytes, .inlineCode)
            self.write("</code>")
        case .codeBlock: self.code(text)
        case .htmlBlock:
            self.openCode([0x68, 0x74, 0x6D, 0x6C].span)
            self.code(text)
            self.close(Self.codeEnd)
        }
    }

    mutating func mark(_ mark: MarkdownMark) {
        switch mark {
        case .softBreak: self.bytes.append(0x20)
        case .lineBreak: self.write("<br>")
        case .thematicBreak:
            self.openBlock()
            self.write("<hr>")
            self.closeBlock()
        }
    }
}
