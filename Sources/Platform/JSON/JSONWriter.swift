extension JSON {
    /// The value as compact UTF-8.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.output
    }

    /// The value as compact text.
    package var text: String { String(decoding: self.bytes, as: UTF8.self) }
}

/// Serialises values; a number that JSON cannot represent (NaN, infinity) becomes `null`.
private struct JSONWriter {
    private(set) var output: [UInt8] = []

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
        for (index, value) in array.enumerated() {
            if index > 0 { self.output.append(UInt8(ascii: ",")) }
            self.write(value)
        }
        self.output.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: JSONObject) {
        self.output.append(UInt8(ascii: "{"))
        for (index, member) in object.enumerated() {
            if index > 0 { self.output.append(UInt8(ascii: ",")) }
            self.write(member.key)
            self.output.append(UInt8(ascii: ":"))
            self.write(member.value)
        }
        self.output.append(UInt8(ascii: "}"))
    }

    private mutating func write(_ text: String) {
        self.output.append(UInt8(ascii: "\""))
        if Self.isPlain(text.utf8Span.span) {
            self.output.append(contentsOf: text.utf8)
        } else {
            self.writeEscaped(text.utf8Span.span)
        }
        self.output.append(UInt8(ascii: "\""))
    }

    private static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices {
            let byte = bytes[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
        }
        return true
    }

    private mutating func writeEscaped(_ bytes: Span<UInt8>) {
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                self.output.append(UInt8(ascii: "\\"))
                self.output.append(byte)
            case 0x0A: self.output.append(contentsOf: "\\n".utf8)
            case 0x0D: self.output.append(contentsOf: "\\r".utf8)
            case 0x09: self.output.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                self.output.append(contentsOf: "\\u00\(byte < 0x10 ? "0" : "")\(digits)".utf8)
            default: self.output.append(byte)
            }
        }
    }
}
