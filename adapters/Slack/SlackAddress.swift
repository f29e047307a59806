internal import Crypto

/// Addresses of links.
enum SlackAddress {
    /// How a link's text stands to where it leads.
    enum Kind {
        /// The text is the address.
        case same
        /// The text reads like an address, but another one.
        case deceptive
        case named
    }

    /// The address with everything escaped that would end it.
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

    static func kind(label: [UInt8], url: [UInt8]) -> Kind {
        let plain = self.unescaped(label)
        if plain.isEmpty || plain == url || Array("mailto:".utf8) + plain == url { return .same }
        if url.starts(with: Array("http://".utf8)), Array(url.dropFirst(7)) == plain { return .same }
        if url.starts(with: Array("https://".utf8)), Array(url.dropFirst(8)) == plain { return .same }
        let text = String(decoding: plain, as: UTF8.self).lowercased()
        let isAddress = text.contains("://") || text.hasPrefix("www.") || text.hasPrefix("mailto:")
        return isAddress ? .deceptive : .named
    }

    /// Without the backslashes that Markdown needs.
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
