internal import JSON

/// Finds the model that the JSON of a request names. Pure.
///
/// No server may read another model from the same bytes. So the text must be strictly valid (RFC 8259); a key counts
/// in any case, because Go's decoder ignores case; and of several such keys all must have the same value, because some
/// parsers take the first and others the last. Values are skipped without building a tree.
package struct ModelName {
    private struct Malformed: Error {}

    private let body: [UInt8]
    private var position = 0
    private var name: String?
    /// Where the values of the member are, with their quotes.
    private var values: [Range<Int>] = []
    /// Whether a key is spelled `model`, as servers expect it that respect case.
    private var hasExactKey = false

    private static let key = Array("model".utf8)

    private init(_ body: [UInt8]) {
        self.body = body
    }

    /// The value of the top-level member `model`; nil if it is missing, ambiguous or not a string, or if the text is not
    /// one valid JSON object.
    package static func find(in body: [UInt8]) -> String? {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: body.span)
        } catch {
            return nil
        }
        var scanner = ModelName(body)
        return try? scanner.find()
    }

    /// The body with another model in its place; nil if ``find(in:)`` finds none.
    static func replaced(in body: [UInt8], by model: String) -> [UInt8]? {
        guard Self.find(in: body) != nil else { return nil }
        var scanner = ModelName(body)
        guard (try? scanner.find()) != nil else { return nil }
        var body = body
        for range in scanner.values.reversed() { body.replaceSubrange(range, with: JSON.string(model).bytes) }
        return body
    }

    private mutating func find() throws(Malformed) -> String? {
        self.skipSpace()
        try self.expect(UInt8(ascii: "{"))
        self.skipSpace()
        guard !self.take(UInt8(ascii: "}")) else { throw Malformed() }
        repeat {
            self.skipSpace()
            let key = try self.string()
            try self.colon()
            if try self.isModel(key) { try self.takeName() } else { try self.skipValue() }
            self.skipSpace()
        } while self.take(UInt8(ascii: ","))
        try self.expect(UInt8(ascii: "}"))
        self.skipSpace()
        guard self.position == self.body.count else { throw Malformed() }
        return self.hasExactKey ? self.name : nil
    }

    private mutating func isModel(_ raw: Range<Int>) throws(Malformed) -> Bool {
        var key = self.body[raw]
        if key.contains(UInt8(ascii: "\\")) {
            let text = try self.decoded(raw)
            // Half a surrogate pair and NUL end or vanish in some parsers, which could make another key of this one.
            guard !text.unicodeScalars.contains(where: { $0 == "\0" || $0 == "\u{FFFD}" }) else { throw Malformed() }
            key = Array(text.utf8)[...]
        }
        guard key.count == Self.key.count, zip(key, Self.key).allSatisfy({ $0 | 0x20 == $1 }) else { return false }
        if key.elementsEqual(Self.key) { self.hasExactKey = true }
        return true
    }

    private mutating func takeName() throws(Malformed) {
        let raw = try self.string()
        let name = try self.decoded(raw)
        guard self.name?.utf8.elementsEqual(name.utf8) ?? true else { throw Malformed() }
        self.name = name
        self.values.append(raw.lowerBound - 1..<raw.upperBound + 1)
    }

    /// The text of a string without its quotes.
    private func decoded(_ raw: Range<Int>) throws(Malformed) -> String {
        guard let text = (try? JSON.parse(Array(self.body[raw.lowerBound - 1...raw.upperBound])))?.stringValue else {
            throw Malformed()
        }
        return text
    }

    // MARK: Values

    /// Skips a value of any depth, without recursion.
    private mutating func skipValue() throws(Malformed) {
        /// The brackets that close what is open.
        var open: [UInt8] = []
        while true {
            if self.take(UInt8(ascii: "{")) {
                self.skipSpace()
                if !self.take(UInt8(ascii: "}")) {
                    open.append(UInt8(ascii: "}"))
                    try self.member()
                    continue
                }
            } else if self.take(UInt8(ascii: "[")) {
                self.skipSpace()
                if !self.take(UInt8(ascii: "]")) {
                    open.append(UInt8(ascii: "]"))
                    continue
                }
            } else {
                try self.skipScalar()
            }
            guard try self.skipToNextValue(&open) else { return }
        }
    }

    /// After a value: closes brackets up to the next comma. False if none is left open.
    private mutating func skipToNextValue(_ open: inout [UInt8]) throws(Malformed) -> Bool {
        while let bracket = open.last {
            self.skipSpace()
            if self.take(UInt8(ascii: ",")) {
                self.skipSpace()
                if bracket == UInt8(ascii: "}") { try self.member() }
                return true
            }
            try self.expect(bracket)
            open.removeLast()
        }
        return false
    }

    /// A key and its colon.
    private mutating func member() throws(Malformed) {
        _ = try self.string()
        try self.colon()
    }

    private mutating func colon() throws(Malformed) {
        self.skipSpace()
        try self.expect(UInt8(ascii: ":"))
        self.skipSpace()
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

    /// The range between the quotes.
    private mutating func string() throws(Malformed) -> Range<Int> {
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

    /// What follows a backslash.
    private mutating func escape() throws(Malformed) {
        guard let byte = self.next else { throw Malformed() }
        self.position += 1
        if byte == UInt8(ascii: "u") {
            for _ in 0..<4 {
                guard let digit = self.next, UnicodeScalar(digit).properties.isASCIIHexDigit else { throw Malformed() }
                self.position += 1
            }
        } else if !Self.escapes.contains(byte) {
            throw Malformed()
        }
    }

    private static let escapes = Array("\"\\/bfnrt".utf8)

    // MARK: Bytes

    private var next: UInt8? { self.position < self.body.count ? self.body[self.position] : nil }

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
