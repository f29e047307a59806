/// Estimates how many lists and quotes are open around each line of a text: never too few, and for ordinary texts hardly
/// too many.
struct MarkdownNesting {
    /// The open lists and quotes of all lines, times what the line has to say: its bytes after the marks, and its end.
    private(set) var steps = 0

    /// The most that are open around a line.
    private(set) var deepest = 0

    /// Open around the last line that was not blank.
    private var depth = 0
    private var isAfterBlank = true
    /// The list items so far: indentation cannot continue more.
    private var items = 0

    mutating func add(_ line: Range<Int>, of text: Span<UInt8>) {
        let start = Start(line, of: text)
        if !start.isBlank {
            // An item's content is indented by two columns or more.
            let depth = start.quotes + min(start.columns / 2, self.items) + start.items
            // Below other text, a line may continue its paragraph without any indentation.
            self.depth = self.isAfterBlank ? depth : max(self.depth, depth)
            self.deepest = max(self.deepest, self.depth)
            self.items += start.items
        }
        self.isAfterBlank = start.isBlank
        self.steps += self.depth * (line.upperBound - start.end + 1)
    }

    /// The marks at the beginning of a line.
    private struct Start {
        var quotes = 0
        var items = 0
        /// The width of the blanks before the first item.
        var columns = 0
        var end: Int
        var isBlank = false

        init(_ line: Range<Int>, of text: Span<UInt8>) {
            self.end = line.lowerBound
            // The parser skips a byte order mark.
            if self.end == 0, line.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF { self.end = 3 }
            var run: (mark: UInt8, count: Int) = (0, 0)
            scan: while self.end < line.upperBound {
                let byte = text[self.end]
                switch byte {
                case UInt8(ascii: " "), UInt8(ascii: "\t"):
                    if self.items == 0 { self.columns += byte == UInt8(ascii: " ") ? 1 : 4 }
                    self.end += 1
                case UInt8(ascii: ">"):
                    self.quotes += 1
                    self.end += 1
                    run = (0, 0)
                default:
                    guard let end = Self.itemEnd(self.end, line, of: text) else { return }
                    self.items += 1
                    self.end = end
                    run = (byte, run.mark == byte ? run.count + 1 : 1)
                }
            }
            self.isBlank = self.items == 0
            // A rule such as `* * *`.
            let isRule = run.mark == UInt8(ascii: "*") || run.mark == UInt8(ascii: "-")
            if isRule, run.count >= 3 { self.items -= run.count }
        }

        /// The end of the bullet or number at `start`, before a blank or the line's end.
        private static func itemEnd(_ start: Int, _ line: Range<Int>, of text: Span<UInt8>) -> Int? {
            var end = start
            switch text[start] {
            case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "*"): end += 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                while end < line.upperBound, end - start < 9, 0x30...0x39 ~= text[end] { end += 1 }
                guard end < line.upperBound, text[end] == UInt8(ascii: ".") || text[end] == UInt8(ascii: ")")
                else { return nil }
                end += 1
            default: return nil
            }
            guard end == line.upperBound || text[end] == UInt8(ascii: " ") || text[end] == UInt8(ascii: "\t")
            else { return nil }
            return end
        }
    }
}
