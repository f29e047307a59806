/// How a value is written.
package struct JSONFormat: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Two spaces a level, one member a line.
    package static let pretty = JSONFormat(rawValue: 1)
    package static let sortedKeys = JSONFormat(rawValue: 2)
    /// `<`, `>`, `&`, U+2028 and U+2029 as escapes, so that the text may stand inside a `<script>` element.
    package static let safeForHTML = JSONFormat(rawValue: 4)
}

extension JSON {
    /// The value as UTF-8, without spaces.
    package var bytes: [UInt8] { self.bytes([]) }

    /// The value as a text, without spaces.
    package var text: String { self.text([]) }

    package func bytes(_ format: JSONFormat) -> [UInt8] {
        var writer = JSONWriter(format: format)
        writer.write(self)
        return writer.output
    }

    package func text(_ format: JSONFormat) -> String {
        String(decoding: self.bytes(format), as: UTF8.self)
    }
}

/// Appends values to bytes; a number that JSON cannot write (NaN, infinity) becomes `null`.
struct JSONWriter {
    private(set) var output: [UInt8] = []
    private let format: JSONFormat
    private var level = 0

    init(format: JSONFormat) {
        self.format = format
    }

    mutating func write(_ value: JSON) {
        switch value {
        case .null: self.output.append(contentsOf: "null".utf8)
        case .bool(true): self.output.append(contentsOf: "true".utf8)
        case .bool(false): self.output.append(contentsOf: "false".utf8)
        case .integer(let value): self.output.append(contentsOf: String(value).utf8)
        case .number(let value): self.output.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        case .string(let text): self.write(text)
        case .array(let array): self.write(array)
        case .object(let object): self.write(object)
        }
    }

    private mutating func write(_ array: [JSON]) {
        self.output.append(UInt8(ascii: "["))
        self.level += 1
        for (index, value) in array.enumerated() {
            self.separate(isFirst: index == 0)
            self.write(value)
        }
        self.end(UInt8(ascii: "]"), isEmpty: array.isEmpty)
    }

    private mutating func write(_ object: JSONObject) {
        self.output.append(UInt8(ascii: "{"))
        self.level += 1
        if self.format.contains(.sortedKeys) {
            self.write(members: object.sorted { $0.key < $1.key })
        } else {
            self.write(members: object)
        }
        self.end(UInt8(ascii: "}"), isEmpty: object.isEmpty)
    }

    private mutating func write(members: some Sequence<JSONObject.Member>) {
        var isFirst = true
        for (key, value) in members {
            self.separate(isFirst: isFirst)
            isFirst = false
            self.write(key)
            self.output.append(UInt8(ascii: ":"))
            if self.format.contains(.pretty) { self.output.append(UInt8(ascii: " ")) }
            self.write(value)
        }
    }

    private mutating func separate(isFirst: Bool) {
        if !isFirst { self.output.append(UInt8(ascii: ",")) }
        self.breakLine()
    }

    private mutating func end(_ byte: UInt8, isEmpty: Bool) {
        self.level -= 1
        if !isEmpty { self.breakLine() }
        self.output.append(byte)
    }

    private mutating func breakLine() {
        guard self.format.contains(.pretty) else { return }
        self.output.append(UInt8(ascii: "\n"))
        self.output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: self.level * 2))
    }

    private mutating func write(_ text: String) {
        self.output.append(UInt8(ascii: "\""))
        if self.isPlain(text.utf8Span.span) {
            self.output.append(contentsOf: text.utf8)
        } else {
            self.writeEscaped(text.utf8Span.span)
        }
        self.output.append(UInt8(ascii: "\""))
    }

    private func isPlain(_ bytes: Span<UInt8>) -> Bool {
        // In the HTML form every text takes the slow way: it is rare.
        if self.format.contains(.safeForHTML) { return false }
        for index in bytes.indices {
            let byte = bytes[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
        }
        return true
    }

    private mutating func writeEscaped(_ bytes: Span<UInt8>) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if self.format.contains(.safeForHTML), let escape = Self.htmlEscape(bytes, at: index) {
                self.writeUnit(escape.unit)
                index += escape.length
                continue
            }
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                self.output.append(UInt8(ascii: "\\"))
                self.output.append(byte)
            case 0x0A: self.output.append(contentsOf: "\\n".utf8)
            case 0x0D: self.output.append(contentsOf: "\\r".utf8)
            case 0x09: self.output.append(contentsOf: "\\t".utf8)
            case 0..<0x20: self.writeUnit(UInt16(byte))
            default: self.output.append(byte)
            }
            index += 1
        }
    }

    private static func htmlEscape(_ bytes: Span<UInt8>, at index: Int) -> (unit: UInt16, length: Int)? {
        switch bytes[index] {
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"): return (UInt16(bytes[index]), 1)
        case 0xE2:
            guard index + 2 < bytes.count, bytes[index + 1] == 0x80, bytes[index + 2] & 0xFE == 0xA8 else { return nil }
            return (bytes[index + 2] == 0xA8 ? 0x2028 : 0x2029, 3)
        default: return nil
        }
    }

    private mutating func writeUnit(_ unit: UInt16) {
        let digits = String(unit, radix: 16)
        self.output.append(contentsOf: "\\u".utf8)
        self.output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count))
        self.output.append(contentsOf: digits.utf8)
    }
}
