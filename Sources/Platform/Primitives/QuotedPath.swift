/// Paths as text. A path of plain text is written unchanged; one with invalid UTF-8, control or invisible characters,
/// quotes or backslashes is quoted as Git does: `"caf\351"`. Each path has one spelling.
package enum QuotedPath {
    package static func text(of path: some Collection<UInt8>) -> String {
        if let text = String(validating: path, as: UTF8.self), text.unicodeScalars.allSatisfy(Self.isPlain) {
            return text
        }
        var text = "\""
        for byte in path {
            switch byte {
            case UInt8(ascii: "\""): text += "\\\""
            case UInt8(ascii: "\\"): text += "\\\\"
            case UInt8(ascii: "\n"): text += "\\n"
            case UInt8(ascii: "\t"): text += "\\t"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\" + byte.digits(3, radix: 8)
            }
        }
        return text + "\""
    }

    /// The bytes of a path; nil for a quoted one with an invalid escape.
    package static func bytes(of text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        let quote = UInt8(ascii: "\"")
        guard bytes.first == quote, bytes.last == quote, bytes.count >= 2 else { return bytes }
        var result: [UInt8] = []
        var rest = bytes.dropFirst().dropLast()
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            guard let escape = rest.popFirst() else { return nil }
            switch escape {
            case quote, UInt8(ascii: "\\"): result.append(escape)
            case UInt8(ascii: "a"): result.append(7)
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "v"): result.append(11)
            case UInt8(ascii: "f"): result.append(12)
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "0")...UInt8(ascii: "3"):
                let digits = [escape] + rest.prefix(2)
                rest = rest.dropFirst(2)
                guard digits.count == 3, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8) else {
                    return nil
                }
                result.append(value)
            default: return nil
            }
        }
        return result
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\"", "\\": false
        default:
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
            default: true
            }
        }
    }
}
