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

    /// - Parameters:
    ///   - text: The link's text without markup.
    ///   - url: The address as it is written.
    static func kind(of text: [UInt8], url: [UInt8], address: Span<UInt8>) -> Kind {
        let isSame = text.isEmpty || ["", "mailto:", "http://", "https://"].contains { Array($0.utf8) + text == url }
        if isSame { return .same }
        return LinkAddress.isDeceptive(text, for: address) ? .deceptive : .named
    }
}
