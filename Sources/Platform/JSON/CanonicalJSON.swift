extension JSON {
    /// The value in the canonical form of RFC 8785 (JCS): one sequence of bytes for all equal values, for digests.
    ///
    /// Numbers are IEEE 754 doubles, as the RFC says, so an integer beyond 2^53 is rounded. NaN and infinity, which the
    /// RFC excludes, become `null`.
    package var canonicalBytes: [UInt8] {
        var writer = CanonicalJSONWriter()
        writer.write(self)
        return writer.output
    }

    /// ``canonicalBytes`` as text.
    package var canonicalText: String { String(decoding: self.canonicalBytes, as: UTF8.self) }
}

private struct CanonicalJSONWriter {
    private(set) var output: [UInt8] = []

    /// Up to here, every integer is exactly a double.
    private static let exactIntegers: ClosedRange<Int64> = -(1 << 53)...(1 << 53)

    mutating func write(_ value: JSON) {
        switch value {
        case .null: self.append("null")
        case .bool(let value): self.append(value ? "true" : "false")
        case .integer(let value) where Self.exactIntegers.contains(value): self.append(String(value))
        case .integer(let value): self.append(Self.text(of: Double(value)))
        case .number(let value): self.append(value.isFinite ? Self.text(of: value) : "null")
        case .string(let text): self.write(text)
        case .array(let array): self.write(array)
        case .object(let object): self.write(object)
        }
    }

    private mutating func append(_ text: String) { self.output.append(contentsOf: text.utf8) }

    private mutating func write(_ array: [JSON]) {
        self.append("[")
        for (index, value) in array.enumerated() {
            if index > 0 { self.append(",") }
            self.write(value)
        }
        self.append("]")
    }

    /// Members are sorted by their keys' UTF-16 code units (§3.2.3).
    private mutating func write(_ object: JSONObject) {
        self.append("{")
        let members = object.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
        for (index, member) in members.enumerated() {
            if index > 0 { self.append(",") }
            self.write(member.key)
            self.append(":")
            self.write(member.value)
        }
        self.append("}")
    }

    private mutating func write(_ text: String) {
        self.append("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): self.append("\\\"")
            case UInt8(ascii: "\\"): self.append("\\\\")
            case 0x08: self.append("\\b")
            case 0x09: self.append("\\t")
            case 0x0A: self.append("\\n")
            case 0x0C: self.append("\\f")
            case 0x0D: self.append("\\r")
            case 0..<0x20: self.append("\\u00\(byte < 0x10 ? "0" : "")\(String(byte, radix: 16))")
            default: self.output.append(byte)
            }
        }
        self.append("\"")
    }

    /// ECMAScript's `Number::toString`: the shortest digits that give the same double, which Swift prints as well, in
    /// ECMAScript's layout.
    private static func text(of value: Double) -> String {
        if value == 0 { return "0" }
        let (digits, point) = Self.shortestDigits(of: value.magnitude)
        let sign = value < 0 ? "-" : ""
        let count = digits.count
        switch point {
        case _ where point >= count && point <= 21:
            return sign + String(decoding: digits, as: UTF8.self) + String(repeating: "0", count: point - count)
        case 1...21:
            return sign + String(decoding: digits[..<point], as: UTF8.self) + "."
                + String(decoding: digits[point...], as: UTF8.self)
        case -5...0:
            return sign + "0." + String(repeating: "0", count: -point) + String(decoding: digits, as: UTF8.self)
        default:
            let exponent = point - 1
            let first = String(decoding: digits[..<1], as: UTF8.self)
            let fraction = count > 1 ? "." + String(decoding: digits[1...], as: UTF8.self) : ""
            return sign + first + fraction + (exponent < 0 ? "e-" : "e+") + String(exponent.magnitude)
        }
    }

    /// The significant digits, and where the decimal point is relative to the first of them: 0.5 is ("5", 0).
    private static func shortestDigits(of value: Double) -> (digits: [UInt8], point: Int) {
        let parts = "\(value)".split(separator: "e")
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = Array(mantissa[0].utf8)
        let digits = whole + (mantissa.count > 1 ? Array(mantissa[1].utf8) : [])
        let zero = UInt8(ascii: "0")
        let leading = digits.prefix { $0 == zero }.count
        let trailing = digits.reversed().prefix { $0 == zero }.count
        return (Array(digits[leading..<(digits.count - trailing)]), whole.count - leading + exponent)
    }
}
