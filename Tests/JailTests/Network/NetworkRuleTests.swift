import TestSupport
import Testing

@testable import Jail

@Suite("Rules of jail.network.allow")
struct NetworkRuleTests {
    @Test(
        "a rule is written as it is read", arguments: ["pypi.org:443", "*.debian.org:80", "93.184.216.34:8080", "a:1"])
    func round(text: String) throws {
        try expectEqual(NetworkRule(text).description, text)
    }

    @Test("a rule ignores case")
    func letters() throws {
        try expectEqual(NetworkRule("*.PyPI.org:443").description, "*.pypi.org:443")
    }

    @Test(
        "anything else is reported with the text and what to write",
        arguments: [
            "", "pypi.org", ":443", "pypi.org:", "pypi.org:0", "pypi.org:65536", "pypi.org:http", "*:443", "*.:443",
            "*.*.org:443", "a.*.org:443", "*pypi.org:443", "https://pypi.org:443", "pypi.org:443/", "pypi.org.:443",
            "127.1:80", "0x7f000001:80", "[::1]:80", "::1:80", "*.1.2.3.4:80", "pypi.org:443:443", "user@pypi.org:443",
            "pypi.org :443", "pypi.org: 443", "exämple.org:443",
        ])
    func invalid(text: String) {
        let error = #expect(throws: JailFailure.self) { try NetworkRule(text) }
        expectEqual(error?.message.contains("'\(text)' is not a network rule"), true)
    }

    @Test(
        "which addresses a rule allows",
        arguments: [
            ("example.com:443", "example.com", "443", true),
            ("example.com:443", "EXAMPLE.COM", "443", true),
            ("example.com:443", "example.com", "80", false),
            ("example.com:443", "www.example.com", "443", false),
            ("example.com:443", "notexample.com", "443", false),
            ("example.com:443", "example.com.evil", "443", false),
            ("example.com:443", "example.co", "443", false),
            ("*.example.com:443", "www.example.com", "443", true),
            ("*.example.com:443", "a.b.example.com", "443", true),
            ("*.example.com:443", "example.com", "443", false),
            ("*.example.com:443", "notexample.com", "443", false),
            ("*.example.com:443", "www.notexample.com", "443", false),
            ("*.example.com:443", "www.example.com.evil", "443", false),
            ("*.example.com:443", "www.example.com", "8443", false),
            ("*.com:443", "example.com", "443", true),
            ("1.2.3.4:80", "1.2.3.4", "80", true),
            ("1.2.3.4:80", "1.2.3.5", "80", false),
            ("*.2.example:80", "1.2.example", "80", true),
        ])
    func matches(rule: String, host: String, port: String, isAllowed: Bool) throws {
        try expectEqual(NetworkRule(rule).allows(try #require(NetworkAddress(host, port))), isAllowed)
    }
}
