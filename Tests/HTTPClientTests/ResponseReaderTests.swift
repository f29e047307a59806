import HTTP
import HTTPClient
import TestSupport
import Testing

@Suite("Responses of HTTP/1.1")
struct ResponseReaderTests {
    struct Outcome: Equatable {
        var status = 0
        var headers: [String] = []
        var body = ""
        var isOver = false
        var keepsConnection = false
        /// Bytes after the response.
        var rest = 0
    }

    static func read(
        _ text: String, to method: HTTPMethod = .get, pieces size: Int, limit: Int = 1_000
    ) throws(HTTPClientError) -> Outcome {
        var reader = ResponseReader(to: method, limit: limit, host: "test")
        var outcome = Outcome()
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            var position = 0
            reading: while true {
                switch try reader.next(piece.span, from: &position) {
                case .head(let head):
                    outcome.status = head.status.code
                    outcome.headers = head.headers.map { "\($0.name): \($0.value)" }
                case .body(let range): outcome.body += String(decoding: piece[range], as: UTF8.self)
                case .needsMore: break reading
                case .end:
                    outcome.isOver = true
                    outcome.rest = bytes.count - start - position
                    outcome.keepsConnection = reader.keepsConnection
                    return outcome
                }
            }
            start += size
        }
        try reader.end()
        return outcome
    }

    @Test("a version of combining marks is refused before it is compared", .timeLimit(.minutes(1)))
    func marks() {
        let marks = (0..<30_000).map { ["\u{345}", "\u{301}", "\u{316}", "\u{334}"][$0 % 4] }.joined()
        let error = #expect(throws: HTTPClientError.self) {
            try Self.read("HTTP/1\(marks) 200\r\n\r\n", to: .get, pieces: 70_000, limit: 100_000)
        }
        expectEqual(error?.description.contains("not a status line"), true)
    }

    @Test(
        "a response ends where its head says, in pieces of any size",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhelloHTTP", "GET", "hello", true, 4),
            ("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "GET", "hello", true, 0),
            ("HTTP/1.1 200\r\nContent-Length: 5, 5\r\n\r\nhello", "GET", nil, false, 0),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "GET", "hello", true, 0),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nA: b\r\n\r\nX",
                "GET", "hello", true, 1
            ),
            ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nX", "GET", "", true, 1),
            ("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", "GET", "", true, 0),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", "", true, 0),
            ("HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok", "GET", "ok", false, 0),
            ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "GET", "ok", false, 0),
            ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", "GET", "ok", true, 0),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                "POST", "", true, 0
            ),
            ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nmore", "GET", "", false, 4),
        ] as [(String, HTTPMethod, String?, Bool, Int)])
    func ends(_ text: String, method: HTTPMethod, body: String?, keeps: Bool, rest: Int) throws {
        for size in [1, 2, 3, 7, 1_000] {
            guard let body else {
                #expect(throws: HTTPClientError.self) { try Self.read(text, to: method, pieces: size) }
                continue
            }
            let outcome = try Self.read(text, to: method, pieces: size)
            #expect(outcome.body == body && outcome.rest == rest, "in pieces of \(size): \(outcome)")
            #expect(outcome.keepsConnection == keeps && outcome.isOver)
        }
    }

    @Test("a response without a length ends with its connection", arguments: [1, 5, 1_000])
    func untilClose(size: Int) throws {
        let outcome = try Self.read("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\nto the end", pieces: size)
        #expect(outcome.body == "to the end" && !outcome.isOver)
        expectEqual(outcome.headers, ["X: a b"])
    }

    @Test("a body that ends with its connection is incomplete if TLS did not announce the end")
    func cut() throws {
        var reader = ResponseReader(to: .get, limit: 1_000, host: "server")
        let bytes = Array("HTTP/1.1 200 OK\r\n\r\nhel".utf8)
        var position = 0
        while position < bytes.count { _ = try reader.next(bytes.span, from: &position) }
        var cut = reader
        #expect(throws: HTTPClientError.self) { try cut.end(isCut: true) }
        try reader.end()
    }

    @Test(
        "what two readers could understand differently is refused",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "HTTP/2 200\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "\r\nHTTP/1.1 200 OK\r\n\r\n",
        ])
    func refused(_ text: String) {
        for size in [1, 1_000] {
            #expect { try Self.read(text, pieces: size) } throws: {
                ($0 as? HTTPClientError)?.code == .invalidResponse
            }
        }
    }

    @Test("a head longer than the limit is refused, also within one line")
    func limit() {
        for text in [String(repeating: "X: y\r\n", count: 200), "X: " + String(repeating: "y", count: 2_000)] {
            #expect { try Self.read("HTTP/1.1 200 OK\r\n" + text, pieces: 100) } throws: {
                ($0 as? HTTPClientError)?.code == .tooLarge
            }
        }
    }

    @Test("a head of more than 500 fields is refused")
    func fieldLimit() throws {
        func read(_ count: Int) throws(HTTPClientError) -> Outcome {
            let fields = String(repeating: "X: y\r\n", count: count)
            return try Self.read("HTTP/1.1 204 No Content\r\n\(fields)\r\n", pieces: 1_000, limit: 10_000)
        }
        try expectEqual(read(500).headers.count, 500)
        #expect { try read(501) } throws: {
            let error = $0 as? HTTPClientError
            return error?.code == .tooLarge && "\($0)".contains("more than 500 header fields")
        }
    }

    @Test("a connection that closes too early is an error")
    func closed() {
        let head = "HTTP/1.1 200 OK\r\n"
        for text in [
            head, head + "Content-Length: 3\r\n\r\nab", head + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        ] {
            #expect { try Self.read(text, pieces: 10) } throws: { ($0 as? HTTPClientError)?.code == .closed }
        }
    }
}
