internal import Markdown

/// Splits a document into lines and finds code blocks, comments and headings. One pass.
///
/// Follows CommonMark where it matters for structure: a heading in a code block or comment is not one.
struct DocumentScanner {
    let bytes: [UInt8]
    private(set) var lines: [DocumentLine] = []
    /// The bytes with code blocks, comments and metadata blanked: same length, same places.
    private(set) var visible: [UInt8]
    /// ``visible`` with inline code blanked, too.
    private(set) var plain: [UInt8]
    /// The line where a code block or comment begins that never ends.
    private(set) var openFence: Int?
    private(set) var openComment: Int?

    private var fence: (fence: MarkdownLine.Fence, line: Int)?
    private var comment: Int?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        self.visible = bytes
        self.plain = bytes
        self.scan()
    }

    private mutating func scan() {
        self.lines.reserveCapacity(self.bytes.count / 40)
        self.blank(0..<MarkdownLines.start(of: self.bytes))
        let frontMatterEnd = MarkdownLines.frontMatterEnd(of: self.bytes)
        for (content, end) in MarkdownLines(self.bytes) {
            let kind: DocumentLine.Kind
            if content.lowerBound < frontMatterEnd {
                self.blank(content)
                kind = .frontMatter
            } else {
                kind = self.classify(content)
            }
            self.lines.append(DocumentLine(content: content, end: end, kind: kind))
        }
        self.openFence = self.fence?.line
        self.openComment = self.comment
    }

    private mutating func blank(_ range: Range<Int>) {
        for index in range {
            self.visible[index] = 0x20
            self.plain[index] = 0x20
        }
    }

    private mutating func classify(_ content: Range<Int>) -> DocumentLine.Kind {
        let line = MarkdownLine(self.bytes[content])
        if let open = self.fence {
            self.blank(content)
            guard line.closes(open.fence) else { return .code }
            self.fence = nil
            return .fence
        }
        if self.comment == nil, let fence = line.fence {
            self.fence = (fence, self.lines.count)
            self.blank(content)
            return .fence
        }
        if line.isBlank {
            return self.comment == nil ? .blank : .comment
        }
        self.mask(content)
        let shown = MarkdownLine(self.visible[content])
        if shown.isBlank { return .comment }
        return shown.indent < 4 ? shown.headingLevel.map { .heading(level: $0) } ?? .text : .text
    }

    /// Blanks comments and inline code of a line.
    private mutating func mask(_ content: Range<Int>) {
        var runs = self.backtickRuns(in: content)
        var index = content.lowerBound
        while index < content.upperBound {
            let rest = self.bytes[index..<content.upperBound]
            if self.comment != nil {
                let end = rest.index(ofIgnoringCase: "-->").map { $0 + 3 }
                self.blank(index..<(end ?? content.upperBound))
                if end != nil { self.comment = nil }
                index = end ?? content.upperBound
            } else if self.bytes[index] == UInt8(ascii: "\\") {
                index += 2
            } else if self.bytes[index] == UInt8(ascii: "`") {
                index = self.maskCode(from: index, to: content.upperBound, closing: &runs)
            } else if rest.begins(with: "<!--") {
                self.comment = self.lines.count
                self.blank(index..<min(index + 4, content.upperBound))
                index += 4
            } else {
                index += 1
            }
        }
    }

    /// Where a line's runs of backticks begin, by their length, the first run last. Made once for a line: a search for
    /// each run that has no equal one would read the rest of the line each time.
    private func backtickRuns(in line: Range<Int>) -> [Int: [Int]] {
        var runs: [Int: [Int]] = [:]
        var index = line.upperBound
        while index > line.lowerBound {
            index -= 1
            guard self.bytes[index] == UInt8(ascii: "`") else { continue }
            let end = index + 1
            while index > line.lowerBound, self.bytes[index - 1] == UInt8(ascii: "`") { index -= 1 }
            runs[end - index, default: []].append(index)
        }
        return runs
    }

    /// Blanks the code from `start` in ``plain``; a run of backticks without an equal one stays.
    ///
    /// - Parameter runs: ``backtickRuns(in:)``. Loses runs that are passed.
    private mutating func maskCode(from start: Int, to end: Int, closing runs: inout [Int: [Int]]) -> Int {
        let count = self.bytes[start..<end].prefix { $0 == UInt8(ascii: "`") }.count
        while let run = runs[count]?.last, run < start + count { runs[count]?.removeLast() }
        guard let close = runs[count]?.last else { return start + count }
        for place in start..<(close + count) { self.plain[place] = 0x20 }
        return close + count
    }
}

/// One line of a document.
package struct DocumentLine: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case text
        case blank
        /// `# …` to `###### …`
        case heading(level: Int)
        /// The first or last line of a code block.
        case fence
        case code
        /// A line of nothing but an HTML comment.
        case comment
        /// Metadata between two lines `---` at the start.
        case frontMatter
    }

    /// Bytes without the line's ending.
    package let content: Range<Int>
    /// Past the ending: `\n`, `\r\n`, `\r`, or nothing in a last line.
    package let end: Int
    package let kind: Kind
}
