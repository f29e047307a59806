/// `T001`, in descriptions also in ranges.
enum TaskID {
    /// Reads an id at the start of `bytes`: `T`, digits, and perhaps one lower-case letter.
    static func read(_ bytes: ArraySlice<UInt8>) -> (id: String, number: Int, end: Int)? {
        guard bytes.first == UInt8(ascii: "T"), let number = bytes.dropFirst().leadingNumber(), number.digits <= 6
        else {
            return nil
        }
        var end = number.rest.startIndex
        if let next = number.rest.first, next.isLowercase { end += 1 }
        guard end == bytes.endIndex || !bytes[end].isWordByte else { return nil }
        return (bytes[..<end].text, number.value, end)
    }

    /// The ids in a text, with ranges such as `T012–T016` written out. A word such as `T` or `T5a1` is not one.
    static func all(in text: ArraySlice<UInt8>) -> [String] {
        var ids: [String] = []
        var index = text.startIndex
        while index < text.endIndex {
            let isStart = index == text.startIndex || !text[index - 1].isWordByte
            guard text[index] == UInt8(ascii: "T"), isStart, let (id, number, end) = self.read(text[index...]),
                id.utf8.count >= 4
            else {
                index += 1
                continue
            }
            ids.append(id)
            index = end
            guard let rest = RangeMark.after(text[end...]), let last = self.read(rest), last.number > number,
                last.number - number <= 200
            else { continue }
            let width = id.utf8.dropFirst().prefix { $0.isDigit }.count
            for between in (number + 1)..<last.number { ids.append(self.id(between, width: width)) }
            ids.append(last.id)
            index = last.end
        }
        return ids
    }

    private static func id(_ number: Int, width: Int) -> String {
        let digits = String(number)
        return "T" + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
