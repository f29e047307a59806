internal import Kit
internal import Markdown

/// Escapes text for HTML, drops control characters, and keeps it from mentioning anyone.
enum MatrixEscape {
    enum Place {
        case text
        /// Keeps tabs.
        case inlineCode
        /// Keeps tabs and line feeds.
        case code
    }

    /// A zero-width space after an `@` that a client might take for a mention.
    private static let separator: [UInt8] = [0xE2, 0x80, 0x8B]

    static func append(_ text: Span<UInt8>, to output: inout [UInt8], _ place: Place) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            var length = 1
            switch byte {
            case UInt8(ascii: "@"):
                output.append(byte)
                if Self.mayMention(text, at: index, place) { output += Self.separator }
            case 0x0A: output.append(place == .code ? 0x0A : 0x20)
            case 0x09: output.append(place == .text ? 0x20 : 0x09)
            default:
                length = byte >= 0x20 && byte < 0x7F ? 0 : controlLength(text, at: index)
                // Line and paragraph separator.
                if length == 3 { output.append(0x20) } else if length == 0 { output.append(escaped: byte) }
            }
            index += max(length, 1)
        }
    }

    /// Whether the `@` begins a word, so that a client may see a mention. In code only `@room` counts, since people
    /// copy code; in an address nothing does.
    private static func mayMention(_ text: Span<UInt8>, at index: Int, _ place: Place) -> Bool {
        if index > 0, text[index - 1].isWordByte || isInAddress(text, at: index) { return false }
        guard place == .text else {
            let room = Array("room".utf8)
            guard index + room.count < text.count else { return false }
            return room.indices.allSatisfy { text[index + 1 + $0] | 0x20 == room[$0] }
        }
        // The next piece is unknown here, so a trailing `@` counts.
        return index + 1 >= text.count || text[index + 1].isWordByte
    }

    // MARK: Addresses

    static func appendAddress(_ address: Span<UInt8>, to output: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        for index in address.indices {
            let byte = address[index]
            switch byte {
            case UInt8(ascii: "&"): output += Array("&amp;".utf8)
            case 0..<0x20, 0x7F: break
            case 0x20, 0x80..., UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
                UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
                output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: output.append(byte)
            }
        }
    }

    /// Whether an address links to a person or room, as clients write mentions.
    static func isMention(_ address: Span<UInt8>) -> Bool {
        let marker = Array("matrix.to/#/".utf8)
        // As it is written: without control characters.
        let address = address.indices.map { address[$0] }.filter { $0 >= 0x20 && $0 != 0x7F }
        guard address.count >= marker.count else { return false }
        return (0...(address.count - marker.count)).contains { start in
            marker.indices.allSatisfy { Self.lowercased(address[start + $0]) == marker[$0] }
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
