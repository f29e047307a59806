/// Walks over JSON text without building a tree. Pure.
///
/// In text that is not JSON it finds some prefix of it, or nothing; whoever needs more has to parse.
struct JSONCursor: Sendable {
    private let bytes: [UInt8]
    private(set) var position: Int

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// Whether the next value is an object, which is then entered.
    mutating func enterObject() -> Bool { self.take(UInt8(ascii: "{")) }

    /// Whether the next value is an array, which is then entered.
    mutating func enterArray() -> Bool { self.take(UInt8(ascii: "[")) }

    /// Goes to the next member's value, and returns the member's name as it is written; nil at the end of the object.
    mutating func nextMember() -> ArraySlice<UInt8>? {
        _ = self.take(UInt8(ascii: ","))
        guard let name = self.string(), self.take(UInt8(ascii: ":")) else { return nil }
        return name
    }

    /// Goes to the next element; returns false at the end of the array.
    mutating func nextElement() -> Bool {
        _ = self.take(UInt8(ascii: ","))
        self.skipBlanks()
        return self.position < self.bytes.count && self.bytes[self.position] != UInt8(ascii: "]")
    }

    /// Goes behind an array that has no more elements.
    mutating func leaveArray() -> Bool { self.take(UInt8(ascii: "]")) }

    /// Takes a string, and returns what is between its quotes as it is written; nil for another value.
    mutating func string() -> ArraySlice<UInt8>? {
        self.skipBlanks()
        guard self.position < self.bytes.count, self.bytes[self.position] == UInt8(ascii: "\"") else { return nil }
        let start = self.position + 1
        guard let end = self.endOfString(from: start) else { return nil }
        self.position = end + 1
        return self.bytes[start..<end]
    }

    /// Skips the next value; returns false if it has no end, or if there is no value.
    mutating func skipValue() -> Bool {
        self.skipBlanks()
        let start = self.position
        var depth = 0
        while self.position < self.bytes.count {
            switch self.bytes[self.position] {
            case UInt8(ascii: "\""):
                guard let end = self.endOfString(from: self.position + 1) else { return false }
                self.position = end + 1
                if depth == 0 { return true }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                self.position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // The end of what surrounds a number or a word. Without one there is no progress.
                guard depth > 0 else { return self.position > start }
                depth -= 1
                self.position += 1
                if depth == 0 { return true }
            case UInt8(ascii: ",") where depth == 0: return self.position > start
            default: self.position += 1
            }
        }
        return false
    }

    private func endOfString(from start: Int) -> Int? {
        var index = start
        while index < self.bytes.count {
            switch self.bytes[index] {
            case UInt8(ascii: "\""): return index
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        return nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        self.skipBlanks()
        guard self.position < self.bytes.count, self.bytes[self.position] == byte else { return false }
        self.position += 1
        return true
    }

    private mutating func skipBlanks() {
        while self.position < self.bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(self.bytes[self.position]) {
            self.position += 1
        }
    }
}
