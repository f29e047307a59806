import HTTP
import Testing

@Suite("Text forms")
struct TextFormTests {
    @Test(
        "percent-decoding refuses what is not encoding",
        arguments: [
            ("a%20b", "a b"), ("%C3%A9", "é"), ("a+b", "a+b"), ("%", nil), ("%4", nil), ("%zz", nil), ("%FF", nil),
        ]
            as [(String, String?)])
    func decoding(text: String, expected: String?) {
        #expect(PercentEncoding.decode(text) == expected)
    }

    @Test("queries are read as browsers write them")
    func queries() {
        let query = HTTPQuery(parsing: "a=1&b=x+y%21&&c&a=2&d=%zz")
        #expect(query.items.map(\.name) == ["a", "b", "c", "a", "d"])
        #expect(query["b"] == "x y!")
        #expect(query["c"] == "")
        #expect(query.values(of: "a") == ["1", "2"])
        #expect(query["d"] == "%zz")
        #expect(HTTPQuery(parsing: query.encoded) == query)
    }

    @Test(
        "media types",
        arguments: [
            ("text/html", "text/html"), ("Text/HTML ; Charset=UTF-8", "text/html; charset=UTF-8"),
            ("a/b; x=\"1;\\\"2\"", "a/b; x=\"1;\\\"2\""), ("a/b;", "a/b"), ("a", nil), ("a/", nil), ("/b", nil),
            ("a/b; x", nil), ("a/b c", nil), ("a/b; x=\"1", nil), ("", nil),
        ] as [(String, String?)])
    func mediaTypes(text: String, expected: String?) {
        #expect(MediaType(parsing: text)?.description == expected)
    }

    @Test("JSON is known by its suffix, files by theirs")
    func kinds() {
        #expect(MediaType(parsing: "application/problem+json")?.isJSON == true)
        #expect(MediaType(parsing: "text/plain")?.isJSON == false)
        #expect(MediaType.ofFile(named: "a.min.JS").essence == "text/javascript")
        #expect(MediaType.ofFile(named: "README").essence == "application/octet-stream")
    }

    @Test(
        "dates go both ways",
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
        "other dates are not understood",
        arguments: [
            "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        ])
    func notDates(text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }

    @Test("cookies are found by their whole name and set out of scripts' reach")
    func cookies() {
        let headers: HTTPHeaders = ["Cookie": "xsession=0; session=abc=; other=1", "cookie": "late=2"]
        #expect(HTTPCookie.value(of: "session", in: headers) == "abc=")
        #expect(HTTPCookie.value(of: "late", in: headers) == "2")
        #expect(HTTPCookie.value(of: "none", in: headers) == nil)
        let cookie = HTTPCookie("s", "v", maximumAge: 5, isSecure: true)
        #expect(cookie.setCookie == "s=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=5; Secure")
    }

    @Test("statuses know their reason and whether a body follows")
    func statuses() {
        #expect(HTTPStatus.contentTooLarge.description == "413 Content Too Large")
        #expect(HTTPStatus(599).reason == "")
        #expect(HTTPStatus.notModified.isBodiless && HTTPStatus.noContent.isBodiless && !HTTPStatus.ok.isBodiless)
    }
}
