// Change: how loosely an edit finds its place
/// How loosely a piece of text is looked for: each rung is tried only if those before it find nothing. No
/// looser rung follows the last one, because it would replace text that nobody has seen.
package enum EditRung: Int, Sendable, CaseIterable {
    case exact
    /// CRLF and LF are the same.
    case lineEnds
    /// Blanks and tabs at the ends of lines don't count.
    case trailingBlanks
    /// All lines may be indented more or less by the same, or by tabs in the place of blanks.
    case indent
    /// Typographic quotes, dashes and blanks are the same as the plain ones.
    case punctuation

    /// What has to be equal in two lines.
    func key(of line: FileLine) -> ArraySlice<UInt8> {
        switch self {
        case .exact: line.raw
        case .lineEnds: line.text
        case .trailingBlanks: line.withoutTrailingBlanks
        case .indent: line.withoutTrailingBlanks.drop(while: FileLine.isBlank)
        case .punctuation: Self.plain(line.withoutTrailingBlanks)
        }
    }

    private static func plain(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard text.contains(where: { $0 >= 0x80 }) else { return text }
        var result: [UInt8] = []
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0x2018...0x201B, 0x2032: result.append(UInt8(ascii: "'"))
            case 0x201C...0x201F, 0x2033, 0xAB, 0xBB: result.append(UInt8(ascii: "\""))
            case 0x2010...0x2015, 0x2212: result.append(UInt8(ascii: "-"))
            case 0xA0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: result.append(UInt8(ascii: " "))
            case 0x2026: result += Array("...".utf8)
            default: result += Array(String(scalar).utf8)
            }
        }
        return result[...]
    }
}
