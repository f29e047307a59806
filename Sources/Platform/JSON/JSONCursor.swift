internal import Primitives

/// A place in a JSON text (RFC 8259) that moves from token to token.
///
/// The parser and readers that build no tree share it, so that no two of them read different things from the same bytes.
/// It does not check that strings are valid UTF-8.
package struct JSONCursor: Sendable {
    /// Where a string is, without its quotes.
    package struct Text: Sendable {
        package let range: Range<Int>
        let hasEscapes: Bool
    }

    package private(set) var position: Int

    package init(at position: Int = 0) {
        self.position = position
    }

    package func next(_ bytes: Span<UInt8>) -> UInt8? {
        self.position < bytes.count ? bytes[self.position] : nil
    }

    package mutating func skipSpace(_ bytes: Span<UInt8>) {
        while self.position < bytes.count {
            switch bytes[self.position] {
            case 0x20, 0x0A, 0x0D, 0x09: self.position += 1
            default: return
            }
        }
    }

    package mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard self.position < bytes.count, bytes[self.position] == byte else { return false }
        self.position += 1
        return true
    }

    // MARK: Objects and arrays

    /// Goes to the next element, or past the end of its array or object: then it returns false.
    ///
    /// - Parameter isFirst: Nothing of the array or object has been read.
    package mutating func nextElement(
        before bracket: UInt8 = UInt8(ascii: "]"), isFirst: Bool, _ bytes: Span<UInt8>
    ) throws(JSONError) -> Bool {
        self.skipSpace(bytes)
        if self.take(bracket, bytes) { return false }
        if isFirst { return true }
        try self.expect(
            UInt8(ascii: ","), bracket == UInt8(ascii: "]") ? "expected a comma or ]" : "expected a comma or }", bytes)
        self.skipSpace(bytes)
        return true
    }

    /// Goes to the next member's value and returns its name, or goes past the end of the object and returns nil.
    package mutating func nextMember(isFirst: Bool, _ bytes: Span<UInt8>) throws(JSONError) -> Text? {
        guard try self.nextElement(before: UInt8(ascii: "}"), isFirst: isFirst, bytes) else { return nil }
        guard let byte = self.next(bytes) else { throw self.ended("an object") }
        guard byte == UInt8(ascii: "\"") else { throw self.error("expected a key in double quotes") }
        let name = try self.string(bytes)
        self.skipSpace(bytes)
        try self.expect(UInt8(ascii: ":"), "expected a colon", bytes)
        self.skipSpace(bytes)
        return name
    }

    private mutating func expect(_ byte: UInt8, _ message: String, _ bytes: Span<UInt8>) throws(JSONError) {
        if self.take(byte, bytes) { return }
        guard self.position < bytes.count else { throw self.ended("an object or array") }
        throw self.error(message)
    }

    /// Skips a value of any depth, of which only strings and brackets are looked at.
    mutating func skipValue(_ bytes: Span<UInt8>) throws(JSONError) {
        var open = 0
        repeat {
            self.skipSpace(bytes)
            switch self.next(bytes) {
            case UInt8(ascii: "{"), UInt8(ascii: "["): open += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): open -= 1
            case UInt8(ascii: ","), UInt8(ascii: ":"): break
            default:
                try self.skipScalar(bytes)
                continue
            }
            self.position += 1
        } while open > 0
    }

    // MARK: Scalars

    /// Skips a value that is neither an object nor an array.
    package mutating func skipScalar(_ bytes: Span<UInt8>) throws(JSONError) {
        guard let first = self.next(bytes) else { throw self.ended("a value") }
        switch first {
        case UInt8(ascii: "\""): _ = try self.string(bytes)
        case UInt8(ascii: "t"): try self.word("true", bytes)
        case UInt8(ascii: "f"): try self.word("false", bytes)
        case UInt8(ascii: "n"): try self.word("null", bytes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try self.number(bytes)
        default: throw self.error("expected a value")
        }
    }

    mutating func word(_ word: StaticString, _ bytes: Span<UInt8>) throws(JSONError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard self.position < bytes.count else { throw self.ended("a word") }
            guard unsafe bytes[self.position] == word.utf8Start[index] else { throw self.error("unknown word") }
            self.position += 1
        }
    }

    /// Skips a string; the next byte is its first quote.
    package mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> Text {
        self.position += 1
        let start = self.position
        var hasEscapes = false
        while self.position < bytes.count {
            let byte = bytes[self.position]
            if byte == UInt8(ascii: "\"") {
                self.position += 1
                return Text(range: start..<self.position - 1, hasEscapes: hasEscapes)
            }
            if byte < 0x20 { throw self.error("a control character must be escaped") }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try self.skipEscape(bytes)
            } else {
                self.position += 1
            }
        }
        throw self.ended("a string")
    }

    private mutating func skipEscape(_ bytes: Span<UInt8>) throws(JSONError) {
        guard self.position + 1 < bytes.count else { throw self.ended("an escape") }
        switch bytes[self.position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            self.position += 2
        case UInt8(ascii: "u"):
            guard self.position + 6 <= bytes.count else { throw self.ended("an escape") }
            for index in self.position + 2..<self.position + 6 where bytes[index].hexadecimalValue == nil {
                throw JSONError(code: .syntax, offset: index, message: "expected a hexadecimal digit")
            }
            self.position += 6
        default: throw self.error("unknown escape")
        }
    }

    /// Skips a number. Returns whether it has neither a fraction nor an exponent.
    mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> Bool {
        _ = self.take(UInt8(ascii: "-"), bytes)
        let leading = self.position
        try self.digits(bytes)
        if self.position - leading > 1, bytes[leading] == UInt8(ascii: "0") {
            throw JSONError(code: .number, offset: leading, message: "a number must not have a leading zero")
        }
        var isWhole = true
        if self.take(UInt8(ascii: "."), bytes) {
            isWhole = false
            try self.digits(bytes)
        }
        if self.position < bytes.count, bytes[self.position] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            self.position += 1
            if !self.take(UInt8(ascii: "+"), bytes) { _ = self.take(UInt8(ascii: "-"), bytes) }
            try self.digits(bytes)
        }
        return isWhole
    }

    /// Skips digits, of which there must be at least one.
    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = self.position
        while self.position < bytes.count, bytes[self.position] &- UInt8(ascii: "0") < 10 { self.position += 1 }
        if self.position > start { return }
        guard self.position < bytes.count else { throw self.ended("a number") }
        throw self.error("expected a digit")
    }

    // MARK: Errors

    func error(_ message: String) -> JSONError {
        JSONError(code: .syntax, offset: self.position, message: message)
    }

    func ended(_ what: String) -> JSONError {
        JSONError(code: .incomplete, offset: self.position, message: "the text ends inside \(what)")
    }
}
