internal import Primitives

/// Writes the tree as safe HTML.
struct HTMLWriter: MarkdownVisitor {
    private(set) var output: [UInt8] = []
    /// For each open link, whether its address is allowed and was written.
    private var links: [Bool] = []
    private var isInLink = false
    private var isInHead = false

    private let limit: Int

    /// - Parameter limit: With more bytes than this it is full, and leaves out the rest.
    init(capacity: Int, limit: Int) {
        self.limit = limit
        self.output.reserveCapacity(capacity)
    }

    var isFull: Bool { self.output.count > self.limit }

    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
        if self.isFull { return }
        switch node {
        case .document: break
        case .paragraph(let isTight): if !isTight { self.open("<p>") }
        case .heading(let level): self.heading("<h", level)
        case .blockQuote: self.open("<blockquote>\n")
        case .list(let list): self.open(list)
        case .item(let task): self.open(task)
        case .codeBlock: self.openCode(info: detail)
        case .table: self.open("<table>\n")
        case .tableRow(let isHeader): self.openRow(isHeader: isHeader)
        case .tableCell(let alignment): self.openCell(alignment)
        case .emphasis: self.write("<em>")
        case .strong: self.write("<strong>")
        case .strikethrough: self.write("<del>")
        case .link, .image: self.openLink(detail)
        }
    }

    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {
        if self.isFull { return }
        switch node {
        case .document: break
        case .paragraph(let isTight): if !isTight { self.write("</p>\n") }
        case .heading(let level):
            self.heading("</h", level)
            self.write("\n")
        case .blockQuote: self.open("</blockquote>\n")
        case .list(let list): self.open(list.start == nil ? "</ul>\n" : "</ol>\n")
        case .item: self.write("</li>\n")
        case .codeBlock: self.write("</code></pre>\n")
        case .table: self.closeTable()
        case .tableRow: self.closeRow()
        case .tableCell: self.write(self.isInHead ? "</th>" : "</td>")
        case .emphasis: self.write("</em>")
        case .strong: self.write("</strong>")
        case .strikethrough: self.write("</del>")
        case .link, .image: self.closeLink()
        }
    }

    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) {
        if self.isFull { return }
        switch kind {
        case .plain, .codeBlock, .html: self.escape(text)
        case .code:
            self.write("<code>")
            self.escape(text)
            self.write("</code>")
        case .htmlBlock:
            self.open("<pre><code class=\"language-html\">")
            self.escape(text)
            self.write("</code></pre>\n")
        }
    }

    mutating func mark(_ mark: MarkdownMark) {
        if self.isFull { return }
        switch mark {
        case .softBreak: self.write("\n")
        case .lineBreak: self.write("<br>\n")
        case .thematicBreak: self.open("<hr>\n")
        }
    }
}

extension HTMLWriter {
    private mutating func write(_ text: StaticString) {
        unsafe self.output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Starts or ends a block on a new line.
    private mutating func open(_ text: StaticString) {
        if let last = self.output.last, last != UInt8(ascii: "\n") { self.write("\n") }
        self.write(text)
    }

    private mutating func heading(_ tag: StaticString, _ level: Int) {
        tag.utf8CodeUnitCount == 2 ? self.open(tag) : self.write(tag)
        self.output.append(UInt8(ascii: "0") + UInt8(clamping: level))
        self.write(">")
    }

    private mutating func open(_ list: MarkdownList) {
        switch list.start {
        case nil: self.open("<ul>\n")
        case 1: self.open("<ol>\n")
        case let start?:
            self.open("<ol start=\"")
            self.output.append(contentsOf: String(start).utf8)
            self.write("\">\n")
        }
    }

    private mutating func open(_ task: MarkdownTask?) {
        switch task {
        case nil: self.open("<li>")
        case .open: self.open("<li class=\"task\"><input type=\"checkbox\" aria-label=\"open\" disabled> ")
        case .done: self.open("<li class=\"task\"><input type=\"checkbox\" aria-label=\"done\" checked disabled> ")
        }
    }

    private mutating func openCode(info: Span<UInt8>) {
        self.open("<pre><code")
        var end = 0
        while end < info.count, info[end] > UInt8(ascii: " ") { end += 1 }
        if end > 0 {
            self.write(" class=\"language-")
            for index in 0..<end { self.escape(info[index]) }
            self.write("\"")
        }
        self.write(">")
    }

    private mutating func openRow(isHeader: Bool) {
        if isHeader {
            self.isInHead = true
            self.open("<thead>\n<tr>")
        } else {
            if self.isInHead {
                self.isInHead = false
                self.open("<tbody>\n")
            }
            self.open("<tr>")
        }
    }

    private mutating func closeRow() {
        self.write(self.isInHead ? "</tr>\n</thead>\n" : "</tr>\n")
    }

    private mutating func closeTable() {
        // A table without a body ends while its head is still open.
        self.write(self.isInHead ? "</table>\n" : "</tbody>\n</table>\n")
        self.isInHead = false
    }

    private mutating func openCell(_ alignment: MarkdownAlignment) {
        self.write(self.isInHead ? "<th" : "<td")
        switch alignment {
        case .none: break
        case .left: self.write(" class=\"left\"")
        case .center: self.write(" class=\"center\"")
        case .right: self.write(" class=\"right\"")
        }
        self.write(">")
    }

    private mutating func openLink(_ address: Span<UInt8>) {
        // HTML does not allow nested links, such as an image inside a link.
        let isWritten = !self.isInLink && LinkAddress.isAllowed(address)
        self.links.append(isWritten)
        guard isWritten else { return }
        self.isInLink = true
        self.write("<a href=\"")
        for index in address.indices { self.escapeAddress(address[index]) }
        self.write("\" rel=\"noopener noreferrer\">")
    }

    private mutating func closeLink() {
        guard self.links.popLast() == true else { return }
        self.isInLink = false
        self.write("</a>")
    }

    private mutating func escapeAddress(_ byte: UInt8) {
        if LinkAddress.isPlain(byte) {
            self.escape(byte)
        } else {
            self.write("%")
            self.output.append(LinkAddress.hexDigit(byte >> 4))
            self.output.append(LinkAddress.hexDigit(byte & 15))
        }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "&"): self.write("&amp;")
        case UInt8(ascii: "<"): self.write("&lt;")
        case UInt8(ascii: ">"): self.write("&gt;")
        case UInt8(ascii: "\""): self.write("&quot;")
        case UInt8(ascii: "'"): self.write("&#39;")
        default: self.output.append(byte)
        }
    }

    /// Copies runs that need no escaping in one piece.
    private mutating func escape(_ text: Span<UInt8>) {
        var start = 0
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"):
                self.output.append(contentsOf: text.extracting(start..<index))
                self.escape(text[index])
                start = index + 1
            default: break
            }
        }
        self.output.append(contentsOf: text.extracting(start..<text.count))
    }
}
