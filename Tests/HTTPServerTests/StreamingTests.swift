import EventLoop
import Glibc
import HTTP
import HTTPServer
import Primitives
import TestSupport
import Testing

@Suite("Streamed bodies", .timeLimit(.minutes(1)))
struct StreamingTests {
    /// Streams the request body back as it arrives.
    static let echo = HTTPDispatch.Handler.pool { request in
        HTTPServerResponse(
            .ok,
            body: .stream { writer in
                for try await piece in request.body { try await writer.write(piece) }
            })
    }

    @Test("each write reaches the client before the next")
    func flushed() async throws {
        let next = [Flag(), Flag()]
        let handler = HTTPDispatch.Handler.pool { _ in
            HTTPServerResponse(
                body: .stream { writer in
                    try await writer.write("one")
                    try await next[0].wait()
                    try await writer.write("")
                    try await writer.write("two!")
                    try await next[1].wait()
                })
        }
        try await withServer(handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.receive(through: "3\r\none\r\n").contains("Transfer-Encoding: chunked\r\n"))
            next[0].set()
            try await expectEqual(client.receive(through: "\r\n"), "4\r\n")
            try await expectEqual(client.receive(through: "\r\n"), "two!\r\n")
            next[1].set()
            try await expectEqual(client.receive(through: "\r\n\r\n"), "0\r\n\r\n")
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try await client.receiveToEnd().hasSuffix("3\r\none\r\n4\r\ntwo!\r\n0\r\n\r\n"))
            client.close()
        }
    }

    @Test("a stream of a handler on the loop ends when its client leaves")
    func leftStream() async throws {
        let left = Flag()
        let handler = HTTPDispatch.Handler.loop { _ in
            HTTPServerResponse(
                body: .streamOnLoop { writer in
                    try await writer.write("begun")
                    defer { left.set() }
                    try await EventLoop.shared.sleep(for: .seconds(50))
                })
        }
        try await withServer(handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await client.receive(through: "begun")
            client.close()
            try await left.wait()
        }
    }

    @Test("bodies stream in both directions at once, request trailers are skipped, and the connection persists")
    func echo() async throws {
        try await withServer(Self.echo) { server in
            let client = try await RawConnection(to: server.boundAddress)
            for _ in 0..<2 {
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                for text in ["first", "second"] {
                    try await client.send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
                    _ = try await client.receive(through: "\(text)\r\n")
                }
                try await client.send("0\r\nX-Sum: 7\r\n\r\n")
                try await expectEqual(client.receive(through: "\r\n\r\n"), "0\r\n\r\n")
            }
            client.close()
        }
    }

    @Test(
        "a response larger than the socket's buffer continues once its client reads",
        arguments: [true, false])
    func slowReader(isWhole: Bool) async throws {
        // Copied, because making and comparing 16 million bytes one by one takes seconds. The period is a prime number,
        // so that pieces of the usual sizes all differ.
        var body = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        while body.count < 16 << 20 { body += body }
        let sent = body
        var settings = HTTPServerSettings()
        // Only the socket's readiness may wake the connection.
        settings.deadlines.progress = .seconds(3600)
        let handler = HTTPDispatch.Handler.loop { _ in
            guard !isWhole else { return HTTPServerResponse(body: .bytes(sent)) }
            return HTTPServerResponse(body: .streamOnLoop { writer in try await writer.write(sent) })
        }
        try await withServer(settings: settings, handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            client.isReading = false
            try await client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n")
            try await EventLoop.shared.sleep(for: .milliseconds(50))
            client.isReading = true
            _ = try await client.receive(through: "\r\n\r\n")
            let received = try await client.receive(count: sent.count)
            expectEqual(memcmp(received, sent, sent.count), 0)
            client.close()
        }
    }

    @Test("an HTTP/1.0 client gets an unchunked stream that ends with the connection")
    func oldClient() async throws {
        try await withServer(Self.echo) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("POST / HTTP/1.0\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello")
            let answer = try await client.receiveToEnd()
            #expect(answer.hasSuffix("Connection: close\r\n\r\nhello"))
            client.close()
        }
    }

    @Test("100 Continue is sent only when the handler reads")
    func expectation() async throws {
        let mayRead = Flag()
        let handler = HTTPDispatch.Handler.pool { request in
            if request.path == "/never" { return .text("unread") }
            try await mayRead.wait()
            return .text(String(decoding: try await request.body.collect(), as: UTF8.self))
        }
        try await withServer(handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
            try await client.send(head)
            mayRead.set()
            try await expectEqual(client.receive(through: "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("hello")
            #expect(try await client.receive(through: "hello").hasPrefix("HTTP/1.1 200 OK\r\n"))
            // A client that doesn't wait gets no 100.
            try await client.send(head + "hello")
            #expect(try await client.receive(through: "hello").hasPrefix("HTTP/1.1 200 OK\r\n"))
            // The body may or may not follow, so the connection can't be reused.
            try await client.send(head.replacing("POST / ", with: "POST /never "))
            let answer = try await client.receiveToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains("Connection: close\r\n"))
            #expect(answer.hasSuffix("unread"))
            client.close()
        }
    }

    @Test("an answer before the end of a body promises to stay only if the rest is known to be short")
    func earlyAnswer() async throws {
        let handler = HTTPDispatch.Handler.pool { _ in .text("early") }
        for (framing, body, stays) in [
            ("Content-Length: 9", "123", true), ("Content-Length: 999999", "123", false),
            ("Transfer-Encoding: chunked", "3\r\n123\r\n", false),
            ("Transfer-Encoding: chunked", "3\r\n123\r\n0\r\n\r\n", true),
        ] {
            try await withServer(handler) { server in
                let client = try await RawConnection(to: server.boundAddress)
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n\(body)")
                let answer = try await client.receive(through: "early")
                expectEqual(answer.contains("Connection: close\r\n"), !stays, "\(framing) \(body)")
                client.close()
            }
        }
    }

    @Test("a body is rejected at its first byte over the limit, even if chunked")
    func bodyLimit() async throws {
        var settings = HTTPServerSettings()
        settings.bodyLimit = 10
        try await withServer(settings: settings, .pool { .text("\(try await $0.body.collect().count)\n") }) { server in
            let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send(head + "a\r\n0123456789\r\n")
            try await client.send("0\r\n\r\n")
            #expect(try await client.receive(through: "10\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
            try await client.send(head + "1\r\nx\r\n")
            try await client.send("a\r\n0123456789")
            let answer = try await client.receiveToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("Connection: close\r\n"))
            client.close()
        }
    }

    @Test("a client is blocked while the handler doesn't read, and nothing is lost")
    func uploadBackPressure() async throws {
        let body = Array(String(repeating: "0123456789abc", count: 1_500_000).utf8)
        let mayRead = Flag()
        var settings = HTTPServerSettings()
        settings.bodyLimit = body.count
        let handler = HTTPDispatch.Handler.pool { request in
            try await mayRead.wait()
            return .text(try await request.body.collect() == body ? "equal\n" : "different\n")
        }
        try await withServer(settings: settings, handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
            var (sent, idleTurns) = (0, 0)
            while idleTurns < 20 {
                let count = try client.sendSome(body, from: sent)
                sent += count
                idleTurns = count == 0 ? idleTurns + 1 : 0
                try await EventLoop.shared.sleep(for: .milliseconds(1))
            }
            #expect(sent < body.count)  // the kernel's buffers and 256 KB
            mayRead.set()
            try await client.send(Array(body[sent...]))
            _ = try await client.receive(through: "\r\n\r\n")
            try await expectEqual(client.receive(through: "\n"), "equal\n")
            client.close()
        }
    }

    @Test("a handler is blocked while the client doesn't read, and nothing is lost")
    func downloadBackPressure() async throws {
        let written = Protected(0)
        let total = 18_000_000
        let handler = HTTPDispatch.Handler.pool { _ in
            HTTPServerResponse(
                headers: ["Content-Length": "\(total)"],
                body: .stream { writer in
                    while written.withLock({ $0 }) < total {
                        try await writer.write([UInt8](repeating: 7, count: 60_000))
                        written.withLock { $0 += 60_000 }
                    }
                })
        }
        try await withServer(handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            client.isReading = false
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            var (last, idleTurns) = (-1, 0)
            while idleTurns < 20 {
                let now = written.withLock { $0 }
                idleTurns = now == last ? idleTurns + 1 : 0
                last = now
                try await EventLoop.shared.sleep(for: .milliseconds(2))
            }
            #expect(last < total)
            client.isReading = true
            _ = try await client.receive(through: "\r\n\r\n")
            try await expectEqual(client.receive(count: total), [UInt8](repeating: 7, count: total))
            client.close()
        }
    }

    @Test(
        "a partial response never looks complete: the connection is aborted",
        arguments: ["/chunked", "/short", "/long"])
    func broken(path: String) async throws {
        struct Broken: Error {}
        let log = LogLines()
        let handler = HTTPDispatch.Handler.pool { request in
            switch request.path {
            case "/short":
                HTTPServerResponse(headers: ["Content-Length": "9"], body: .stream { try await $0.write("part") })
            case "/long":
                HTTPServerResponse(
                    headers: ["Content-Length": "4"],
                    body: .stream { writer in
                        try await writer.write("part")
                        try await writer.write("more")
                    })
            default:
                HTTPServerResponse(
                    body: .stream { writer in
                        try await writer.write("part")
                        throw Broken()
                    })
            }
        }
        try await withServer(log: log, handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try await client.receiveToEnd()
            #expect(answer.contains("part"))
            #expect(!answer.contains("0\r\n\r\n") && !answer.contains("more"))
            client.close()
        }
        expectEqual(log.lines.count, 1)
    }
}
