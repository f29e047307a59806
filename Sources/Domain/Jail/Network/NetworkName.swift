/// A host name, or an IPv4 address as four plain decimals, in the only syntax that every resolver reads alike.
///
/// Everything else is refused before it is resolved: `0x7f.1`, `2130706433`, `0177.0.0.1` and `127.1` are 127.0.0.1 to
/// `getaddrinfo`, a NUL ends a C string, and other digits than ASCII's become ASCII in an IDNA step.
package struct NetworkName: Sendable, Hashable, CustomStringConvertible {
    /// In lowercase.
    package let text: String

    package init?(_ text: some StringProtocol) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x61...0x7A, 0x30...0x39, 0x2E, 0x2D: bytes.append(byte)
            case 0x41...0x5A: bytes.append(byte | 0x20)
            default: return nil
            }
        }
        // The limits of DNS (RFC 1035 §2.3.4).
        guard (1...253).contains(bytes.count) else { return nil }
        let labels = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard labels.allSatisfy(Self.isLabel), let last = labels.last else { return nil }
        self.text = String(decoding: bytes, as: UTF8.self)
        if Self.isNumber(last), self.address == nil { return nil }
    }

    /// The address, if it is one.
    package var address: IPAddress? { IPAddress.plainDecimals(self.text).map { IPAddress(v4: $0) } }

    package var description: String { self.text }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        (1...63).contains(label.count) && label.first != 0x2D && label.last != 0x2D
    }

    /// Whether `inet_aton` and the URL standard take a name that ends with it for an address.
    private static func isNumber(_ label: ArraySlice<UInt8>) -> Bool {
        label.allSatisfy { (0x30...0x39).contains($0) } || label.starts(with: [0x30, 0x78])
    }
}
