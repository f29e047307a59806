internal import Crypto
internal import Markdown

/// Addresses of links.
enum SlackAddress {
    /// How a link's text relates to its address.
    enum Kind {
        /// The text is the address.
        case same
        /// The text reads like another address.
        case deceptive
        case named
    }

    /// The address with every character escaped that would end it.
    static func safe(_ address: Span<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for index in 0..<address.count {
            let byte = address[index]
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "|"),
                UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "`"), 0x20:
                result += Array("%\(hex([byte]).uppercased())".utf8)
            case 0x00..<0x20, 0x7F: continue
            default: result.append(byte)
            }
        }
        return result
    }

    /// `text` is the link's text without markup, and `label` the same as it was written.
    static func kind(of text: [UInt8], label: [UInt8], url: [UInt8], address: Span<UInt8>) -> Kind {
        let plain = self.unescaped(label)
        if plain.isEmpty || plain == url || Array("mailto:".utf8) + plain == url { return .same }
        if url.starts(with: Array("http://".utf8)), Array(url.dropFirst(7)) == plain { return .same }
        if url.starts(with: Array("https://".utf8)), Array(url.dropFirst(8)) == plain { return .same }
        return LinkAddress.isDeceptive(text, for: address) ? .deceptive : .named
    }

    /// Removes Markdown's backslashes.
    static func unescaped(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var isEscaped = false
        for byte in text {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
                continue
            }
            isEscaped = false
            result.append(byte)
        }
        return result
    }
}
