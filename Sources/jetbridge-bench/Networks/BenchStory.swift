/// A long answer, token by token, as a model would write it: words, sentences, paragraphs, a list and code now and then.
///
/// Each word is numbered, so that nothing can be lost unnoticed; the last tokens tell when they were written.
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

    /// How many different tokens there are in a text.
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
    /// Where a text stands the last time.
    fileprivate func range(of other: String) -> Range<String.Index>? { self.ranges(of: other).last }
}
