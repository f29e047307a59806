/// A long answer, token by token, like a model's: words, sentences, paragraphs, headings and lists.
///
/// Each word is numbered, so that no loss goes unnoticed; the last token contains the time it was written.
enum BenchStory {
    static let ending = "Ended at "

    static func token(_ number: Int, of count: Int) -> String {
        if number == count - 1 { return "\n\n\(Self.ending)\(BenchClock.microseconds())." }
        switch number % 200 {
        case 0: return (number == 0 ? "" : "\n\n") + "## Part \(number / 200 + 1)\n\nw\(number)"
        case 150: return "\n\n- w\(number)"
        case 160, 170: return "\n- w\(number)"
        case 180: return "\n\nAnd w\(number)"
        default: return (number % 12 == 0 ? ". Then" : "") + " w\(number)"
        }
    }

    /// The number of different tokens in a text.
    static func count(in text: String) -> Int {
        var numbers: Set<Int> = []
        var rest = text.utf8[...]
        while let start = rest.firstIndex(of: UInt8(ascii: "w")) {
            rest = rest[rest.index(after: start)...]
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            if let number = Int(Substring(digits)) { numbers.insert(number) }
            rest = rest[digits.endIndex...]
        }
        return numbers.count
    }

    /// When the last token was written, in microseconds since 1970.
    static func endTime(in text: String) -> Int64? {
        guard let range = text.range(of: Self.ending) else { return nil }
        return Int64(text[range.upperBound...].prefix(while: \.isNumber))
    }
}

extension String {
    /// The last occurrence of a text.
    fileprivate func range(of other: String) -> Range<String.Index>? { self.ranges(of: other).last }
}
