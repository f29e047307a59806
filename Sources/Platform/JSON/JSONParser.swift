internal import Primitives

extension JSON {
    /// The default limit on nested arrays and objects.
    package static let depthLimit = 64

    /// The most values of a text of `count` bytes. A value takes up to a hundred bytes of memory, and two bytes of text.
    static func valueLimit(for count: Int) -> Int { min(max(200_000, count / 16), self.mostValues) }
    private static let mostValues = 4_000_000

    /// Reads a text that consists of one value, strictly by RFC 8259. Its values are limited in number.
    ///
    /// Invalid UTF-8 is an error. An escaped surrogate without its other half becomes U+FFFD, because servers that cut
    /// text in the middle of an emoji send those. If a key repeats, the last value wins.
    package static func parse(_ bytes: Span<UInt8>, depthLimit: Int = JSON.depthLimit) throws(JSONError) -> JSON {
        var parser = JSONParser(depthLimit: depthLimit)
        return try parser.document(bytes)
    }

    /// - Parameter valueLimit: The most values; nil for as many as the text's length permits.
    package static func parse(
        _ bytes: [UInt8], depthLimit: Int = JSON.depthLimit, valueLimit: Int? = nil
    ) throws(JSONError) -> JSON {
        var parser = JSONParser(depthLimit: depthLimit, valueLimit: valueLimit)
        return try parser.document(bytes.span)
    }

    package static func parse(_ text: String, depthLimit: Int = JSON.depthLimit) throws(JSONError) -> JSON {
        try self.parse(text.utf8Span.span, depthLimit: depthLimit)
    }

    /// Like ``parse(_:depthLimit:valueLimit:)``, for what many people have written: an element of a list that is nested too
    /// deeply, has more than `elementLimit` values, or has too large a number is null, so that the others can be read.
    package static func parse(_ bytes: [UInt8], elementLimit: Int) throws(JSONError) -> JSON {
        var parser = JSONParser(depthLimit: JSON.depthLimit, valueLimit: JSON.mostValues, elementLimit: elementLimit)
        return try parser.document(bytes.span)
    }
}

/// A recursive-descent parser over bytes; the limits bound the stack and the memory.
struct JSONParser {
    private var cursor = JSONCursor()
    private var depth = 0
    private let depthLimit: Int
    private var values = 0
    private var valueLimit = 0
    /// Nil for as many as the text's length permits.
    private let mostValues: Int?
    private let elementLimit: Int?
    /// The most values at the end of the element that is being read; nil outside of lists.
    private var elementEnd: Int?

    init(depthLimit: Int, valueLimit: Int? = nil, elementLimit: Int? = nil) {
        self.depthLimit = depthLimit
        self.mostValues = valueLimit
        self.elementLimit = elementLimit
    }

    mutating func document(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        self.valueLimit = self.mostValues ?? JSON.valueLimit(for: bytes.count)
        self.cursor.skipSpace(bytes)
        let value = try self.value(bytes)
        self.cursor.skipSpace(bytes)
        if self.cursor.position < bytes.count { throw self.cursor.error("unexpected text after the value") }
        return value
    }

    private mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        guard let first = self.cursor.next(bytes) else { throw self.cursor.ended("a value") }
        self.values += 1
        let limit = min(self.valueLimit, self.elementEnd ?? .max)
        guard self.values <= limit else {
            throw JSONError(code: .size, offset: self.cursor.position, message: "it has more than \(limit) values")
        }
        switch first {
        case UInt8(ascii: "\""): return .string(try self.text(self.cursor.string(bytes), bytes))
        case UInt8(ascii: "{"): return try self.object(bytes)
        case UInt8(ascii: "["): return try self.array(bytes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try self.number(bytes)
        default:
            try self.cursor.skipScalar(bytes)
            return first == UInt8(ascii: "n") ? .null : .bool(first == UInt8(ascii: "t"))
        }
    }

    private mutating func object(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        try self.enter(UInt8(ascii: "{"), bytes)
        var object = JSONObject()
        var isFirst = true
        while let name = try self.cursor.nextMember(isFirst: isFirst, bytes) {
            let key = try self.text(name, bytes)
            object[key] = try self.value(bytes)
            isFirst = false
        }
        self.depth -= 1
        return .object(object)
    }

