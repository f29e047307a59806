import HTTP
import Testing

@Suite("URLs")
struct HTTPURLTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let host: String
        let port: Int
        let target: String
        let origin: String
        var testDescription: String { self.text }
    }

    @Test(
        "are parsed without changing path and query",
        arguments: [
            Case(text: "http://a", host: "a", port: 80, target: "/", origin: "http://a"),
            Case(
                text: "HTTPS://API.Example.org:443/x%2fy?q=%20#top", host: "api.example.org", port: 443,
                target: "/x%2fy?q=%20", origin: "https://api.example.org"),
            Case(
                text: "http://127.0.0.1:8080?x", host: "127.0.0.1", port: 8080, target: "/?x",
                origin: "http://127.0.0.1:8080"),
            Case(text: "wss://[::1]:9/live", host: "::1", port: 9, target: "/live", origin: "wss://[::1]:9"),
            Case(text: "http://a/?b/c?d", host: "a", port: 80, target: "/?b/c?d", origin: "http://a"),
        ])
    func parts(example: Case) throws {
        let url = try HTTPURL(example.text)
        #expect(url.host == example.host)
        #expect(url.effectivePort == example.port)
        #expect(url.target == example.target)
        #expect(url.origin == example.origin)
    }

    @Test(
        "are rejected with a reason if invalid",
        arguments: [
            ("", HTTPURLError.Code.scheme), ("/path", .scheme), ("ftp://a/", .scheme), ("http:/a", .scheme),
            ("http://", .host), ("http:///x", .host), ("http://a b/", .character), ("http://ä/", .character),
            ("http://user:pw@a/", .userInformation), ("http://a:x/", .port), ("http://a:99999/", .port),
            ("http://[::1/", .host), ("http://[zz]/", .host), ("http://[::1]x/", .host), ("http://a\r\n/", .character),
            ("http://a\\b/", .host), ("http://a,b/", .host),
        ])
    func rejected(text: String, code: HTTPURLError.Code) {
        #expect { try HTTPURL(text) } throws: { ($0 as? HTTPURLError)?.code == code }
    }

    @Test(
        "loopback is recognized by the text alone",
        arguments: [
            ("http://localhost/", true), ("http://127.0.0.1/", true), ("http://127.9.9.9/", true),
            ("http://[::1]/", true),
            ("http://127.0.0.1.example.org/", false), ("http://128.0.0.1/", false), ("http://127.0.0/", false),
            ("http://localhost.example.org/", false), ("http://0.0.0.0/", false),
        ])
    func loopback(text: String, isLoopback: Bool) throws {
        #expect(try HTTPURL(text).isLoopback == isLoopback)
    }

    @Test(
        "references resolve as RFC 3986 says",
        arguments: [
            ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"),
            ("//g", "http://g/"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"), ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"), ("..", "http://a/b/"), ("../g", "http://a/b/g"), ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"), ("/../g", "http://a/g"), ("g/../h", "http://a/b/c/h"),
            ("https://x/y", "https://x/y"),
            ("#s", "http://a/b/c/d;p?q"), ("g.", "http://a/b/c/g."),
        ])
    func resolving(reference: String, expected: String) throws {
        #expect(try HTTPURL("http://a/b/c/d;p?q").resolving(reference).description == expected)
    }

    @Test("appended segments are encoded")
    func appending() throws {
        let url = try HTTPURL("http://a/v1/").appending("ü/b", "c d")
        #expect(url.description == "http://a/v1/%C3%BC%2Fb/c%20d")
        #expect(url.with(query: ["q": "a&b=c+d é"]).query == "q=a%26b%3Dc%2Bd%20%C3%A9")
    }
}
