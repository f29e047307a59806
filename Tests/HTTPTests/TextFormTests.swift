import HTTP
import Testing

@Suite("Text forms")
struct TextFormTests {
    @Test(
        "percent-decoding rejects invalid escapes",
        arguments: [
            ("a%20b", "a b"), ("%C3%A9", "é"), ("a+b", "a+b"), ("%", nil), ("%4", nil), ("%zz", nil), ("%FF", nil),
        ]
            as [(String, String?)])
    func decoding(text: String, expected: String?) {
        #expect(PercentEncoding.decode(text) == expected)
    }

    @Test("long runs of combining marks are broken where escapes become text")
    func marks() {
        let escaped = PercentEncoding.decode("a" + String(repeating: "%CC%80", count: 200))
        let query = HTTPQuery(parsing: "x=a" + String(repeating: "%CC%80", count: 200))["x"]
        let quoted = MediaType(parsing: "a/b; x=\"a" + String(repeating: "\\\u{300}", count: 200) + "\"")?["x"]
        for text in [escaped, query, quoted] {
            let joiners = text?.unicodeScalars.count { $0 == "\u{34F}" }
            #expect(joiners == 6)
        }
    }

    @Test("queries are parsed as browsers write them")
    func queries() {
        let query = HTTPQuery(parsing: "a=1&b=x+y%21&&c&a=2&d=%zz")
        #expect(query.items.map(\.name) == ["a", "b", "c", "a", "d"])
        #expect(query["b"] == "x y!")
        #expect(query["c"] == "")
        #expect(query["a"] == "1")
        #expect(query["d"] == "%zz")
        #expect(HTTPQuery(parsing: query.encoded) == query)
    }

    @Test(
        "media types are parsed and normalized",
        arguments: [
            ("text/html", "text/html"), ("Text/HTML ; Charset=UTF-8", "text/html; charset=UTF-8"),
            ("a/b; x=\"1;\\\"2\"", "a/b; x=\"1;\\\"2\""), ("a/b;", "a/b"), ("a", nil), ("a/", nil), ("/b", nil),
            ("a/b; x", nil), ("a/b c", nil), ("a/b; x=\"1", nil), ("", nil),
        ] as [(String, String?)])
    func mediaTypes(text: String, expected: String?) {
        #expect(MediaType(parsing: text)?.description == expected)
    }

    @Test("JSON types are recognized by suffix, files by extension")
    func kinds() {
        #expect(MediaType(parsing: "application/problem+json")?.isJSON == true)
        #expect(MediaType(parsing: "text/plain")?.isJSON == false)
        #expect(MediaType.ofFile(named: "a.min.JS").essence == "text/javascript")
        #expect(MediaType.ofFile(named: "README").essence == "application/octet-stream")
    }

    @Test(
        "dates are formatted and parsed",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
        ])
    func dates(seconds: Int, text: String) {
        #expect(HTTPDate.format(seconds) == text)
        #expect(HTTPDate.parse(text) == seconds)
    }

    @Test(
        "other date formats are rejected",
        arguments: [
            "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        ])
    func invalidDates(text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }

    @Test("cookies are matched by full name and hidden from scripts")
    func cookies() {
        let headers: HTTPHeaders = ["Cookie": "xsession=0; session=abc=; other=1", "cookie": "late=2"]
        #expect(HTTPCookie.value(of: "session", in: headers) == "abc=")
        #expect(HTTPCookie.value(of: "late", in: headers) == "2")
        #expect(HTTPCookie.value(of: "none", in: headers) == nil)
        let cookie = HTTPCookie("s", "v", maximumAge: 5, isSecure: true)
        #expect(cookie.setCookie == "s=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=5; Secure")
    }

    @Test("a status has a reason phrase and may forbid a body")
    func statuses() {
        #expect(HTTPStatus.contentTooLarge.description == "413 Content Too Large")
        #expect(HTTPStatus(599).reason == "")
        #expect(HTTPStatus.notModified.isBodiless && HTTPStatus.noContent.isBodiless && !HTTPStatus.ok.isBodiless)
    }
}
