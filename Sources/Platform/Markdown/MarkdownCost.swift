/// Recognises texts that would be disproportionately expensive to parse, or to render.
///
/// cmark-gfm 0.29.0.gfm.6 is quadratic in some constructs (see its changelog from gfm.7 on): unclosed brackets,
/// adjacent at signs, and tables whose short rows are padded to the head's columns. 100 KB of such text took a second
/// or more, or exhausted the memory. It copies a reference's address for each use, and renderers repeat a table's header
/// or pad its cells. For a blank line it visits all open lists and quotes, and for a piece of text all nodes around it. To
/// find where a comment or an instruction of HTML ends, it reads the rest of the paragraph, and to find where a bare
/// address ends, it reads the rest of the word, once more for each parenthesis that it takes off. For each line that could
/// be a table's delimiter row, it reads the paragraph above from its beginning. It copies the rest of a text for each mail
/// address, and visits many signs of emphasis again.
struct MarkdownCost {
    private struct Line {
        var start = 0
        var pipes = 0
        /// It has nothing but spaces.
        var isBlank = true
        /// It has only characters of a delimiter row, the line below a table's header.
        var isPlain = true
        var hasDash = false
        /// It has a pipe, a colon or a rare blank: only dashes would underline a heading.
        var hasSign = false
        /// After the last pipe.
        var pipeEnd: Int?
        var atSigns = 0

        /// It may be a delimiter row.
        var isRule: Bool { self.isPlain && self.hasDash && self.hasSign }
    }

    /// Consecutive lines that are not blank; a table is never longer.
    private struct Block {
        var lines = 0
        var columns = 1
        var longest = 0
        var hasRule = false
        var start = 0
        var end = 0
        /// Beginnings of HTML's comments, declarations and instructions.
        var tags = 0
        /// What it takes to read all lines as rows.
        var rowSteps = 0
        /// After the last pipe: for the first cell of each line, the parser goes back to it byte by byte.
        var pipeEnd = 0
        /// Runs of signs that may open or close emphasis.
        var delimiters = 0
        var brackets = 0
    }

    /// Characters without white space.
    private struct Word {
        var start = 0
        /// Places where an address may begin or end.
        var ends = 0
    }

    private var brackets = 0
    private var atSigns = 0
    /// The cells of all possible tables, and their bytes if each row were as long as the longest.
    private var cells = 0
    private var tableBytes = 0
    /// What it takes to look for the headers of tables, and to find the last cell of a row for each that is added to it.
    private var tableSteps = 0
    private var nesting = MarkdownNesting()
    /// The bytes that are read to find the ends of bare addresses.
    private var addressBytes = 0
    /// The bytes of text that are copied, and kept, for mail addresses in it.
    private var copiedBytes = 0
    /// The bytes that are read to find the ends of comments, declarations and instructions.
    private var tagBytes = 0
    /// What may begin or end emphasis.
    private var signs = 0
    /// To find what a sign closes, and at the end of a link, the parser may visit all signs of the paragraph before it.
    private var emphasisSteps = 0
    private let size: Int

    init(_ text: Span<UInt8>) {
        self.size = text.count
        var (line, block, word) = (Line(), Block(), Word())
        var (last, before) = (UInt8(ascii: " "), UInt8(ascii: " "))
        for index in text.indices {
            let byte = text[index]
            // Within words nothing costs anything.
            if Self.isLetter(byte), Self.isLetter(last) {
                if byte != last { (before, last) = (last, byte) }
                continue
            }
            if byte == UInt8(ascii: " ") || 0x09...0x0D ~= byte {
                self.addressBytes += word.ends * (index - word.start)
                word = Word(start: index + 1)
            } else if Self.isEnd(byte, after: last) {
                word.ends += 1
            }
            if last == UInt8(ascii: "<"), byte == UInt8(ascii: "?") || byte == UInt8(ascii: "!") { block.tags += 1 }
            if byte != last {
                if Self.isSign(last), Self.isDelimiter(last, after: before, before: byte) { block.delimiters += 1 }
                before = last
            }
            if Self.isSign(byte) { self.signs += 1 }
            last = byte
            switch byte {
            case UInt8(ascii: "\n") where index > 0 && text[index - 1] == UInt8(ascii: "\r"): line.start = index + 1
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                self.nesting.add(line.start..<index, of: text)
                if Self.endsParagraph(line.start..<index, of: text) {
                    self.addEmphasis(of: &block)
                    block.rowSteps = 0
                    block.pipeEnd = line.start
                }
                self.end(line, &block, at: index)
                line = Line(start: index + 1)
            case UInt8(ascii: " "), UInt8(ascii: "\t"): break
            case UInt8(ascii: "|"):
                line.pipes += 1
                line.pipeEnd = index + 1
                line.hasSign = true
                line.isBlank = false
            case UInt8(ascii: "-"):
                line.hasDash = true
                line.isBlank = false
            case UInt8(ascii: ":"), 0x0B, 0x0C:
                line.hasSign = true
                line.isBlank = false
            case UInt8(ascii: ">"): line.isBlank = false
            default:
                if byte == UInt8(ascii: "[") {
                    self.brackets += 1
                    block.brackets += 1
                }
                if byte == UInt8(ascii: "@") { line.atSigns += 1 }
                line.isBlank = false
                line.isPlain = false
            }
        }
        self.nesting.add(line.start..<text.count, of: text)
        self.addressBytes += word.ends * (text.count - word.start)
        self.end(line, &block, at: text.count)
        self.end(Line(start: text.count), &block, at: text.count)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte >= 0x80 || 0x61...0x7A ~= byte | 0x20 }

