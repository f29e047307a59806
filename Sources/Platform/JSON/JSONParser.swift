extension JSON {
    /// The default limit on nested arrays and objects.
    package static let depthLimit = 64

    /// Reads a text that consists of one value, strictly by RFC 8259.
    ///
    /// Invalid UTF-8 is an error. An escaped surrogate without its other half becomes U+FFFD, because servers that cut
    /// text in the middle of an emoji send those. If a key repeats, the last value wins.
    package static func parse(_ bytes: Span<UInt8>, depthLimit: Int = JSON.depthLimit) throws(JSONError) -> JSON {
        var parser = JSONParser(depthLimit: depthLimit)
        return try parser.document(bytes)
    }

    package static func parse(_ bytes: [UInt8], depthLimit: Int = JSON.depthLimit) throws(JSONError) -> JSON {
        try self.parse(bytes.span, depthLimit: depthLimit)
    }

    package static func parse(_ text: String, depthLimit: Int = JSON.depthLimit) throws(JSONError) -> JSON {
        try self.parse(text.utf8Span.span, depthLimit: depthLimit)
    }
}

/// A recursive-descent parser over bytes; the depth limit bounds the stack.
struct JSONParser {
    private var position = 0
    private var depth = 0
    private let depthLimit: Int

    init(depthLimit: Int) {
        self.depthLimit = depthLimit
    }

    mutating func document(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        self.skipSpace(bytes)
        let value = try self.value(bytes)
        self.skipSpace(bytes)
        if self.position < bytes.count { throw self.error("unexpected text after the value") }
        return value
    }

    private mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        guard self.position < bytes.count else { throw self.ended("a value") }
        switch bytes[self.position] {
        case UInt8(ascii: "\""): return .string(try self.string(bytes))
        case UInt8(ascii: "{"): return try self.object(bytes)
        case UInt8(ascii: "["): return try self.array(bytes)
        case UInt8(ascii: "t"): return try self.word("true", .bool(true), bytes)
        case UInt8(ascii: "f"): return try self.word("false", .bool(false), bytes)
        case UInt8(ascii: "n"): return try self.word("null", .null, bytes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try self.number(bytes)
        default: throw self.error("expected a value")
        }
    }

    private mutating func word(
        _ word: StaticString, _ value: JSON, _ bytes: Span<UInt8>
    ) throws(JSONError) -> JSON {
        for index in 0..<word.utf8CodeUnitCount {
            guard self.position < bytes.count else { throw self.ended("a word") }
            guard unsafe bytes[self.position] == word.utf8Start[index] else { throw self.error("unknown word") }
            self.position += 1
        }
        return value
    }

    private mutating func object(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        try self.enter()
        var object = JSONObject()
        self.skipSpace(bytes)
        if self.take(UInt8(ascii: "}"), bytes) { return self.leave(.object(object)) }
        while true {
            guard self.position < bytes.count else { throw self.ended("an object") }
            guard bytes[self.position] == UInt8(ascii: "\"") else {
                throw self.error("expected a key in double quotes")
            }
            let key = try self.string(bytes)
            self.skipSpace(bytes)
            try self.expect(UInt8(ascii: ":"), "expected a colon", bytes)
            self.skipSpace(bytes)
            object[key] = try self.value(bytes)
            self.skipSpace(bytes)
            if self.take(UInt8(ascii: "}"), bytes) { return self.leave(.object(object)) }
            try self.expect(UInt8(ascii: ","), "expected a comma or }", bytes)
            self.skipSpace(bytes)
        }
    }

    private mutating func array(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        try self.enter()
        var array: [JSON] = []
        self.skipSpace(bytes)
        if self.take(UInt8(ascii: "]"), bytes) { return self.leave(.array(array)) }
        while true {
            array.append(try self.value(bytes))
            self.skipSpace(bytes)
            if self.take(UInt8(ascii: "]"), bytes) { return self.leave(.array(array)) }
            try self.expect(UInt8(ascii: ","), "expected a comma or ]", bytes)
            self.skipSpace(bytes)
        }
    }

    private mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> String {
        self.position += 1
        let start = self.position
        while self.position < bytes.count {
            let byte = bytes[self.position]
            if byte == UInt8(ascii: "\"") {
                defer { self.position += 1 }
                return try self.text(bytes, start..<self.position)
            }
            if byte == UInt8(ascii: "\\") { return try self.escapedString(bytes, from: start) }
            if byte < 0x20 { throw self.error("a control character must be escaped") }
            self.position += 1
        }
        throw self.ended("a string")
    }

