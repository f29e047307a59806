internal import Primitives

/// The addresses that links may have.
package enum LinkAddress {
    /// Whether the scheme is http, https or mailto, ignoring case. Relative addresses lead nowhere in a chat.
    package static func isAllowed(_ address: Span<UInt8>) -> Bool {
        Self.begins(address, "http://") || Self.begins(address, "https://") || Self.begins(address, "mailto:")
    }

    /// Whether a link's text reads like an address but not like this one, so that it hides where the link leads. Such a
    /// text must be followed by the address.
    ///
    /// A bare host name counts only below the usual top-level domains: `main.rs` and `package.json` are file names.
    package static func isDeceptive(_ label: [UInt8], for address: Span<UInt8>) -> Bool {
        let text = String(
            String.UnicodeScalarView(
                String(decoding: label, as: UTF8.self).unicodeScalars.filter {
                    !$0.properties.isDefaultIgnorableCodePoint && !$0.properties.isWhitespace
                }))
        // What was removed may have been between two runs of marks, and entities may have made others.
        let shown = StreamSafeText.of(text)
        guard Self.readsLikeAddress(shown.lowercased()) else { return false }
        return Self.essence(shown[...]) != Self.essence(StreamSafeText.of(String(decoding: address))[...])
    }

    private static let commonDomains: Set<Substring> = ["com", "org", "net", "edu", "gov", "info", "bank", "example"]

    private static func readsLikeAddress(_ text: String) -> Bool {
        if text.contains("://") || text.hasPrefix("www.") || text.hasPrefix("mailto:") { return true }
        let host = text.prefix { !"/?#:".contains($0) }
        let name = host.split(separator: "@", omittingEmptySubsequences: false)
        let labels = (name.last ?? "").split(separator: ".", omittingEmptySubsequences: false)
        guard name.count <= 2, name.allSatisfy({ !$0.isEmpty }), labels.count > 1, let last = labels.last,
            labels.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" } })
        else { return false }
        let hasMore = name.count == 2 || host.endIndex < text.endIndex
        return Self.commonDomains.contains(last) || hasMore && last.count > 1 && last.allSatisfy(\.isLetter)
    }

    /// An address without what people omit: the scheme, and a slash at the end. The host's case does not count.
    private static func essence(_ address: Substring) -> String {
        var rest = address
        let lower = address.lowercased()
        for scheme in ["http://", "https://", "mailto:"] where lower.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            break
        }
        if rest.last == "/" { rest = rest.dropLast() }
        let host = rest.prefix { !"/?#".contains($0) }
        return host.lowercased() + rest[host.endIndex...]
    }

    private static func begins(_ address: Span<UInt8>, _ scheme: StaticString) -> Bool {
        let count = scheme.utf8CodeUnitCount
        guard address.count > count else { return false }
        for index in 0..<count {
            let byte = address[index]
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            guard unsafe (isUpper ? byte | 0x20 : byte) == scheme.utf8Start[index] else { return false }
        }
        return true
    }

    /// Whether a byte needs no escaping in an address: RFC 3986's reserved and unreserved ones, and the percent sign.
    static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~:/?#[]@!$&'()*+,;=%".utf8.contains(byte)
        }
    }

    /// How many bytes an address takes in HTML at most, where some of its bytes become three or five.
    static func writtenLength(_ address: Span<UInt8>) -> Int {
        var length = 0
        for index in address.indices {
            switch address[index] {
            case UInt8(ascii: "&"), UInt8(ascii: "'"): length += 5
            case let byte: length += Self.isPlain(byte) ? 1 : 3
            }
        }
        return length
    }

    static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
