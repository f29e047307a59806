internal import Markdown

/// Text within HTML: escaped, without control characters, and unable to call anybody.
enum MatrixEscape {
    enum Place {
        case text
        /// Tabs stay.
        case inlineCode
        /// Tabs and line feeds stay.
        case code
    }

    /// Stands behind an `@` that might be taken for a mention: a zero-width space.
    private static let separator: [UInt8] = [0xE2, 0x80, 0x8B]

    static func append(_ text: Span<UInt8>, to output: inout [UInt8], _ place: Place) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "&"): output += Array("&amp;".utf8)
            case UInt8(ascii: "<"): output += Array("&lt;".utf8)
            case UInt8(ascii: ">"): output += Array("&gt;".utf8)
            case UInt8(ascii: "@"):
                output.append(byte)
                if Self.calls(text, at: index, place) { output += Self.separator }
            case 0x0A: output.append(place == .code ? 0x0A : 0x20)
            case 0x09: output.append(place == .text ? 0x20 : 0x09)
            case 0..<0x20, 0x7F: break
            case 0xC2 where index + 1 < text.count && text[index + 1] < 0xA0: index += 1
            // Line and paragraph separator.
            case 0xE2 where index + 2 < text.count && text[index + 1] == 0x80 && text[index + 2] & 0xFE == 0xA8:
                output.append(0x20)
                index += 2
            default: output.append(byte)
            }
            index += 1
        }
    }

    /// Whether the `@` begins a word, so that a client may see a mention in it; in code only `@room`, since code is
    /// copied.
    private static func calls(_ text: Span<UInt8>, at index: Int, _ place: Place) -> Bool {
        if index > 0, Self.isWord(text[index - 1]) { return false }
        guard place == .text else {
            let room = Array("room".utf8)
            guard index + room.count < text.count else { return false }
            return room.indices.allSatisfy { text[index + 1 + $0] | 0x20 == room[$0] }
        }
        // What stands in the next piece is not known here.
        return index + 1 >= text.count || Self.isWord(text[index + 1])
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
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

    /// Whether an address is a link to a person or room, as clients write mentions.
    static func isMention(_ address: Span<UInt8>) -> Bool {
        let marker = Array("matrix.to/#/".utf8)
        guard address.count >= marker.count else { return false }
        return (0...(address.count - marker.count)).contains { start in
            marker.indices.allSatisfy { Self.lowercased(address[start + $0]) == marker[$0] }
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