    private func text(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> String {
        do throws(UTF8.ValidationError) {
            return String(copying: try UTF8Span(validating: bytes.extracting(range)))
        } catch {
            throw JSONError(
                code: .encoding, offset: range.lowerBound + error.byteOffsets.lowerBound, message: "invalid UTF-8")
        }
    }

    /// Continues a string at its first backslash; the text before it is copied.
    private mutating func escapedString(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> String {
        var text = try self.text(bytes, start..<self.position)
        var runStart = self.position
        while self.position < bytes.count {
            let byte = bytes[self.position]
            if byte == UInt8(ascii: "\"") {
                text += try self.text(bytes, runStart..<self.position)
                self.position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") {
                if runStart < self.position { text += try self.text(bytes, runStart..<self.position) }
                text.unicodeScalars.append(try self.escape(bytes))
                runStart = self.position
                continue
            }
            if byte < 0x20 { throw self.error("a control character must be escaped") }
            self.position += 1
        }
        throw self.ended("a string")
    }

    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        guard self.position + 1 < bytes.count else { throw self.ended("an escape") }
        let byte = bytes[self.position + 1]
        let scalar: Unicode.Scalar
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scalar = Unicode.Scalar(byte)
        case UInt8(ascii: "b"): scalar = "\u{8}"
        case UInt8(ascii: "f"): scalar = "\u{C}"
        case UInt8(ascii: "n"): scalar = "\n"
        case UInt8(ascii: "r"): scalar = "\r"
        case UInt8(ascii: "t"): scalar = "\t"
        case UInt8(ascii: "u"): return try self.unicodeEscape(bytes)
        default: throw self.error("unknown escape")
        }
        self.position += 2
        return scalar
    }

    private mutating func unicodeEscape(_ bytes: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        let unit = try self.hexUnit(bytes, at: self.position)
        self.position += 6
        if let scalar = Unicode.Scalar(unit) { return scalar }
        // A high surrogate is valid only if a low one follows immediately.
        guard (0xD800..<0xDC00).contains(unit), self.position + 1 < bytes.count,
            bytes[self.position] == UInt8(ascii: "\\"), bytes[self.position + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        let low = try self.hexUnit(bytes, at: self.position)
        guard (0xDC00..<0xE000).contains(low) else { return "\u{FFFD}" }
        self.position += 6
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }

    /// The four digits after `\u`.
    private func hexUnit(_ bytes: Span<UInt8>, at position: Int) throws(JSONError) -> UInt32 {
        guard position + 6 <= bytes.count else { throw self.ended("an escape") }
        var unit: UInt32 = 0
        for index in position + 2..<position + 6 {
            let byte = bytes[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw JSONError(code: .syntax, offset: index, message: "expected a hexadecimal digit")
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}

extension JSONParser {
    private mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        let start = self.position
        let isNegative = self.take(UInt8(ascii: "-"), bytes)
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
        if isWhole, let integer = self.integer(bytes, leading..<self.position, isNegative) { return .integer(integer) }
        guard let double = Double(try self.text(bytes, start..<self.position)), double.isFinite else {
            throw JSONError(code: .number, offset: start, message: "the number is too large")
        }
        return .number(double)
    }

    /// Skips digits, of which there must be at least one.
    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = self.position
        while self.position < bytes.count, bytes[self.position] &- UInt8(ascii: "0") < 10 { self.position += 1 }
        if self.position > start { return }
        guard self.position < bytes.count else { throw self.ended("a number") }
        throw self.error("expected a digit")
    }

    private func integer(_ bytes: Span<UInt8>, _ range: Range<Int>, _ isNegative: Bool) -> Int64? {
        var value: Int64 = 0
        for index in range {
            let digit = Int64(bytes[index] - UInt8(ascii: "0"))
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            // The range of negative numbers is larger by one, so they are summed downwards.
            let (sum, overflows) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if isTooLarge || overflows { return nil }
            value = sum
        }
        return value
    }

    private mutating func skipSpace(_ bytes: Span<UInt8>) {
        while self.position < bytes.count {
            switch bytes[self.position] {
            case 0x20, 0x0A, 0x0D, 0x09: self.position += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard self.position < bytes.count, bytes[self.position] == byte else { return false }
        self.position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8, _ message: String, _ bytes: Span<UInt8>) throws(JSONError) {
        if self.take(byte, bytes) { return }
        guard self.position < bytes.count else { throw self.ended("an object or array") }
        throw self.error(message)
    }

    private mutating func enter() throws(JSONError) {
        guard self.depth < self.depthLimit else {
            throw JSONError(
                code: .depth, offset: self.position, message: "nested deeper than \(self.depthLimit) levels")
        }
        self.depth += 1
        self.position += 1
    }

    private mutating func leave(_ value: JSON) -> JSON {
        self.depth -= 1
        return value
    }

    private func error(_ message: String) -> JSONError {
        JSONError(code: .syntax, offset: self.position, message: message)
    }

    private func ended(_ what: String) -> JSONError {
        JSONError(code: .incomplete, offset: self.position, message: "the text ends inside \(what)")
    }
}
