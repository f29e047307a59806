extension String {
    /// Whether the bytes are the same. `==` takes a millisecond for texts of some kilobytes that are equal only as Unicode
    /// sees it, which is much where texts of others are compared one by one.
    package func hasBytes(of other: String) -> Bool {
        self.utf8.count == other.utf8.count && self.utf8.elementsEqual(other.utf8)
    }

    /// At most the first `count` bytes of UTF-8, without a part of a character at the end.
    package func beginning(bytes count: Int) -> String {
        guard self.utf8.count > count else { return self }
        var end = self.utf8.index(self.startIndex, offsetBy: max(0, count))
        while end.samePosition(in: self.unicodeScalars) == nil { end = self.utf8.index(before: end) }
        return String(self[..<end])
    }
}

extension StringProtocol {
    /// The words on one line, with a space between them.
    package var onOneLine: String { self.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    /// At most `limit` characters, the last of them “…” where there were more.
    package func abridged(to limit: Int) -> String {
        self.count > limit ? self.prefix(limit - 1) + "…" : String(self)
    }
}
