import HTTP
import Testing

@Suite("Headers")
struct HTTPHeadersTests {
    @Test("keep their order, ignore the case of names, and replace all fields of a name")
    func basics() {
        var headers: HTTPHeaders = ["Set-Cookie": "a=1", "Content-Type": "text/plain", "set-cookie": "b=2"]
        #expect(headers["SET-COOKIE"] == "a=1")
        #expect(headers.values(of: "set-cookie") == ["a=1", "b=2"])
        headers["content-type"] = "text/html"
        #expect(headers.map(\.name) == ["Set-Cookie", "set-cookie", "content-type"])
        headers["set-cookie"] = nil
        #expect(headers.count == 1)
        #expect(headers == ["Content-Type": "text/html"])
        #expect(headers["x"] == nil)
    }

    @Test("a value can't start a new line")
    func injection() {
        let headers: HTTPHeaders = ["Location": "/a\r\nSet-Cookie: x=1\0"]
        #expect(headers["location"] == "/a  Set-Cookie: x=1 ")
    }

    @Test("names that aren't tokens are rejected", arguments: ["", "a b", "a:", "a\r\n", "ä", "a\0"])
    func badName(name: String) {
        var headers = HTTPHeaders()
        let isAdded = headers.append(name, "x")
        #expect(!isAdded)
        #expect(headers.isEmpty)
    }

    @Test("lists are split at commas across all fields")
    func lists() {
        let headers: HTTPHeaders = ["Connection": "close,, \tUpgrade ", "connection": "x"]
        #expect(headers.list(of: "connection") == ["close", "Upgrade", "x"])
        #expect(headers.contains("connection", token: "upgrade"))
        #expect(!headers.contains("connection", token: "up"))
    }

    @Test("long runs of combining marks are broken in texts, and kept as bytes")
    func marks() {
        let value = "a" + String(repeating: "\u{300}", count: 200)
        let headers: HTTPHeaders = ["X": value]
        for text in [headers["x"] ?? "", headers[0].value, headers.list(of: "x").joined()] {
            let joiners = text.unicodeScalars.count { $0 == "\u{34F}" }
            #expect(joiners == 6)
        }
        let isKept = headers.valueBytes(at: 0).elementsEqual(value.utf8)
        #expect(isKept)
    }

    @Test("invalid UTF-8 is kept as bytes and read as ISO 8859-1")
    func latin() {
        var headers = HTTPHeaders()
        headers.append(name: Array("X".utf8), value: [0x63, 0x61, 0x66, 0xE9])
        #expect(headers["x"] == "café")
        var output: [UInt8] = []
        headers.write(to: &output)
        #expect(output == Array("X: caf".utf8) + [0xE9, 0x0D, 0x0A])
    }
}
