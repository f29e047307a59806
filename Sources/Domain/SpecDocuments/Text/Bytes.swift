internal import Primitives

/// Reading ASCII syntax in bytes. Document structure is ASCII in every language, and bytes keep what is not UTF-8.
extension ArraySlice<UInt8> {
    package var text: String { StreamSafeText.of(String(decoding: self, as: UTF8.self)) }

    /// Without spaces, tabs and carriage returns at both ends.
    var trimmed: ArraySlice<UInt8> {
        var slice = self
        while let byte = slice.first, byte.isSpace { slice = slice.dropFirst() }
        while let byte = slice.last, byte.isSpace { slice = slice.dropLast() }
        return slice
    }

    var isBlank: Bool { self.allSatisfy(\.isSpace) }

    func begins(with prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        guard self.count >= count else { return false }
        return prefix.withUTF8Buffer { buffer in
            for offset in 0..<count where self[self.startIndex + offset] != buffer[offset] { return false }
            return true
        }
    }

    /// Whether it begins with an ASCII text in lower case, whatever the case here.
    func beginsIgnoringCase(with prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        guard self.count >= count else { return false }
        return prefix.withUTF8Buffer { buffer in
            for offset in 0..<count where self[self.startIndex + offset].lowercased != buffer[offset] { return false }
            return true
        }
    }

    /// Where an ASCII text in lower case first occurs, whatever the case here.
    func index(ofIgnoringCase text: StaticString) -> Int? {
        let count = text.utf8CodeUnitCount
        guard self.count >= count, count > 0 else { return nil }
        let first = text.withUTF8Buffer { $0[0] }
        for index in self.startIndex...(self.endIndex - count)
        where self[index].lowercased == first && self[index...].beginsIgnoringCase(with: text) { return index }
        return nil
    }

    /// Where a whole word first occurs: an ASCII text in lower case, with no letter or digit next to it.
    func index(ofWord word: StaticString) -> Int? {
        var rest = self
        while let index = rest.index(ofIgnoringCase: word) {
            let end = index + word.utf8CodeUnitCount
            let isStart = index == self.startIndex || !self[index - 1].isWordByte
            if isStart, end == self.endIndex || !self[end].isWordByte { return index }
            rest = rest[(index + 1)...]
        }
        return nil
    }

    /// The number at the start, and the rest; nil without a digit or with more than nine.
    func leadingNumber() -> (value: Int, digits: Int, rest: ArraySlice<UInt8>)? {
        let digits = self.prefix { $0.isDigit }
        guard 1...9 ~= digits.count else { return nil }
        return (digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }, digits.count, self[digits.endIndex...])
    }
}

extension UInt8 {
    var isSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0D }
    package var isDigit: Bool { 0x30...0x39 ~= self }
    var isUppercase: Bool { 0x41...0x5A ~= self }
    var isLowercase: Bool { 0x61...0x7A ~= self }
    var lowercased: UInt8 { self.isUppercase ? self | 0x20 : self }
    /// An ASCII letter or digit, or an underscore. Other scripts end a word: Japanese writes `FR-001は` without a space.
    var isWordByte: Bool { self.isDigit || self.isUppercase || self.isLowercase || self == 0x5F }
}
