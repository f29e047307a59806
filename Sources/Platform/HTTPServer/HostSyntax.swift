internal import HTTP

/// `host[:port]` in `Host` headers and request targets.
enum HostSyntax {
    static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        if rest.first == 0x5B {
            guard let end = rest.firstIndex(of: 0x5D), end - rest.startIndex > 2,
                rest[(rest.startIndex + 1)..<end].allSatisfy(ByteSet.ipv6Address.contains)
            else { return false }
            rest = rest[(end + 1)...]
        } else {
            let name = rest.prefix { ByteSet.hostName.contains($0) }
            guard !name.isEmpty else { return false }
            rest = rest[name.endIndex...]
        }
        guard let colon = rest.popFirst() else { return true }
        return colon == 0x3A && rest.count <= 5 && rest.allSatisfy(ByteSet.digits.contains)
    }

    /// Whether both name the same host; ports 80 and 443 count as default ports.
    static func isSame(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        let (left, right) = (self.withoutDefaultPort(left), self.withoutDefaultPort(right))
        return left.count == right.count && zip(left, right).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }

    private static func withoutDefaultPort(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        for port in [":80", ":443", ":"] where bytes.suffix(port.utf8.count).elementsEqual(port.utf8) {
            return bytes.dropLast(port.utf8.count)
        }
        return bytes
    }
}