    private mutating func array(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        try self.enter(UInt8(ascii: "["), bytes)
        var array: [JSON] = []
        while try self.cursor.nextElement(isFirst: array.isEmpty, bytes) { array.append(try self.element(bytes)) }
        self.depth -= 1
        return .array(array)
    }

    private mutating func element(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        guard let limit = self.elementLimit, self.elementEnd == nil else { return try self.value(bytes) }
        let (start, depth, values) = (self.cursor, self.depth, self.values)
        self.elementEnd = min(values + limit, self.valueLimit)
        defer { self.elementEnd = nil }
        do {
            return try self.value(bytes)
        } catch {
            guard error.isOfLimits else { throw error }
            (self.cursor, self.depth, self.values) = (start, depth, values + 1)
            try self.cursor.skipValue(bytes)
            return .null
        }
    }

    private mutating func enter(_ bracket: UInt8, _ bytes: Span<UInt8>) throws(JSONError) {
        guard self.depth < self.depthLimit else {
            throw JSONError(
                code: .depth, offset: self.cursor.position, message: "nested deeper than \(self.depthLimit) levels")
        }
        self.depth += 1
        _ = self.cursor.take(bracket, bytes)
    }

    private mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        let start = self.cursor.position
        let isWhole = try self.cursor.number(bytes)
        let range = start..<self.cursor.position
        if isWhole, let integer = Self.integer(bytes, range) { return .integer(integer) }
        guard let double = Double(try Self.plain(bytes, range)), double.isFinite else {
            throw JSONError(code: .number, offset: start, message: "the number is too large")
        }
        return .number(double)
    }

    private static func integer(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        var value: Int64 = 0
        for index in range.dropFirst(isNegative ? 1 : 0) {
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
}

extension JSONParser {
    private func text(_ text: JSONCursor.Text, _ bytes: Span<UInt8>) throws(JSONError) -> String {
        guard text.hasEscapes else { return StreamSafeText.of(try Self.plain(bytes, text.range)) }
        var result = ""
        var (start, position) = (text.range.lowerBound, text.range.lowerBound)
        while position < text.range.upperBound {
            guard bytes[position] == UInt8(ascii: "\\") else {
                position += 1
                continue
            }
            if start < position { result += try Self.plain(bytes, start..<position) }
            result.unicodeScalars.append(Self.scalar(bytes, &position))
            start = position
        }
        if start < position { result += try Self.plain(bytes, start..<position) }
        return StreamSafeText.of(result)
    }

    private static func plain(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> String {
        do throws(UTF8.ValidationError) {
            return String(copying: try UTF8Span(validating: bytes.extracting(range)))
        } catch {
            throw JSONError(
                code: .encoding, offset: range.lowerBound + error.byteOffsets.lowerBound, message: "invalid UTF-8")
        }
    }

    /// What an escape stands for, which the cursor has checked.
    private static func scalar(_ bytes: Span<UInt8>, _ position: inout Int) -> Unicode.Scalar {
        let byte = bytes[position + 1]
        if byte == UInt8(ascii: "u") { return self.unicodeScalar(bytes, &position) }
        position += 2
        return switch byte {
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        default: Unicode.Scalar(byte)
        }
    }

    private static func unicodeScalar(_ bytes: Span<UInt8>, _ position: inout Int) -> Unicode.Scalar {
        let unit = self.unit(bytes, at: position)
        position += 6
        if let scalar = Unicode.Scalar(unit) { return scalar }
        // A high surrogate is valid only if a low one follows immediately. The closing quote follows the string.
        guard (0xD800..<0xDC00).contains(unit), bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        let low = self.unit(bytes, at: position)
        guard (0xDC00..<0xE000).contains(low) else { return "\u{FFFD}" }
        position += 6
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }

    /// The four digits after `\u`.
    private static func unit(_ bytes: Span<UInt8>, at position: Int) -> UInt32 {
        (position + 2..<position + 6).reduce(0) { $0 << 4 | UInt32(bytes[$1].hexadecimalValue ?? 0) }
    }
}
