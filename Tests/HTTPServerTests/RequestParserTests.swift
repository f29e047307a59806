import HTTP
import TestSupport
import Testing

@testable import HTTPServer

@Suite("Request parser")
struct RequestParserTests {
    /// Parses the text in pieces of `size` bytes; returns the head and the number of bytes after it.
    static func parse(
        _ text: String, pieces size: Int, limits: HeadLimits = HeadLimits()
    ) throws(HTTPServerError) -> (head: RequestHead?, rest: Int) {
        var parser = RequestParser(limits: limits)
        let bytes = Array(text.utf8)
        var position = 0
        while position < bytes.count {
            let piece = Array(bytes[position..<min(position + size, bytes.count)])
            let (consumed, head) = try parser.parse(piece.span)
            position += consumed
            if let head { return (head, bytes.count - position) }
        }
        return (nil, 0)
    }

    @Test("a request is parsed the same in pieces of any size", arguments: [1, 2, 3, 7, 1000])
    func pieces(size: Int) throws {
        let text =
            "\r\n\r\nPOST /a/b%2Fc?x=1?y HTTP/1.1\r\nHost: Example.org:80\r\nX-Empty:\r\nX-Blank: \t a b\t \r\n"
            + "content-LENGTH: 5\r\nExpect: 100-Continue\r\nConnection: x, Upgrade\r\nUpgrade: y\r\n\r\nhello"
        let (parsed, rest) = try Self.parse(text, pieces: size)
        let head = try #require(parsed)
        expectEqual(rest, 5)
        expectEqual(head.method, .post)
        expectEqual(head.target, "/a/b%2Fc?x=1?y")
        expectEqual(head.path, "/a/b%2Fc")
        expectEqual(head.query, "x=1?y")
        expectEqual(head.framing, .length(5))
        #expect(head.expectsContinue && head.keepsAlive && head.wantsUpgrade)
        expectEqual(head.headers["x-empty"], "")
        expectEqual(head.headers["X-BLANK"], "a b")
        expectEqual(head.rawBytes, Array(text.utf8.dropFirst(4).dropLast(5)))
    }

    @Test("the parser is reset after each head, so that pipelined requests can follow")
    func pipeline() throws {
        var parser = RequestParser()
        let bytes = Array("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.0\r\n\r\nGET /3".utf8)
        var targets: [String] = []
        var position = 0
        while position < bytes.count {
            let (consumed, head) = try parser.parse(bytes.span.extracting(position...))
            position += consumed
            if let head { targets.append("\(head.target) \(head.minorVersion) \(head.keepsAlive)") }
        }
        expectEqual(targets, ["/1 1 true", "/2 0 false"])
        #expect(parser.isInsideHead)
    }

    @Test(
        "all four forms of targets are parsed",
        arguments: [
            ("GET http://a HTTP/1.1", "/"), ("GET http://A:80/x?y HTTP/1.1", "/x"), ("GET HTTPS://a?y HTTP/1.1", "/"),
            ("OPTIONS * HTTP/1.1", "*"), ("CONNECT a:443 HTTP/1.1", "a:443"), ("GET //a/b HTTP/1.1", "//a/b"),
            ("PROPFIND /a HTTP/1.1", "/a"), ("get / HTTP/1.1", "/"), ("GET /..;/%00 HTTP/1.1", "/..;/%00"),
        ])
    func forms(line: String, path: String) throws {
        let head = try #require(try Self.parse("\(line)\r\nHost: a\r\n\r\n", pieces: 1000).head)
        #expect(head.path == path)
        expectEqual(head.keepsAlive, head.method != .connect)
    }

    @Test(
        "limits are enforced before the end of the offending line",
        arguments: [
            ("GET /" + String(repeating: "a", count: 20_000), 414),
            ("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 70_000), 431),
            ("GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 101), 431),
            ("GET / HTTP/1.1\r\n" + String(repeating: "x", count: 70_000), 431),
            (String(repeating: "A", count: 40), 400), ("\u{16}\u{3}\u{1}", 400), ("\n", 400), (" ", 400),
            (String(repeating: "\r\n", count: 9), 400),
        ])
    func early(text: String, status: Int) {
        for size in [1, 1000] {
            #expect { try Self.parse(text, pieces: size) } throws: { ($0 as? HTTPServerError)?.status.code == status }
        }
    }

    @Test(
        "the path of an invalid request is known as soon as it has been read",
        arguments: [
            ("POST /v1/x?y HTTP/1.1\r\nHost: a\r\n X: folded\r\n", "/v1/x"),
            ("POST /v1/x HTTP/1.1\r\n\r\n", "/v1/x"), ("POST /v1/x HTTP/3.0\r\nHost: a\r\n\r\n", "/v1/x"),
            ("GET /x?" + String(repeating: "a", count: 20_000), "/x"),
            ("GET /" + String(repeating: "a", count: 20_000), nil), ("\u{16}\u{3}", nil), ("GET a", nil),
            ("GET http://a/x HTTP/1.1\r\nHost: b\r\n\r\n", nil),
        ])
    func pathOfInvalid(text: String, path: String?) {
        for size in [1, 1000, 30_000] {
            var parser = RequestParser(limits: HeadLimits())
            let bytes = Array(text.utf8)
            do throws(HTTPServerError) {
                for start in stride(from: 0, to: bytes.count, by: size) {
                    _ = try parser.parse(Array(bytes[start..<min(start + size, bytes.count)]).span)
                }
            } catch {}
            expectEqual(parser.path.map(String.init), path)
        }
    }

    @Test("a head may be exactly as large as the limits allow")
    func exactLimits() throws {
        var limits = HeadLimits()
        (limits.target, limits.fields) = (4, 2)
        let text = "GET /abc HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n"
        limits.bytes = text.utf8.count
        for size in [1, 5, 1000] { #expect(try Self.parse(text, pieces: size, limits: limits).head != nil) }
        limits.bytes -= 1
        #expect(throws: HTTPServerError.self) { try Self.parse(text, pieces: 5, limits: limits) }
    }
}
