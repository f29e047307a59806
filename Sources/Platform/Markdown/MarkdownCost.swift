/// Recognises texts that would be disproportionately expensive to parse.
///
/// cmark-gfm 0.29.0.gfm.6 is quadratic in some constructs (see its changelog from gfm.7 on): unclosed brackets,
/// adjacent at signs, and tables whose short rows are padded to the head's columns. 100 KB of such text took a second
/// or more, or exhausted the memory.
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

    /// The text must not be parsed at all.
    var isExcessive: Bool { self.brackets > 20_000 }
    /// The number of possible cells is proportionate to the text's size.
    var allowsTables: Bool { self.columns * self.lines <= 2 * self.size + 100_000 }
    var allowsAutolinks: Bool { self.atSigns <= 20_000 }
}
