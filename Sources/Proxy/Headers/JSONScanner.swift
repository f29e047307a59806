internal import HTTP

/// Reads JSON (RFC 8259) without building a tree: a request's body may have megabytes. Pure.
///
/// It is strict, because no server may read something else from the same bytes. Only the text's encoding is not checked.
struct JSONScanner {
    struct Malformed: Error {}

    private let text: [UInt8]
    private(set) var position: Int
    /// Nothing of the object or array that was entered last has been read.
    private var isAtFirst = false

    init(_ text: [UInt8], at position: Int = 0) {
        self.text = text
        self.position = position
    }

    /// Whether only white space is left.
    var isAtEnd: Bool {
        mutating get {
            self.skipSpace()
            return self.position == self.text.count
        }
    }

    // MARK: Objects and arrays

    /// Whether the next value is an object, which is then entered.
    mutating func enterObject() -> Bool { self.enter(UInt8(ascii: "{")) }

    /// Whether the next value is an array, which is then entered.
    mutating func enterArray() -> Bool { self.enter(UInt8(ascii: "[")) }

    private mutating func enter(_ bracket: UInt8) -> Bool {
        self.skipSpace()
        guard self.take(bracket) else { return false }
        self.isAtFirst = true
        return true
    }

    /// Goes to the next member's value. Returns where its name is, without the quotes, or leaves the object at its end.
    mutating func nextMember() throws(Malformed) -> Range<Int>? {
        guard try self.next(before: UInt8(ascii: "}")) else { return nil }
        let name = try self.string()
        self.skipSpace()
        try self.expect(UInt8(ascii: ":"))
        self.skipSpace()
        return name
    }

    /// Goes to the next element. Returns false at the end of the array, which is left.
    mutating func nextElement() throws(Malformed) -> Bool { try self.next(before: UInt8(ascii: "]")) }

    private mutating func next(before bracket: UInt8) throws(Malformed) -> Bool {
        defer { self.isAtFirst = false }
        self.skipSpace()
        guard !self.take(bracket) else { return false }
        if !self.isAtFirst {
            try self.expect(UInt8(ascii: ","))
            self.skipSpace()
        }
        return true
    }

    // MARK: Values

    /// Whether the next value is a string.
    var isAtString: Bool { self.next == UInt8(ascii: "\"") }

    /// Where the next string is, without its quotes, as it is written.
    mutating func string() throws(Malformed) -> Range<Int> {
        try self.expect(UInt8(ascii: "\""))
        let start = self.position
        while let byte = self.next {
            self.position += 1
            switch byte {
            case UInt8(ascii: "\""): return start..<self.position - 1
            case UInt8(ascii: "\\"): try self.escape()
            case ..<0x20: throw Malformed()
            default: break
            }
        }
        throw Malformed()
    }

    /// Skips a value of any depth, without recursion.
    mutating func skipValue() throws(Malformed) {
        /// For each open object or array: whether it is an object.
        var open: [Bool] = []
        repeat {
            if self.enterObject() {
                open.append(true)
            } else if self.enterArray() {
                open.append(false)
            } else {
                try self.skipScalar()
            }
            while let isObject = open.last {
                guard try isObject ? self.nextMember() == nil : !self.nextElement() else { break }
                open.removeLast()
            }
        } while !open.isEmpty
    }

    private mutating func skipScalar() throws(Malformed) {
        switch self.next {
        case UInt8(ascii: "\""): _ = try self.string()
        case UInt8(ascii: "t"): try self.word("true")
        case UInt8(ascii: "f"): try self.word("false")
        case UInt8(ascii: "n"): try self.word("null")
        default: try self.number()
        }
    }

    private mutating func word(_ word: String) throws(Malformed) {
        for byte in word.utf8 { try self.expect(byte) }
    }

    private mutating func number() throws(Malformed) {
        _ = self.take(UInt8(ascii: "-"))
        if !self.take(UInt8(ascii: "0")) { try self.digits() }
        if self.take(UInt8(ascii: ".")) { try self.digits() }
        if self.take(UInt8(ascii: "e")) || self.take(UInt8(ascii: "E")) {
            if !self.take(UInt8(ascii: "+")) { _ = self.take(UInt8(ascii: "-")) }
            try self.digits()
        }
    }

    /// At least one.
    private mutating func digits() throws(Malformed) {
        let start = self.position
        while let byte = self.next, (0x30...0x39).contains(byte) { self.position += 1 }
        guard self.position > start else { throw Malformed() }
    }

    /// What follows a backslash.
    private mutating func escape() throws(Malformed) {
        guard let byte = self.next else { throw Malformed() }
        self.position += 1
        if byte == UInt8(ascii: "u") {
            for _ in 0..<4 {
                guard self.next?.hexadecimalValue != nil else { throw Malformed() }
                self.position += 1
            }
        } else if !Self.escapes.contains(byte) {
            throw Malformed()
        }
    }

    private static let escapes = ByteSet("\"\\/bfnrt")

    // MARK: Bytes

    private var next: UInt8? { self.position < self.text.count ? self.text[self.position] : nil }

    private mutating func skipSpace() {
        while let byte = self.next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { self.position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard self.next == byte else { return false }
        self.position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(Malformed) {
        guard self.take(byte) else { throw Malformed() }
    }
}
