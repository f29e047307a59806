import EventLoop
import TestSupport
import Testing

@Suite("Addresses that may be connected to for others")
struct AddressPolicyTests {
    private let policy = AddressPolicy()

    private func refusal(_ text: String, own: [String] = []) throws -> String? {
        self.policy.refusal(
            of: try #require(IPAddress(text)), port: 443, own: Set(try own.map { try #require(IPAddress($0)) }))
    }

    @Test(
        "public addresses are let through",
        arguments: [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
            "168.63.129.15", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0",
            "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255",
            "203.0.114.0", "223.255.255.255", "2606:4700:4700::1111", "2000::1", "2001:200::1", "2001:db7::1",
            "3ffe::1", "64:ff9b::101:101", "::ffff:1.1.1.1", "2002:101:101::1",
        ])
    func open(text: String) throws {
        try expectEqual(self.refusal(text), nil)
    }

    @Test(
        "all others are refused, at both ends of their ranges",
        arguments: [
            "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.0",
            "127.0.0.1", "127.255.255.255", "168.63.129.16", "169.254.0.0", "169.254.169.254", "169.254.255.255",
            "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.192", "192.0.0.255", "192.0.2.0", "192.0.2.255",
            "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.0",
            "198.51.100.255", "203.0.113.0", "203.0.113.255", "224.0.0.0", "239.255.255.255", "240.0.0.0",
            "255.255.255.255", "100.100.100.200",
            "::", "::1", "::2", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fd00:ec2::254", "fe80::1",
            "febf::1", "fec0::1", "feff::1", "ff00::", "ff02::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            "3fff::1", "100::1", "5f00::1", "4000::1", "8000::1", "1fff::1",
        ])
    func closed(text: String) throws {
        #expect(try self.refusal(text) != nil)
    }

    @Test(
        "an IPv4 address inside an IPv6 address counts as itself",
        arguments: ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.1.1", "172.20.0.1", "0.0.0.0", "224.0.0.1"])
    func embedded(v4: String) throws {
        let bits = try #require(IPAddress(v4)).bits
        let parts = [bits >> 16, bits & 0xFFFF].map { String($0, radix: 16) }.joined(separator: ":")
        for text in ["::\(v4)", "::ffff:\(v4)", "64:ff9b::\(v4)", "64:ff9b:1::\(v4)", "2002:\(parts)::1"] {
            #expect(try self.refusal(text) != nil, "\(text)")
        }
    }

    @Test("this machine's own addresses are refused, embedded ones too")
    func own() throws {
        let own = ["93.184.216.34", "2606:2800:220:1::1"]
        for text in own + ["::ffff:93.184.216.34", "64:ff9b::5db8:d822", "2002:5db8:d822::1"] {
            try expectEqual(self.refusal(text, own: own), "it belongs to this machine", "\(text)")
        }
        try expectEqual(self.refusal("93.184.216.35", own: own), nil)
    }

    @Test("an exception is one address with one port")
    func exception() throws {
        let loopback = try #require(IPAddress("127.0.0.1"))
        let policy = AddressPolicy(exceptions: [.init(address: loopback, port: 8_080)])
        expectEqual(policy.refusal(of: loopback, port: 8_080, own: [loopback]), nil)
        #expect(policy.refusal(of: loopback, port: 8_081, own: []) != nil)
        #expect(policy.refusal(of: try #require(IPAddress("127.0.0.2")), port: 8_080, own: []) != nil)
    }

    @Test("random addresses: outside of 2000::/3 only translated public IPv4 addresses pass")
    func random() throws {
        var generator = SeededGenerator(state: 12)
        for _ in 0..<2_000 {
            let bits = UInt128(generator.next()) << 64 | UInt128(generator.next())
            let address = IPAddress(v6: bits)
            expectEqual(IPAddress(address.description), address)
            if self.policy.refusal(of: address, port: 1, own: []) == nil { expectEqual(bits >> 125, 1) }
            let v4 = IPAddress(v4: UInt32(truncatingIfNeeded: bits))
            expectEqual(IPAddress(v4.description), v4)
            // Whatever is refused as IPv4 is refused in every embedding.
            guard self.policy.refusal(of: v4, port: 1, own: []) != nil else { continue }
            for prefix in [UInt128(0), 0xFFFF << 32, 0x64_FF9B << 96] {
                #expect(self.policy.refusal(of: IPAddress(v6: prefix | v4.bits), port: 1, own: []) != nil)
            }
        }
    }
}
