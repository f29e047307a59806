import Markdown
import Testing

@Suite("Addresses of links")
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
}
