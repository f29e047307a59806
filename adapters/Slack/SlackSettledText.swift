/// The beginning of a preview's rendered text that more text will not change.
///
/// The adapter gets a preview only after the composer has joined its blocks, so this recognises them again by the forms
/// that ``SlackFormattingWriter`` writes: the two change together.
enum SlackSettledText {
    /// Ends before the last block; in a list before its last line, in a fence before the last line of code; in a
    /// paragraph or an item after its last settled word. The closing fence may exist only in the preview.
    static func prefix(of preview: String) -> String {
        var end = preview.utf8.startIndex
        var blockStart = end
        var lineStart = end
        var fence: Substring?
        var isList = false
        // In a paragraph or an item, the settled words of the last line count as well.
        var hasWords = false
        var lines = 0
        // The start of the table that is the current block, or was the previous one.
        var table: String.Index?
        while lineStart < preview.endIndex {
            let lineEnd = preview.utf8[lineStart...].firstIndex(of: 0x0A) ?? preview.utf8.endIndex
            let line = preview[lineStart..<lineEnd]
            let next = lineEnd < preview.endIndex ? preview.utf8.index(after: lineEnd) : preview.endIndex
            let text = line.drop { $0 == " " || $0 == ">" }
            if let open = fence {
                if text.hasPrefix(open), text.dropFirst(open.count).allSatisfy({ $0 == "`" }) {
                    fence = nil
                    lines = 0
                    // As the last line, it may have been added only for this preview.
                    if next == preview.endIndex { return String(preview[..<end]) }
                    blockStart = next
                    end = next
                    hasWords = false
                } else {
                    // The text before this line is settled. This line may be incomplete; before the second line of
                    // code, so may the fence's language.
                    lines += 1
                    if lines > 1 { end = lineStart }
                }
            } else if text.hasPrefix("```") {
                fence = text.prefix { $0 == "`" }
                isList = false
                hasWords = false
                lines = 0
                end = lineStart
            } else if line.allSatisfy({ $0 == " " || $0 == ">" }) {
                blockStart = next
                end = next
                isList = false
                hasWords = false
                lines = 0
            } else {
                if lines == 0 {
                    isList = Self.beginsItem(text)
                    hasWords = isList || !line.hasPrefix(">") && Self.isParagraph(text)
                    // A bar after a table begins its next row.
                    if text != "\\|" { table = text.hasPrefix("|") ? lineStart : nil }
                }
                lines += 1
                end = isList ? lineStart : text == "\\|" ? table ?? blockStart : blockStart
            }
            lineStart = next
        }
        return String(preview[..<(hasWords ? Self.endOfWords(in: preview, from: end) : end)])
    }

    private static func beginsItem(_ line: Substring) -> Bool {
        if line.hasPrefix("- ") { return true }
        let digits = line.prefix { $0.isASCII && $0.isNumber }
        return !digits.isEmpty && line.dropFirst(digits.count).hasPrefix(". ")
    }

    // MARK: Words

    /// Whether a block that begins with `line` is so far a paragraph.
    private static func isParagraph(_ line: Substring) -> Bool {
        guard let first = line.utf8.first else { return false }
        return ![UInt8(ascii: "#"), UInt8(ascii: "|"), UInt8(ascii: ">"), UInt8(ascii: "\\")].contains(first)
    }

    /// Where the settled words from `start`, the beginning of a line, end; `start` if there are none.
    ///
    /// A mark that is still open is rendered as an escaped character and becomes a mark when it is closed. So the
    /// settled words end before the first character that is escaped or could begin something, and always before the
    /// last word.
    private static func endOfWords(in text: String, from start: String.Index) -> String.Index {
        let bytes = text.utf8
        var index = start
        var end = start
        var lineStart = start
        while index < bytes.endIndex {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: " "), 0x0A:
                let next = bytes.index(after: index)
                if !self.isMarker(bytes[lineStart..<index]) { end = next }
                if byte == 0x0A { lineStart = next }
                index = next
            case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "`"):
                guard let after = self.skip(byte, in: bytes, at: index) else { return end }
                index = after
            case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "|"), UInt8(ascii: "\\"): return end
            case UInt8(ascii: "<"), UInt8(ascii: "&"):
                let next = bytes.index(after: index)
                guard next < bytes.endIndex, bytes[next] == UInt8(ascii: " ") else { return end }
                index = next
            default: index = bytes.index(after: index)
            }
        }
        return end
    }

    /// An item's marker alone is not a word.
    private static func isMarker(_ words: Substring.UTF8View) -> Bool {
        words.allSatisfy { byte in
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                || (0x30...0x39).contains(byte)
        }
    }

    /// The position after a mark at `index` and the text it marks; nil when it is not closed within its line. A single
    /// mark before a blank marks nothing.
    private static func skip(_ mark: UInt8, in bytes: String.UTF8View, at index: String.Index) -> String.Index? {
        let run = bytes[index...].prefix { $0 == mark }
        let length = run.count
        guard run.endIndex < bytes.endIndex else { return nil }
        let isAlone = length == 1 && mark != UInt8(ascii: "`") && bytes[run.endIndex] == UInt8(ascii: " ")
        if isAlone { return run.endIndex }
        var rest = run.endIndex
        while rest < bytes.endIndex, bytes[rest] != 0x0A {
            let byte = bytes[rest]
            if byte == mark {
                let other = bytes[rest...].prefix { $0 == mark }
                if other.count == length { return other.endIndex }
                // Nested marks are rare; they wait for the end of the block.
                guard mark == UInt8(ascii: "`") else { return nil }
                rest = other.endIndex
            } else if mark != UInt8(ascii: "`"),
                [UInt8(ascii: "\\"), UInt8(ascii: "["), UInt8(ascii: "<"), UInt8(ascii: "&")].contains(byte)
            {
                return nil
            } else {
                rest = bytes.index(after: rest)
            }
        }
        return nil
    }
}
