import Markdown
import TestSupport
import Testing

@Suite("Addresses of links", .timeLimit(.minutes(1)))
struct LinkAddressTests {
    @Test(
        "a text that reads like another address is deceptive",
        arguments: [
            ("https://bank.example", "https://evil.example"), ("bank.example", "https://evil.example"),
            ("www.bank.com", "https://evil.example"), ("HTTPS://bank.example/", "https://evil.example/"),
            ("bank.de/login", "https://evil.example/login"), ("help@bank.example", "mailto:evil@evil.example"),
            ("see https://bank.example", "https://evil.example"), ("mailto:a@b.org", "https://evil.example"),
            ("https://bank\u{200B}.example", "https://evil.example"), ("bank.example:8080", "https://evil.example"),
            ("https://e.org/a", "https://e.org/b"), ("https://e.org/A", "https://e.org/a"),
        ])
    func deceptive(label: String, address: String) {
        let isDeceptive = LinkAddress.isDeceptive(Array(label.utf8), for: address.utf8Span.span)
        #expect(isDeceptive)
    }

    @Test(
        "a name, a file and the address itself are not",
        arguments: [
            ("the page", "https://e.org"), ("https://e.org", "https://e.org"), ("e.org", "https://e.org/"),
            ("www.e.org", "http://www.e.org"), ("https://E.org/x", "https://e.org/x"), ("a@b.org", "mailto:a@b.org"),
            ("main.rs", "https://e.org/src/main.rs"), ("Node.js", "https://nodejs.org"), ("v1.2", "https://e.org/v1.2"),
            ("@alice@mastodon.social", "https://mastodon.social/@alice"), ("and/or", "https://e.org"),
            ("src/main.swift", "https://e.org/1"), ("", "https://e.org"), ("e.g.", "https://e.org"),
            ("…", "https://e.org"),
        ])
    func honest(label: String, address: String) {
        let isDeceptive = LinkAddress.isDeceptive(Array(label.utf8), for: address.utf8Span.span)
        #expect(!isDeceptive)
    }

    @Test("a label of marks between joiners, and an address of marks, are compared at once")
    func marks() {
        let label = "https://a" + (0..<200_000).map { ["\u{345}\u{34F}", "\u{316}\u{34F}"][$0 % 2] }.joined()
        let address = "https://a" + (0..<200_000).map { ["\u{345}", "\u{316}"][$0 % 2] }.joined() + "b"
        expectEqual(LinkAddress.isDeceptive(Array(label.utf8), for: address.utf8Span.span), true)
    }
}
