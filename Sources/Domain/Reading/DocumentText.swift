internal import Primitives

/// The text of a document as a model gets it. Pure.
enum DocumentText {
    /// At most `limit` characters (Unicode scalars) of `bytes`, and a line that says so where that is not all of it.
    ///
    /// - Parameter isWhole: Whether `bytes` are all of the text.
    static func shown(_ bytes: [UInt8], isWhole: Bool, limit: Int) -> String {
        var kept = String.UnicodeScalarView()
        var all = 0
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars where Self.isShown(scalar) {
            all += 1
            if all <= limit { kept.append(scalar) }
        }
        let text = StreamSafeText.of(String(kept))
        guard kept.contains(where: { !$0.properties.isWhitespace }) else { return "" }
        guard all > limit || !isWhole else { return text }
        return "\(text)\n\(ReadingTexts.cut(min(all, limit), of: all, isMore: !isWhole))"
    }

    /// No control characters besides white space.
    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && scalar.value != 0x7F || scalar == "\n" || scalar == "\t"
    }
}
