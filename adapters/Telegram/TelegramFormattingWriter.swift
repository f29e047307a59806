internal import Chat
internal import Kit
internal import Markdown

// Change: Markdown as Telegram shows it
/// Writes markup during a walk of the Markdown tree; the visitor methods are in `+Visitor`.
struct TelegramFormattingWriter {
    enum Style: String { case bold = "b", italic = "i", strike = "s" }

    /// The kind of the last block, which decides whether a blank line precedes the next one.
    enum Block { case none, text, heading, list, frame, rule }

    struct Link {
        let start: Int
        let isAllowed: Bool
        /// Its text, without markup.
        var label: [UInt8] = []
    }

    var bytes: [UInt8] = []
    var lines: [RenderedText.Line] = []
    private var frames: [RenderedText.Frame] = []
    private var lineStart: Int?
    var startsBlock = true
    var margins: [Margin] = []
    /// The next number of each open list; nil for bullets.
    var numbers: [Int?] = []
    private var styles: [Style] = []
    var links: [Link] = []
    var quotes = 0
    var last = Block.none
    var table: TelegramTable?
    /// The language of the current code block.
    var language = ""

    /// In bytes; a longer address would fill a message by itself.
    static let addressLimit = 1_024

    init(capacity: Int) {
        self.bytes.reserveCapacity(capacity)
    }

    consuming func finish() -> RenderedText {
        self.endLine()
        return RenderedText(bytes: self.bytes, lines: self.lines, frames: self.frames)
    }

    // MARK: Lines

    var isInLine: Bool { self.lineStart != nil }

    mutating func beginLine() {
        guard self.lineStart == nil else { return }
        if !self.lines.isEmpty { self.bytes.append(0x0A) }
        self.lineStart = self.bytes.count
        self.margins.write(to: &self.bytes)
        for style in self.openStyles { self.tag(style.rawValue) }
    }

    mutating func endLine() {
        guard let start = self.lineStart else { return }
        for style in self.openStyles.reversed() { self.tag("/" + style.rawValue) }
        self.lines.append(
            RenderedText.Line(range: start..<self.bytes.count, frame: self.quoteFrame, startsBlock: self.startsBlock))
        self.lineStart = nil
        self.startsBlock = false
    }

    private mutating func blankLine(frame: Int?) {
        if !self.lines.isEmpty { self.bytes.append(0x0A) }
        self.lines.append(
            RenderedText.Line(range: self.bytes.count..<self.bytes.count, frame: frame, startsBlock: true))
    }

    /// Begins a block, after a blank line if it would otherwise run into the previous one.
    mutating func begin(_ block: Block) {
        self.endLine()
        self.startsBlock = true
        let isInItem = !self.margins.isEmpty
        let needsBlank =
            switch (self.last, block) {
            case (.none, _): false
            // Adjacent equal frames would merge.
            case (.frame, .frame): true
            case (_, .frame): false
            case (.frame, _), (.heading, .text), (.heading, .list), (.text, .list): false
            default: !isInItem
            }
        if needsBlank { self.blankLine(frame: block == .frame ? nil : self.quoteFrame) }
        self.last = block
    }

    // MARK: Frames

    private var quoteFrame: Int?

    mutating func enterQuote() {
        self.begin(.frame)
        self.quotes += 1
        if self.quotes == 1 {
            self.quoteFrame = self.frame(open: "<blockquote>", close: "</blockquote>")
            self.last = .none
        } else {
            self.margins.append(Margin(first: Array("&gt; ".utf8), rest: Array("&gt; ".utf8)))
        }
    }

    mutating func leaveQuote() {
        self.endLine()
        self.quotes -= 1
        if self.quotes == 0 {
            self.quoteFrame = nil
            self.last = .frame
        } else {
            self.margins.removeLast()
        }
    }

    private mutating func frame(open: String, close: String) -> Int {
        self.frames.place(of: RenderedText.Frame(open: Array(open.utf8), close: Array(close.utf8)))
    }

    /// Writes preformatted lines.
    mutating func writeCode(_ text: [ArraySlice<UInt8>], language: String = "") {
        // The marker of an item that begins with code gets its own line.
        if self.margins.contains(where: { !$0.isUsed }) {
            self.beginLine()
            self.endLine()
        }
        self.begin(.frame)
        let isQuoted = self.quotes > 0
        let inner =
            language.isEmpty ? ("<pre>", "</pre>") : ("<pre><code class=\"language-\(language)\">", "</code></pre>")
        let frame = self.frame(
            open: (isQuoted ? "<blockquote>" : "") + inner.0, close: inner.1 + (isQuoted ? "</blockquote>" : ""))
        for line in text {
            if !self.lines.isEmpty { self.bytes.append(0x0A) }
            let start = self.bytes.count
            self.escape(line)
            self.lines.append(
                RenderedText.Line(range: start..<self.bytes.count, frame: frame, startsBlock: self.startsBlock))
            self.startsBlock = false
        }
    }

    // MARK: Styles

    /// Each style once, in the order of opening: bold nested in bold changes nothing.
    private var openStyles: [Style] {
        self.styles.indices.filter { !self.styles[..<$0].contains(self.styles[$0]) }.map { self.styles[$0] }
    }

    mutating func open(_ style: Style) {
        if self.isInLine, !self.styles.contains(style) { self.tag(style.rawValue) }
        self.styles.append(style)
    }

    mutating func close(_ style: Style) {
        guard let index = self.styles.lastIndex(of: style) else { return }
        self.styles.remove(at: index)
        if self.isInLine, !self.styles.contains(style) { self.tag("/" + style.rawValue) }
    }

    mutating func tag(_ name: String) {
        self.bytes.append(UInt8(ascii: "<"))
        self.bytes += name.utf8
        self.bytes.append(UInt8(ascii: ">"))
    }

    // MARK: Text

    /// Appends one byte of text, escaped.
    mutating func put(_ byte: UInt8) { self.bytes.append(escaped: byte) }

    mutating func escape(_ text: some Sequence<UInt8>) {
        for byte in text { self.put(byte) }
    }
}
