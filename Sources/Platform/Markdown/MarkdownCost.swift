/// What could make a text cost more than its length, told before it is parsed.
///
/// cmark-gfm 0.29.0.gfm.6 is quadratic in a few constructs (its changelog from gfm.7 on): brackets that are never
/// closed, at signs next to each other, and tables whose short rows are filled up to the head's columns. 100 KB of
/// such text took from a second to all memory.
struct MarkdownCost {
    private var brackets = 0
    private var atSigns = 0
    private var lines = 1
    private var columns = 1
    private let size: Int

    init(_ text: Span<UInt8>) {
        self.size = text.count
        var pipes = 0
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                self.lines += 1
                self.columns = max(self.columns, pipes + 1)
                pipes = 0
            case UInt8(ascii: "|"): pipes += 1
            case UInt8(ascii: "["): self.brackets += 1
            case UInt8(ascii: "@"): self.atSigns += 1
            default: break
            }
        }
        self.columns = max(self.columns, pipes + 1)
    }

    /// Not to be parsed at all.
    var isExcessive: Bool { self.brackets > 20_000 }
    /// As many cells as could come to be bear a relation to the text's size.
    var allowsTables: Bool { self.columns * self.lines <= 2 * self.size + 100_000 }
    var allowsAutolinks: Bool { self.atSigns <= 20_000 }
}
