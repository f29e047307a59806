/// The box at the beginning of a list item: `[ ]`, `[x]`, what other programs write there, or what seems to be meant as one.
package struct MarkdownBox: Hashable, Sendable {
    /// The bytes between the brackets.
    package let inner: Range<Int>
    package let isTicked: Bool
    /// Whether all programs read it as a box.
    package let isWellFormed: Bool
    /// Whether a blank separates it from what follows.
    package let isApart: Bool
    /// What follows, without white space at both ends.
    package let content: ArraySlice<UInt8>

    private static let marks: Set<String> = [
        "x", "X", "✓", "✔", "✗", "✘", "~", "-", "*", "v", "V", "o", "/", ">", "!", "?",
    ]

    /// - Parameters:
    ///   - item: What follows the item's marker.
    ///   - isTight: Whether it follows directly, as in `-[ ]`.
    package init?(_ item: ArraySlice<UInt8>, isTight: Bool = false) {
        guard item.first == UInt8(ascii: "["), let end = item.prefix(6).firstIndex(of: UInt8(ascii: "]")) else {
            return nil
        }
        let inner = item[item.startIndex + 1..<end]
        let mark = String(decoding: MarkdownLine(inner).text, as: UTF8.self)
        var rest = item[(end + 1)...]
        // Behind the brackets of a link or a reference is one of these.
        guard mark.isEmpty || Self.marks.contains(mark), !(rest.first.map("([:".utf8.contains) ?? false) else {
            return nil
        }
        func isApart() -> Bool { rest.first.map(MarkdownLine.isSpace) ?? false }
        self.inner = inner.indices
        self.isTicked = mark == "x" || mark == "X"
        self.isWellFormed =
            !isTight && inner.count == 1 && (inner.first == UInt8(ascii: " ") || self.isTicked) && isApart()
        // Kiro marks optional tasks with a star behind the box.
        if rest.first == UInt8(ascii: "*"), rest.dropFirst().first.map(MarkdownLine.isSpace) ?? false {
            rest = rest.dropFirst()
        }
        self.isApart = isApart()
        self.content = MarkdownLine(rest).text
    }
}
