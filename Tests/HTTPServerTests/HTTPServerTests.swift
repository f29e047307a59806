import EventLoop
import HTTP
import TestSupport
import Testing

@testable import HTTPServer

@Suite("HTTP server", .timeLimit(.minutes(1)))
struct HTTPServerTests {
    static let kinds: [@Sendable (String) -> HTTPDispatch.Handler] = [
        { text in .pool { _ in .text(text) } },
        { text in .loop { _ in .text(text) } },
        { text in .immediate { _ in .text(text) } },
    ]

    @Test("responds with framing and date, from the pool, the loop and immediately", arguments: [0, 1, 2])
    func hello(kind: Int) async throws {
        try await withServer(Self.kinds[kind]("hello")) { server in
            let client = try await RawConnection(to: server.boundAddress)
            for _ in 0..<3 {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try await client.receive(through: "hello")
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nDate: "))
                #expect(answer.hasSuffix(" GMT\r\nContent-Length: 5\r\n\r\nhello"))
            }
            client.close()
        }
    }

    @Test("pipelined requests are answered in order even if the first takes longest", arguments: [1, 7, 4096])
    func pipelining(pieceSize: Int) async throws {
        let isFirstDone = Flag()
        let handler = HTTPDispatch.Handler.pool { request in
            if request.path == "/0" { try await isFirstDone.wait() }
            return .text("<\(request.path) \(String(decoding: try await request.body.collect(), as: UTF8.self))>")
        }
        try await withServer(handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            let requests = (0..<5).map { index in
                index % 2 == 0
                    ? "GET /\(index) HTTP/1.1\r\nHost: a\r\n\r\n"
                    : "POST /\(index) HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
            }
            let bytes = Array(requests.joined().utf8)
            for start in stride(from: 0, to: bytes.count, by: pieceSize) {
                try await client.send(Array(bytes[start..<min(start + pieceSize, bytes.count)]))
            }
            isFirstDone.set()
            let answers = try await client.receive(through: "</4 >")
            expectEqual(
                answers.split(separator: "<").dropFirst().map { $0.prefix { $0 != ">" } },
                ["/0 ", "/1 body", "/2 ", "/3 body", "/4 "])
            client.close()
        }
    }

    @Net
    private final class PendingWatch {
        var server: HTTPServer?
        private(set) var most = 0

        nonisolated init() {}

        func look() { self.most = max(self.most, self.server?.pendingCount ?? 0) }
    }

    @Test("handled requests leave the memory even if the client is always ahead")
    func alwaysAhead() async throws {
        let watch = PendingWatch()
        let handler = HTTPDispatch.Handler.loop { _ in
            // Time for further requests to arrive, so that some are always waiting.
            try await Task.sleep(for: .milliseconds(1))
            watch.look()
            return .text("hello")
        }
        try await withServer(handler) { server in
            watch.server = server
            let client = try await RawConnection(to: server.boundAddress)
            let request = "GET / HTTP/1.1\r\nHost: a\r\nX-Pad: \(String(repeating: "x", count: 4_000))\r\n\r\n"
            try await client.send(request)
            let length = try await client.receive(through: "hello").utf8.count
            // 2.4 MB
            let count = 600
            try await client.send(String(repeating: request, count: count))
            _ = try await client.receive(count: length * count)
            let most = watch.most
            #expect(most > 0 && most < 512 * 1024)
            client.close()
            watch.server = nil
        }
    }

