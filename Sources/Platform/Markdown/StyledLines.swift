internal import Primitives

/// A Markdown text as lines of styled runs: what networks have in common, before each writes its own markup.
///
/// Flat, because growing answers are read again and again: blocks name lines, lines name runs, runs name bytes.
package struct StyledLines: Sendable {
    /// A piece of a line in one style.
    package struct Run: Sendable {
        package enum Kind: Sendable { case text, code, linkStart, linkEnd }

        package let kind: Kind
        package let styles: Styles
        /// An index into ``StyledLines/links``, where a link starts or ends.
        package fileprivate(set) var link = 0
        /// Its text within ``StyledLines/bytes``; that of a link is empty.
        package fileprivate(set) var range: Range<Int>
    }

    /// A link or an image, whose runs are between its start and its end. They may be nested.
    package struct Link: Sendable {
        /// Its text without markup, within ``StyledLines/bytes``.
        package fileprivate(set) var text: Range<Int>
        /// Verbatim and unchecked.
        package let address: [UInt8]
        package let isImage: Bool
    }

    package enum Container: Sendable {
        case quote
        case list(MarkdownList)
        case item(number: Int?, MarkdownTask?)
    }

    package enum Kind: Sendable {
        /// `isTight` in a list without blank lines between items.
        case paragraph(isTight: Bool)
        case heading(level: Int)
        /// The detail is the fence's info string. Each line is one run, or none if it is empty.
        case code(info: [UInt8])
        /// Raw HTML, as code.
        case html
        /// Each line is a cell. All rows have as many, and the first is the header.
        case table([MarkdownAlignment])
        case rule
    }

    package struct Block: Sendable {
        package let kind: Kind
        /// Indices into ``StyledLines/lines``.
        package let lines: Range<Int>
    }

    package enum Part: Sendable {
        case enter(Container)
        case leave(Container)
        case block(Block)
    }

    package fileprivate(set) var bytes: [UInt8] = []
    package fileprivate(set) var runs: [Run] = []
    /// Each as indices into ``runs``.
    package fileprivate(set) var lines: [Range<Int>] = []
    package fileprivate(set) var links: [Link] = []
    package fileprivate(set) var parts: [Part] = []

    /// - Parameters:
    ///   - keepsLines: Whether a line feed within a paragraph ends a line, which is otherwise a space.
    ///   - autolinks: Whether bare addresses are links.
    package init(_ markdown: String, keepsLines: Bool = false, autolinks: Bool = true) {
        var reader = StyledLinesReader(keepsLines: keepsLines, capacity: markdown.utf8.count)
        Markdown.walk(markdown, autolinks: autolinks, visitor: &reader)
        self = reader.result
    }

    fileprivate init() {}

    /// A run's text.
    package func text(_ run: Run) -> ArraySlice<UInt8> { self.bytes[run.range] }

    /// A line's text without markup.
    package func text(ofLine line: Int) -> ArraySlice<UInt8> {
        let runs = self.runs[self.lines[line]]
        guard let first = runs.first, let last = runs.last else { return [] }
        return self.bytes[first.range.lowerBound..<last.range.upperBound]
    }
}

extension StyledLines {
    package enum Style: UInt8, Sendable { case italic = 1, bold, struck }

    /// Styles in the order in which they were opened, each once.
    package struct Styles: Sendable, Hashable {
        private var order: UInt8 = 0

        package init() {}

        package init(_ style: Style) { self.order = style.rawValue }

        package var count: Int { self.order == 0 ? 0 : self.order < 4 ? 1 : self.order < 16 ? 2 : 3 }

        package subscript(index: Int) -> Style? { Style(rawValue: self.order >> (2 * UInt8(index)) & 3) }

        package func contains(_ style: Style) -> Bool { (0..<self.count).contains { self[$0] == style } }

        package mutating func append(_ style: Style) {
            if !self.contains(style) { self.order |= style.rawValue << (2 * UInt8(self.count)) }
        }

        /// These, then those of `others` that are not among them.
        package func with(_ others: Styles) -> Styles {
            guard self.order != 0 else { return others }
            return (0..<others.count).reduce(into: self) { styles, index in
                if let style = others[index] { styles.append(style) }
            }
        }

        /// How many are the same at the beginning of both.
        package func shared(with other: Styles) -> Int {
            var count = 0
            while count < min(self.count, other.count), self[count] == other[count] { count += 1 }
            return count
        }
    }
}

private struct StyledLinesReader: MarkdownVisitor {
    var result = StyledLines()
    private let keepsLines: Bool
    private var info: [UInt8] = []
    /// Where the block's lines begin, and where the line's runs do.
    private var block = 0
    private var line = 0
    /// The next number of each open list; nil for bullets.
    private var numbers: [Int?] = []
    private var open: [StyledLines.Style] = []
    private var styles = StyledLines.Styles()
    private var links: [Int] = []
    private var alignments: [MarkdownAlignment] = []
    private var (isInTable, isInHeader) = (false, false)

