/// What may stand behind a link.
package enum LinkAddress {
    /// http, https and mailto, whatever their case. Relative addresses lead nowhere in a chat.
    package static func isAllowed(_ address: Span<UInt8>) -> Bool {
        Self.begins(address, "http://") || Self.begins(address, "https://") || Self.begins(address, "mailto:")
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

    /// Whether a byte stands in an address as it is: RFC 3986's reserved and unreserved ones, and the percent sign.
    static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: ":"),
            UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "["), UInt8(ascii: "]"),
            UInt8(ascii: "@"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"),
            UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","),
            UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: "%"):
            true
        default: false
        }
    }

    static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
