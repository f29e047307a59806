import EventLoop
import TestSupport
import Testing

@testable import Jail

@Suite("Names and addresses that a jail asks for")
struct NetworkNameTests {
    @Test(
        "plain names and addresses are accepted, in lowercase",
        arguments: [
            ("example.org", "example.org"), ("EXAMPLE.Org", "example.org"), ("a", "a"), ("xn--bcher-kva.example", nil),
            ("93.184.216.34", nil), ("0.0.0.0", nil), ("255.255.255.255", nil), ("1.2.3.4.example", nil),
            ("4chan.org", nil), ("a-b.c--d.e", nil), ("0x7f.org", nil), ("1e100.net", nil),
        ])
    func accepted(text: String, lowercase: String?) {
        #expect(NetworkName(text)?.text == lowercase ?? text)
    }

    @Test(
        "every other notation is refused before it is resolved",
        arguments: [
            // What getaddrinfo reads as 127.0.0.1 or 169.254.169.254.
            "2130706433", "0x7f000001", "0x7f.1", "0x7F.0.0.1", "0177.0.0.1", "127.1", "127.0.1", "127.0.0.01",
            "017700000001", "2852039166", "0xa9fea9fe", "169.254.43518", "127.0.0.0x1", "127.0.0.1.", "0",
            "1.2.3.4.5", "1.2.3.256", "1.2.3", "1.2.3.", "example.0x7f", "example.127", "256.1.1.1", "00.0.0.1",
            "1.2.3.0x", "0x",
            // IDNA digits and dots.
            "①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1", "127．0．0．1", "١٢٧.0.0.1", "exämple.org", "ｅxample.org",
            // What cuts, splits or escapes.
            "127.0.0.1\u{0}.example.com", "example.com\u{0}", "\u{0}", "127%2e0%2e0%2e1", "%31", "fe80::1%eth0",
            "example.com%00.evil", "user@example.com", "example.com@127.0.0.1", "a:b@c", "example.com/", "example.com#",
            "example.com?", "example.com\\@evil", "exam ple.com", "example.com\t", "example.com\r\n", "a_b.com", "~",
            // IPv6, in any form.
            "::1", "[::1]", "[::ffff:127.0.0.1]", "::ffff:7f00:1", "[fe80::1%25eth0]", "0:0:0:0:0:0:0:1", "[", "[]",
            "64:ff9b::7f00:1",
            // Empty labels and other syntax.
            "", ".", "..", "example.com.", ".example.com", "a..b", "*.example.com", "*", "-a.com", "a-.com",
        ])
    func refused(text: String) {
        expectEqual(NetworkName(text), nil)
    }

    @Test("the limits of DNS")
    func limits() {
        let label = String(repeating: "a", count: 63)
        #expect(NetworkName(label) != nil)
        expectEqual(NetworkName(label + "a"), nil)
        let longest = "\(label).\(label).\(label).\(label.dropLast(2))"
        #expect(NetworkName(longest) != nil)
        expectEqual(NetworkName("a" + longest), nil)
    }

    @Test("an address is one only as four plain decimals")
    func address() {
        expectEqual(NetworkName("1.2.3.4")?.address, IPAddress(v4: 0x0102_0304))
        expectEqual(NetworkName("example.org")?.address, nil)
        expectEqual(IPAddress("1.2.3.4")?.description, "1.2.3.4")
        expectEqual(IPAddress("2001:DB8:0::1")?.description, "2001:db8::1")
        expectEqual(IPAddress("1.2.3.04"), nil)
        expectEqual(IPAddress("::1\u{0}"), nil)
        expectEqual(IPAddress("example.org"), nil)
    }

    @Test(
        "ports are decimals from 1 to 65535",
        arguments: [("1", true), ("443", true), ("65535", true), ("0443", true)] + [
            ("0", false), ("65536", false), ("", false), ("+443", false), ("-1", false), (" 443", false),
            ("0x1bb", false), ("443 ", false), ("99999", false), ("4294967739", false), ("４４３", false),
        ])
    func ports(text: String, isPort: Bool) {
        expectEqual(NetworkAddress("example.org", text) != nil, isPort)
    }
}