    init(keepsLines: Bool, capacity: Int) {
        self.keepsLines = keepsLines
        self.result.bytes.reserveCapacity(capacity)
        self.result.runs.reserveCapacity(capacity / 24)
        self.result.lines.reserveCapacity(capacity / 64)
    }

    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document, .paragraph, .heading: break
        case .blockQuote: self.result.parts.append(.enter(.quote))
        case .list(let list):
            self.numbers.append(list.start)
            self.result.parts.append(.enter(.list(list)))
        case .item(let task):
            let number = self.numbers.last ?? nil
            if let number { self.numbers[self.numbers.count - 1] = number + 1 }
            self.result.parts.append(.enter(.item(number: number, task)))
        case .codeBlock: self.info = Self.array(detail)
        case .table:
            self.isInTable = true
            self.alignments = []
        case .tableRow(let isHeader): self.isInHeader = isHeader
        case .tableCell(let alignment): if self.isInHeader { self.alignments.append(alignment) }
        case .emphasis: self.open(.italic)
        case .strong: self.open(.bold)
        case .strikethrough: self.open(.struck)
        case .link, .image:
            let end = self.result.bytes.count
            self.links.append(self.result.links.count)
            self.result.links.append(.init(text: end..<end, address: Self.array(detail), isImage: node == .image))
            self.append(.linkStart)
        }
    }

    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document, .tableRow: break
        case .blockQuote: self.result.parts.append(.leave(.quote))
        case .list(let list):
            self.numbers.removeLast()
            self.result.parts.append(.leave(.list(list)))
        case .item(let task): self.result.parts.append(.leave(.item(number: nil, task)))
        case .codeBlock: self.end(.code(info: self.info))
        case .paragraph(let isTight): self.endLines(.paragraph(isTight: isTight))
        case .heading(let level): self.endLines(.heading(level: level))
        case .table:
            self.isInTable = false
            self.end(.table(self.alignments))
        case .tableCell: self.endLine()
        case .emphasis, .strong, .strikethrough: self.close()
        case .link, .image:
            let link = self.links.last ?? 0
            self.result.links[link].text = self.result.links[link].text.lowerBound..<self.result.bytes.count
            self.append(.linkEnd)
            self.links.removeLast()
        }
    }

    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) {
        switch kind {
        case .plain, .html: self.append(.text, text)
        case .code: self.append(.code, text)
        case .codeBlock: self.appendLines(text)
        case .htmlBlock:
            self.appendLines(text)
            self.end(.html)
        }
    }

    mutating func mark(_ mark: MarkdownMark) {
        switch mark {
        case .thematicBreak: self.end(.rule)
        case .softBreak where !self.keepsLines || !self.links.isEmpty || self.isInTable: self.appendSpace()
        // A link's text stays on one line.
        case .lineBreak where !self.links.isEmpty || self.isInTable: self.appendSpace()
        case .softBreak, .lineBreak: self.endLine()
        }
    }

    // MARK: Blocks

    private mutating func end(_ kind: StyledLines.Kind) {
        self.result.parts.append(.block(.init(kind: kind, lines: self.block..<self.result.lines.count)))
        self.block = self.result.lines.count
    }

    private mutating func endLine() {
        self.result.lines.append(self.line..<self.result.runs.count)
        self.line = self.result.runs.count
    }

    private mutating func endLines(_ kind: StyledLines.Kind) {
        self.endLine()
        self.end(kind)
    }

    private mutating func appendLines(_ text: Span<UInt8>) {
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
            if end > start { self.append(.text, text.extracting(start..<end)) }
            self.endLine()
            start = end + 1
        }
    }

    // MARK: Runs

    private mutating func open(_ style: StyledLines.Style) {
        self.open.append(style)
        self.styles.append(style)
    }

    private mutating func close() {
        self.open.removeLast()
        self.styles = self.open.reduce(into: StyledLines.Styles()) { $0.append($1) }
    }

    private mutating func append(_ kind: StyledLines.Run.Kind) {
        let end = self.result.bytes.count
        self.result.runs.append(
            StyledLines.Run(kind: kind, styles: self.styles, link: self.links.last ?? 0, range: end..<end))
    }

    private mutating func append(_ kind: StyledLines.Run.Kind, _ text: Span<UInt8>) {
        let start = self.result.bytes.count
        self.result.bytes.append(contentsOf: text)
        if kind == .text, let last = self.result.runs.indices.last, last >= self.line,
            self.result.runs[last].kind == .text, self.result.runs[last].styles == self.styles
        {
            self.result.runs[last].range = self.result.runs[last].range.lowerBound..<self.result.bytes.count
        } else {
            self.result.runs.append(
                StyledLines.Run(kind: kind, styles: self.styles, range: start..<self.result.bytes.count))
        }
    }

    private mutating func appendSpace() {
        let space: [UInt8] = [UInt8(ascii: " ")]
        if self.line < self.result.runs.count { self.append(.text, space.span) }
    }

    private static func array(_ bytes: Span<UInt8>) -> [UInt8] {
        var array: [UInt8] = []
        array.append(contentsOf: bytes)
        return array
    }
}