    @Test(
        "the connection persists only if both sides want it",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", nil, true),
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "close", false),
            ("GET / HTTP/1.0\r\n\r\n", "close", false),
            ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "keep-alive", true),
            ("GET /close HTTP/1.1\r\nHost: a\r\n\r\n", "close", false),
        ] as [(String, String?, Bool)])
    func keepAlive(request: String, header: String?, stays: Bool) async throws {
        let handler = HTTPDispatch.Handler.loop { request in
            var response = HTTPServerResponse.text("hello")
            if request.path == "/close" { response.headers["Connection"] = "close" }
            return response
        }
        try await withServer(handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send(request)
            let answer = try await client.receive(through: "hello")
            let line = answer.split(separator: "\r\n").first { $0.hasPrefix("Connection: ") }
            expectEqual(line.map { String($0.dropFirst(12)) }, header)
            if stays {
                try await client.send(request)
                _ = try await client.receive(through: "hello")
            } else {
                try await expectEqual(client.receiveToEnd(), "")
            }
            client.close()
        }
    }

    @Test("HEAD and bodiless statuses send no body, which would corrupt the next response")
    func bodiless() async throws {
        let handler = HTTPDispatch.Handler.loop { request in
            switch request.path {
            case "/204": HTTPServerResponse(.noContent, body: .bytes(Array("no".utf8)))
            case "/304": HTTPServerResponse(.notModified, headers: ["ETag": "x", "Content-Length": "9"])
            case "/stream": HTTPServerResponse(.ok, headers: ["Content-Length": "99"], body: .stream { _ in })
            default: .text("hello")
            }
        }
        try await withServer(handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            for (request, length) in [
                ("HEAD /", "5"), ("GET /204", nil), ("GET /304", "9"), ("HEAD /stream", "99"), ("HEAD /204", nil),
            ] as [(String, String?)] {
                try await client.send("\(request) HTTP/1.1\r\nHost: a\r\n\r\n")
                let head = try await client.receive(through: "\r\n\r\n")
                let line = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
                expectEqual(line.map { String($0.dropFirst(16)) }, length)
                #expect(!head.contains("chunked"))
            }
            client.close()
        }
    }

    @Test(
        "an invalid request gets its status, and the connection ends",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
            ("GET /\(String(repeating: "a", count: 17_000))", 414),
            ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 70_000))", 431),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n", 413),
            ("POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx", 400),
            ("\u{16}\u{3}\u{1}\u{2}", 400),
        ])
    func rejected(request: String, status: Int) async throws {
        try await withServer(.pool { _ in .text("never") }) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send(request)
            let answer = try await client.receiveToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains("Connection: close\r\n"))
            #expect(answer.contains("application/problem+json"))
            #expect(!answer.contains("never"))
            client.close()
        }
    }

    @Test("a handler's error gets a response and one log line, a problem only a response")
    func errors() async throws {
        struct Broken: Error {}
        let log = LogLines()
        let handler = HTTPDispatch.Handler.pool { request in
            if request.path == "/problem" { throw HTTPProblem(.conflict, "taken", headers: ["Retry-After": "5"]) }
            throw Broken()
        }
        try await withServer(log: log, handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send(
                "GET /problem HTTP/1.1\r\nHost: a\r\n\r\nGET /broken?token=1 HTTP/1.1\r\nHost: a\r\n\r\n")
            let answers = try await client.receive(through: "log for the reason\"}")
            #expect(answers.contains("HTTP/1.1 409 Conflict\r\n") && answers.contains("Retry-After: 5\r\n"))
            #expect(answers.contains("HTTP/1.1 500 "))
            client.close()
        }
        expectEqual(log.lines.count, 1)
        expectEqual(log.lines.first?.contains("Broken"), true)
        expectEqual(log.lines.first?.contains("token"), false)
    }

    @Test("raw targets, any method and absolute-form reach the handler")
    func targets() async throws {
        try await withServer(.loop { .text("\($0.method) \($0.target) \($0.path) \($0.query["q"] ?? "-")\n") }) {
            server in
            let client = try await RawConnection(to: server.boundAddress)
            for (line, expected) in [
                ("PROPFIND /a%2Fb/../c?q=1", "PROPFIND /a%2Fb/../c?q=1 /a%2Fb/../c 1\n"),
                ("QUERY http://a/x?q=2", "QUERY http://a/x?q=2 /x 2\n"), ("OPTIONS *", "OPTIONS * * -\n"),
            ] {
                try await client.send("\(line) HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await client.receive(through: "\r\n\r\n")
                try await expectEqual(client.receive(through: "\n"), expected)
            }
            client.close()
        }
    }

    @Test("a handler's headers can't break the framing")
    func handlerHeaders() async throws {
        let handler = HTTPDispatch.Handler.loop { _ in
            var response = HTTPServerResponse.text("hello")
            response.headers.append("Transfer-Encoding", "chunked")
            response.headers.append("Keep-Alive", "x")
            response.headers.append("X", "a\r\nContent-Length: 0\r\n\r\n")
            return response
        }
        try await withServer(handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let answer = try await client.receiveToEnd()
            #expect(!answer.contains("Transfer-Encoding") && !answer.contains("Keep-Alive"))
            #expect(answer.contains("X: a  Content-Length: 0    \r\n"))
            #expect(answer.hasSuffix("\r\n\r\nhello"))
            client.close()
        }
    }
}