    private static func isSign(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "*") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "~")
    }

    /// A run of signs is text between blanks, and so is one of underscores within a word.
    private static func isDelimiter(_ sign: UInt8, after before: UInt8, before after: UInt8) -> Bool {
        func isBlank(_ byte: UInt8) -> Bool {
            // Not a vertical tab.
            byte == UInt8(ascii: " ") || byte != 0x0B && 0x09...0x0D ~= byte
        }
        func isWord(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte || 0x61...0x7A ~= byte | 0x20 }
        if isBlank(before), isBlank(after) { return false }
        return sign != UInt8(ascii: "_") || !isWord(before) || !isWord(after)
    }

    /// A parenthesis, `//` or `www.`.
    private static func isEnd(_ byte: UInt8, after last: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ")"): true
        case UInt8(ascii: "/"): last == UInt8(ascii: "/")
        case UInt8(ascii: "."): last == UInt8(ascii: "w")
        default: false
        }
    }

    /// A heading that begins with `#`, dashes, which underline one or are a rule, or an item with a bullet or a one: they end
    /// the paragraph above, whatever that is in.
    private static func endsParagraph(_ line: Range<Int>, of text: Span<UInt8>) -> Bool {
        guard line.count >= 3 else { return false }
        var end = line.lowerBound
        switch text[end] {
        case UInt8(ascii: "#"):
            while end < line.upperBound, text[end] == UInt8(ascii: "#") { end += 1 }
            return end < line.upperBound && end - line.lowerBound <= 6 && text[end] == UInt8(ascii: " ")
        case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "*"):
            while text[end] == UInt8(ascii: "-"), end + 1 < line.upperBound { end += 1 }
            if end + 1 == line.upperBound, text[end] == UInt8(ascii: "-") { return true }
            end = line.lowerBound
            return text[end + 1] == UInt8(ascii: " ") && text[end + 2] != UInt8(ascii: " ")
                && !(0x09...0x0D ~= text[end + 2])
        case UInt8(ascii: "1"):
            return (text[end + 1] == UInt8(ascii: ".") || text[end + 1] == UInt8(ascii: ")")) && line.count > 3
                && text[end + 2] == UInt8(ascii: " ") && text[end + 3] > UInt8(ascii: " ")
        default: return false
        }
    }

    private mutating func end(_ line: Line, _ block: inout Block, at index: Int) {
        guard line.isBlank else {
            if block.lines == 0 { (block.start, block.pipeEnd) = (line.start, line.start) }
            block.end = index
            block.lines += 1
            block.columns = max(block.columns, line.pipes + 1)
            block.longest = max(block.longest, index - line.start)
            block.hasRule = block.hasRule || line.isRule
            self.addSteps(of: line, &block, at: index)
            self.atSigns += line.atSigns
            // The rest of the line for each, of which the parser takes this many.
            self.copiedBytes += min(line.atSigns, 1_000) * (index - line.start)
            return
        }
        self.tagBytes += block.tags * (block.end - block.start)
        self.addEmphasis(of: &block)
        if block.hasRule {
            self.cells += block.lines * block.columns
            self.tableBytes += block.lines * block.longest
        }
        block = Block()
    }

    private mutating func addEmphasis(of block: inout Block) {
        self.emphasisSteps += block.delimiters * (block.delimiters + 4 * block.brackets)
        (block.delimiters, block.brackets) = (0, 0)
    }

    private mutating func addSteps(of line: Line, _ block: inout Block, at index: Int) {
        let columns = line.pipes + 1
        // A cell is allocated in as much time as some hundred bytes are read.
        block.rowSteps += index - block.pipeEnd + columns * (columns + 100)
        block.pipeEnd = line.pipeEnd ?? block.pipeEnd
        // Beyond the limit it could overflow.
        guard self.tableSteps <= Self.mostTableSteps else { return }
        if line.isRule {
            self.tableSteps += block.rowSteps
        } else if block.hasRule {
            self.tableSteps += columns * columns
        }
    }

    private static let mostTableSteps = 50_000_000

    /// The text must not be parsed at all.
    var isExcessive: Bool {
        self.brackets > 20_000 || self.nesting.steps > 20_000_000 || self.nesting.deepest > 1_000
            || self.tagBytes > 20_000_000 || self.emphasisSteps > 250_000_000
    }
    /// The number of possible cells is proportionate to the text's size.
    var allowsTables: Bool {
        self.cells <= min(self.size + 10_000, 60_000) && self.tableBytes <= 4 << 20
            && self.tableSteps <= Self.mostTableSteps
    }
    /// For each address, all emphasis around it is visited.
    var allowsAutolinks: Bool {
        self.atSigns <= 20_000 && self.addressBytes <= 20_000_000 && self.signs * self.atSigns <= 20_000_000
            && self.copiedBytes <= 64 << 20
    }
    /// The maximum size of an address, as HTML, and title together, given that each bracket may use them.
    var longestReference: Int { (4 << 20) / max(self.brackets, 1) }
}
