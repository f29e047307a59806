internal import Primitives

/// What a complete message adds to what it showed before it was deleted. Pure.
enum UnseenText {
    /// The rest of `whole` after what it shares with `shown`, from the beginning of a word; nil if nothing is left. Both are
    /// in the platform's markup.
    static func rest(of whole: String, after shown: String) -> String? {
        let bytes = Array(whole.utf8)
        var start = zip(bytes, shown.utf8).prefix { $0 == $1 }.count
        start = Self.wordStart(in: bytes, at: start)
        start = Self.tagStart(in: bytes, at: start)
        let rest = bytes[start...].drop { $0 == Self.space || $0 == Self.newline }
        guard !rest.isEmpty else { return nil }
        let isWithinLine = start > 0 && !bytes[(start - 1)..<rest.startIndex].contains(Self.newline)
        let text = (isWithinLine ? "… " : "") + String(decoding: rest, as: UTF8.self)
        return Self.openFence(before: start, in: bytes).map { "\($0)\n\(text)" } ?? text
    }

    private static let (space, newline) = (UInt8(ascii: " "), UInt8(ascii: "\n"))
    /// Longer words (of languages without spaces, too) are cut.
    private static let wordLimit = 40

    private static func wordStart(in bytes: [UInt8], at end: Int) -> Int {
        // Between words, or at the end.
        guard end < bytes.count, bytes[end] != Self.space, bytes[end] != Self.newline else { return end }
        let before = bytes[max(0, end - Self.wordLimit)..<end]
        if let last = before.lastIndex(where: { $0 == Self.space || $0 == Self.newline }) { return last + 1 }
        if end <= Self.wordLimit { return 0 }
        var start = end
        while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    /// Not within a tag.
    private static func tagStart(in bytes: [UInt8], at start: Int) -> Int {
        guard let open = bytes[..<start].lastIndex(of: UInt8(ascii: "<")),
            !bytes[open..<start].contains(UInt8(ascii: ">")), open + 1 < bytes.count,
            case let next = bytes[open + 1],
            next == UInt8(ascii: "/") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(next)
        else { return start }
        return open
    }

    /// The line that opens the fence in which `start` is; nil outside of fences.
    private static func openFence(before start: Int, in bytes: [UInt8]) -> String? {
        var open: String?
        for line in bytes[..<start].split(separator: Self.newline) where line.starts(with: "```".utf8) {
            open = open == nil ? String(decoding: line, as: UTF8.self) : nil
        }
        return open
    }
}
