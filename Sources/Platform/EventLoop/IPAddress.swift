package import Glibc

/// A numeric IPv4 or IPv6 address, without port and zone.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    package let isIPv6: Bool
    /// An IPv4 address fills the lower 32 bits.
    package let bits: UInt128

    package init(v4: UInt32) {
        self.isIPv6 = false
        self.bits = UInt128(v4)
    }

    package init(v6: UInt128) {
        self.isIPv6 = true
        self.bits = v6
    }

    /// Parses four plain decimals (no leading zeros) or an IPv6 address in any notation.
    package init?(_ text: String) {
        if let v4 = Self.plainDecimals(text) {
            self.init(v4: v4)
            return
        }
        var address = in6_addr()
        guard !text.utf8.contains(0), text.utf8.contains(0x3A), unsafe inet_pton(AF_INET6, text, &address) == 1 else {
            return nil
        }
        self.init(v6: unsafe withUnsafeBytes(of: address) { unsafe $0.reduce(0) { $0 << 8 | UInt128($1) } })
    }

    /// Reads a `sockaddr_in` or `sockaddr_in6`; nil for other families.
    package init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(unsafe address.pointee.sa_family) {
        case AF_INET:
            self.init(
                v4: unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    unsafe UInt32(bigEndian: $0.pointee.sin_addr.s_addr)
                })
        case AF_INET6:
            self.init(
                v6: unsafe address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                    unsafe withUnsafeBytes(of: pointer.pointee.sin6_addr) {
                        unsafe $0.reduce(0) { $0 << 8 | UInt128($1) }
                    }
                })
        default: return nil
        }
    }

    /// Those of this machine's interfaces, as of now; nil if they can't be read.
    package static func ofThisMachine() -> Set<IPAddress>? {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else { return nil }
        defer { unsafe freeifaddrs(list) }
        var found: Set<IPAddress> = []
        var next = unsafe list
        while let entry = unsafe next?.pointee {
            if let address = unsafe entry.ifa_addr.flatMap({ unsafe IPAddress($0) }) { found.insert(address) }
            unsafe next = entry.ifa_next
        }
        return found
    }

    /// The IPv4 address in a form that every parser reads alike: `inet_aton` also accepts hexadecimal, octal and fewer
    /// parts.
    package static func plainDecimals(_ text: some StringProtocol) -> UInt32? {
        let parts = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != 0x30,
                part.allSatisfy({ (0x30...0x39).contains($0) }),
                case let number = part.reduce(0, { $0 * 10 + UInt32($1 - 0x30) }), number <= 255
            else { return nil }
            value = value << 8 | number
        }
        return value
    }

    package var description: String {
        guard self.isIPv6 else {
            return [24, 16, 8, 0].map { String(self.bits >> UInt128($0) & 0xFF) }.joined(separator: ".")
        }
        var address = in6_addr()
        unsafe withUnsafeMutableBytes(of: &address) { bytes in
            for index in bytes.indices {
                unsafe bytes[index] = UInt8(truncatingIfNeeded: self.bits >> UInt128(120 - 8 * index))
            }
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        unsafe inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
