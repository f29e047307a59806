import HTTP
import TestSupport
import Testing

@testable import Jail

@Suite("Heads that a jail's proxy passes on")
struct ForwardedHeadTests {
    private func request(_ text: String) throws -> String {
        var parser = NetworkRequestParser()
        let text = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n") + "\r\n\r\n"
        guard case .request(let request, _) = try parser.parse(Array(text.utf8)) else { return "" }
        let address = try #require(NetworkAddress(request.host, "\(request.port)"))
        return String(decoding: ForwardedHead.request(request, to: address), as: UTF8.self)
            .split(separator: "\r\n", omittingEmptySubsequences: false).joined(separator: "\n")
    }

    @Test("the server gets a path, its own Host, the framing, and nothing that concerns this connection")
    func requestHead() throws {
        try expectEqual(
            self.request(
                """
                POST http://Example.org:80/p?q HTTP/1.1
                Host: EXAMPLE.org
                Proxy-Authorization: Basic secret
                Proxy-Connection: keep-alive
                Connection: keep-alive, X-Mine , content-length
                Keep-Alive: timeout=5
                Upgrade: websocket
                HTTP2-Settings: x
                TE: trailers
                X-Mine: 1
                X-Kept: 2
                Content-Length: 3
                """),
            """
            POST /p?q HTTP/1.1
            Host: example.org
            X-Kept: 2
            Content-Length: 3
            Connection: close


            """)
        try expectEqual(
            self.request(
                "PUT http://a:8080 HTTP/1.1\nHost: a:8080\nTransfer-Encoding: chunked\nExpect: 100-continue"),
            "PUT / HTTP/1.1\nHost: a:8080\nTransfer-Encoding: chunked\nExpect: 100-continue\n"
                + "Connection: close\n\n")
        try expectEqual(self.request("GET http://a/ HTTP/1.0"), "GET / HTTP/1.0\nHost: a\nConnection: close\n\n")
        try expectEqual(
            self.request("POST http://a/ HTTP/1.1\nHost: a\nContent-Length: 0"),
            "POST / HTTP/1.1\nHost: a\nContent-Length: 0\nConnection: close\n\n")
    }

    private func head(_ text: String) throws -> AnswerHead {
        var reader = AnswerHeadReader()
        let bytes = Array((text.split(separator: "\n").joined(separator: "\r\n") + "\r\n\r\nbody").utf8)
        var found: (head: AnswerHead, rest: [UInt8])?
        // In pieces of every size that splits the end.
        for size in [1, 2, 3, 5, bytes.count] {
            reader = AnswerHeadReader()
            var position = 0
            found = nil
            while found == nil, position < bytes.count {
                let piece = Array(bytes[position..<min(bytes.count, position + size)])
                found = try reader.parse(piece)
                position += piece.count
            }
            expectEqual(String(decoding: (found?.rest ?? []) + bytes[position...], as: UTF8.self), "body")
        }
        return try #require(found).head
    }

    @Test(
        "how an answer's body ends",
        arguments: [
            ("HTTP/1.1 200 OK\nContent-Length: 4", "GET", ResponseBodyFraming.Body.length(4)),
            ("HTTP/1.1 200 OK\nContent-Length: 4\nContent-Length: 4", "GET", .length(4)),
            ("HTTP/1.1 200 OK\nContent-Length: 4", "HEAD", .none), ("HTTP/1.1 304 X\nContent-Length: 4", "GET", .none),
            ("HTTP/1.1 204 No Content", "GET", .none), ("HTTP/1.1 200\nContent-Length: 0", "GET", .none),
            ("HTTP/1.1 200 OK\nTransfer-Encoding: Chunked", "GET", .chunked), ("HTTP/1.0 200 OK", "GET", .untilEnd),
        ])
    func bodies(text: String, method: String, body: ResponseBodyFraming.Body) throws {
        try expectEqual(self.head(text).body(to: HTTPMethod(rawValue: method)), body)
    }

    @Test(
        "ambiguous answers are refused",
        arguments: [
            "HTTP/1.1 200 OK\nContent-Length: 4\nContent-Length: 5", "HTTP/1.1 200 OK\nContent-Length: -1",
            "HTTP/1.1 200 OK\nContent-Length: 4\nTransfer-Encoding: chunked", "HTTP/1.1 200 OK\nContent-Length: 4, 4",
            "HTTP/1.1 200 OK\nTransfer-Encoding: gzip", "HTTP/1.0 200 OK\nTransfer-Encoding: chunked",
            "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked", "HTTP/1.1 200 OK\n folded",
            "HTTP/1.1 200 OK\nX : y", "HTTP/1.1 200 OK\nno colon", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK",
            "HTTP/1.1 600 OK", "HTTP/2 200 OK", "HTTP/1.1200 OK", "ICY 200 OK and more", "HTTP/1.1 200 O\u{0}K",
            "HTTP/1.1 200 OK\nX: a\rb",
        ])
    func ambiguous(text: String) {
        #expect(throws: AnswerHead.Problem.self) { try self.head(text) }
    }

    @Test("an answer's head for the client")
    func answerHead() throws {
        let head = try self.head(
            "HTTP/1.0 404 Not here\nServer: x\nConnection: close, X-Mine\nX-Mine: 1\nKeep-Alive: 5\nContent-Length: 4\n"
                + "Proxy-Authenticate: Basic")
        let text = { String(decoding: ForwardedHead.answer(head, keepsAlive: $0), as: UTF8.self) }
        expectEqual(text(true), "HTTP/1.1 404 Not here\r\nServer: x\r\nContent-Length: 4\r\n\r\n")
        #expect(text(false).hasSuffix("Content-Length: 4\r\nConnection: close\r\n\r\n"))
    }

    @Test("an answer that names hundreds of its fields as those of the connection")
    func manyDropped() throws {
        let names = (0..<200).map { "X-Field-\($0)" }
        let fields = names.map { "\($0.lowercased()): 1\n" }.joined()
        let head = try self.head("HTTP/1.1 200 OK\n\(fields)Connection: \(names.joined(separator: ","))\nServer: x")
        let text = String(decoding: ForwardedHead.answer(head, keepsAlive: true), as: UTF8.self)
        expectEqual(text, "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n")
    }

    @Test("an endless head is refused")
    func endless() {
        var reader = AnswerHeadReader()
        #expect(throws: AnswerHead.Problem.self) {
            for _ in 0..<10 { _ = try reader.parse([UInt8](repeating: 0x61, count: 10_000)) }
        }
    }
}
