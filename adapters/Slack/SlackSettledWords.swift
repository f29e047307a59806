/// The words of a growing paragraph's rendered text that more text will not change.
///
/// A mark that is open yet is rendered as an escaped character, and becomes a mark when its end comes. So what is settled
/// ends before the first character that is escaped, or could begin something, and always before the last word.
enum SlackSettledWords {
    /// Whether a block that begins with `line` is a paragraph for now.
    static func isParagraph(_ line: Substring) -> Bool {
        guard let first = line.utf8.first else { return false }
        return ![UInt8(ascii: "#"), UInt8(ascii: "|"), UInt8(ascii: ">"), UInt8(ascii: "\\")].contains(first)
    }

    /// Where the settled words of `text` end, from `start` on, which is the beginning of a line; `start` if there are none.
    static func end(in text: String, from start: String.Index) -> String.Index {
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
                guard let behind = self.skip(byte, in: bytes, at: index) else { return end }
                index = behind
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

    /// An item's mark alone is no word.
    private static func isMarker(_ words: Substring.UTF8View) -> Bool {
        words.allSatisfy { byte in
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                || (0x30...0x39).contains(byte)
        }
    }

    /// Behind a mark at `index`, and behind what it marks; nil where its end is not in its line. Marks of a line end there,
    /// and one between blanks is none.
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
                // Nested marks are rare, and wait for the block's end.
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
