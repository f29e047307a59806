/// Decides which addresses may be connected to on behalf of somebody else, such as a jail or a configured webhook:
/// public ones, but not this machine's.
///
/// Sources: IANA's special-purpose address registries (RFC 6890 and successors).
package struct AddressPolicy: Sendable {
    /// An address and port that is let through although it isn't public.
    package struct Exception: Sendable, Hashable {
        package let address: IPAddress
        package let port: UInt16

        package init(address: IPAddress, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    private struct Range {
        let base: UInt128
        let prefix: Int
        let name: String

        init?(_ base: String, _ prefix: Int, _ name: String) {
            guard let address = IPAddress(base) else { return nil }
            self.base = address.bits
            self.prefix = prefix
            self.name = name
        }

        func contains(_ bits: UInt128, width: Int) -> Bool {
            let shift = UInt128(width - self.prefix)
            return bits >> shift == self.base >> shift
        }
    }

    private let exceptions: Set<Exception>

    /// - Parameter exceptions: For tests against loopback servers only: no setting leads here.
    package init(exceptions: Set<Exception> = []) {
        self.exceptions = exceptions
    }

    /// Why nobody is connected to `address`, as in "it is a loopback address"; nil if it is allowed.
    ///
    /// - Parameter own: This machine's addresses.
    package func refusal(of address: IPAddress, port: UInt16, own: Set<IPAddress>) -> String? {
        if self.exceptions.contains(Exception(address: address, port: port)) { return nil }
        if own.contains(address) { return "it belongs to this machine" }
        guard address.isIPv6 else { return Self.v4Refusal(of: address.bits) }
        if let embedded = Self.embedded(in: address.bits) {
            if own.contains(IPAddress(v4: embedded)) { return "it belongs to this machine" }
            if let name = Self.v4Refusal(of: UInt128(embedded)) { return "\(name), inside an IPv6 address" }
            return nil
        }
        if let range = Self.v6.first(where: { $0.contains(address.bits, width: 128) }) { return "it is \(range.name)" }
        // Everything public is in here (RFC 4291 §2.4): loopback, unique local, link-local, site-local and multicast
        // addresses, and future assignments, are not.
        guard address.bits >> 125 == 0b001 else { return "it is not a public IPv6 address" }
        return nil
    }

    private static func v4Refusal(of bits: UInt128) -> String? {
        self.v4.first { $0.contains(bits, width: 32) }.map { "it is \($0.name)" }
    }

    /// The IPv4 address that a translator, a tunnel or the kernel would connect to.
    private static func embedded(in bits: UInt128) -> UInt32? {
        switch bits >> 32 {
        case 0, 0xFFFF, 0x64_FF9B << 64: UInt32(truncatingIfNeeded: bits)  // ::/96, ::ffff:0:0/96, 64:ff9b::/96
        default: bits >> 112 == 0x2002 ? UInt32(truncatingIfNeeded: bits >> 80) : nil
        }
    }

    private static let v4 = [
        Range("0.0.0.0", 8, "an address of this network"),
        Range("10.0.0.0", 8, "a private address"),
        Range("100.64.0.0", 10, "a provider's internal address"),
        Range("127.0.0.0", 8, "a loopback address"),
        // Azure's metadata and agent service, in a range that is otherwise public.
        Range("168.63.129.16", 32, "a cloud's metadata address"),
        Range("169.254.169.254", 32, "a cloud's metadata address"),
        Range("169.254.0.0", 16, "a link-local address"),
        Range("172.16.0.0", 12, "a private address"),
        Range("192.0.0.0", 24, "a reserved address"),
        Range("192.0.2.0", 24, "a documentation address"),
        Range("192.88.99.0", 24, "a reserved address"),
        Range("192.168.0.0", 16, "a private address"),
        Range("198.18.0.0", 15, "a benchmarking address"),
        Range("198.51.100.0", 24, "a documentation address"),
        Range("203.0.113.0", 24, "a documentation address"),
        Range("224.0.0.0", 3, "a multicast or reserved address"),
    ].compactMap(\.self)

    /// Ranges inside 2000::/3 that aren't public, and public ones outside.
    private static let v6 = [
        Range("64:ff9b:1::", 48, "a translator's local address"),
        Range("2001::", 23, "a reserved address"),
        Range("2001:db8::", 32, "a documentation address"),
        Range("3fff::", 20, "a documentation address"),
        Range("fc00::", 7, "a private address"),
        Range("fe80::", 10, "a link-local address"),
        Range("fec0::", 10, "a site-local address"),
        Range("ff00::", 8, "a multicast address"),
    ].compactMap(\.self)
}
