internal import Primitives

/// Breaks runs of combining marks in what leaves the parser. The text that it was given has none, but entities make
/// some, and so does markup between marks, which renderers leave out.
struct MarkdownMarks {
    /// Texts without so many bytes in a row that are not ASCII are not looked at more closely, and a run of marks is at
    /// most so long.
    private static let shortest = 60

    /// The bytes since the last ASCII character, over all texts.
    private var run = 0
    private var safe = StreamSafeText()

    /// The next text with its runs broken; nil if it stays as it is.
    mutating func broken(_ bytes: Span<UInt8>) -> String? {
        var isLong = false
        for index in bytes.indices {
            self.run = bytes[index] < 0x80 ? 0 : self.run + 1
            if self.run > Self.shortest { isLong = true }
        }
        guard isLong else {
            self.safe = StreamSafeText()
            return nil
        }
        let text = String(decoding: bytes)
        let broken = self.safe.next(text)
        return broken.utf8.count == text.utf8.count ? nil : broken
    }
}
