import EventLoop
import HTTP
import HTTPServer
import TestSupport
import Testing

@Suite("Deadlines and disconnects", .timeLimit(.minutes(1)))
struct DeadlineTests {
    @Test("a head must be complete in time, however steadily its bytes arrive")
    func slowHead() async throws {
        try await withServer(settings: .hurried(), .loop { _ in .text("never") }) { server in
            let client = try await RawConnection(to: server.boundAddress)
            let bytes = "GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8 + Array(repeating: 0x61, count: 1000)
            var sent = 0
            for byte in bytes where !client.isEnded {
                sent += (try? client.sendSome([byte])) ?? 0
                try await EventLoop.shared.sleep(for: .milliseconds(10))
            }
            #expect(try await client.receiveToEnd().hasPrefix("HTTP/1.1 408 "))
            #expect(sent < bytes.count)
            client.close()
        }
    }

    @Test("an idle connection is closed silently; the deadline of a used one starts at its last response")
    func idle() async throws {
        try await withServer(settings: .hurried(), .loop { _ in .text("hello") }) { server in
            let unused = try await RawConnection(to: server.boundAddress)
            let used = try await RawConnection(to: server.boundAddress)
            let start = LoopInstant.current()
            for _ in 0..<10 {
                try await used.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await used.receive(through: "hello")
                try await EventLoop.shared.sleep(for: .milliseconds(60))
            }
            #expect(unused.isEnded && !used.isEnded)
            try await expectEqual(unused.receiveToEnd(), "")
            try await expectEqual(used.receiveToEnd(), "")
            #expect(start.duration(to: .current()) >= .milliseconds(1000))
            unused.close()
            used.close()
        }
    }

    @Test("a body must make progress: an occasional byte is not enough")
    func slowBody() async throws {
        try await withServer(settings: .hurried(), .pool { .text("\(try await $0.body.collect().count)") }) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n")
            for _ in 0..<1000 where !client.isEnded {
                _ = try? client.sendSome([0x61])
                try await EventLoop.shared.sleep(for: .milliseconds(10))
            }
            #expect(try await client.receiveToEnd().hasPrefix("HTTP/1.1 408 "))
            client.close()
        }
    }

    @Test("a slow handler is not a slow client: its request body has no deadline")
    func slowHandler() async throws {
        let mayRead = Flag()
        let settings = HTTPServerSettings.hurried { $0.highWater = 1000 }
        let handler = HTTPDispatch.Handler.pool { request in
            try await mayRead.wait()
            return .text("\(try await request.body.collect().count)\n")
        }
        try await withServer(settings: settings, handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n")
            try await client.send([UInt8](repeating: 0x61, count: 4000))
            try await EventLoop.shared.sleep(for: .milliseconds(500))
            mayRead.set()
            _ = try await client.receive(through: "4000\n")
            client.close()
        }
    }

    @Test("a client that stops reading is disconnected, and the handler is notified")
    func slowReader() async throws {
        let outcome = Flag()
        let handler = HTTPDispatch.Handler.pool { _ in
            HTTPServerResponse(
                body: .stream { writer in
                    do {
                        while true { try await writer.write([UInt8](repeating: 0x61, count: 60_000)) }
                    } catch {
                        await outcome.set()
                        throw error
                    }
                })
        }
        try await withServer(settings: .hurried(), handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            client.isReading = false
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await outcome.wait()
            expectEqual(server.connectionCount, 0)
            client.close()
        }
    }

    @Test("a client that leaves cancels its handler at once", arguments: ["pool", "loop", "stream", "body"])
    func departure(place: String) async throws {
        let (isRunning, isCancelled) = (Flag(), Flag())
        let wait: @Sendable () async throws -> Void = {
            await isRunning.set()
            do {
                try await EventLoop.shared.sleep(for: .seconds(3600))
            } catch {
                await isCancelled.set()
                throw error
            }
        }
        let handler: HTTPDispatch.Handler =
            switch place {
            case "pool":
                .pool { _ in
                    try await wait()
                    return .text("")
                }
            case "loop":
                .loop { _ in
                    try await wait()
                    return .text("")
                }
            case "stream":
                .pool { _ in
                    HTTPServerResponse(
                        body: .stream { writer in
                            try await writer.write("x")
                            try await wait()
                        })
                }
            default:
                .pool { request in
                    await isRunning.set()
                    do {
                        _ = try await request.body.collect()
                    } catch {
                        await isCancelled.set()
                        throw error
                    }
                    return .text("")
                }
            }
        try await withServer(handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(place == "body" ? 5 : 0)\r\n\r\n")
            try await isRunning.wait()
            client.close()
            try await isCancelled.wait()
            while server.connectionCount > 0 { try await EventLoop.shared.sleep(for: .milliseconds(1)) }
        }
    }

    @Test("a client that leaves together with its request is noticed without a task too", arguments: [false, true])
    func immediateDeparture(hasTask: Bool) async throws {
        let isLeft = Flag()
        let handler = HTTPDispatch.Handler.deferred { _, reply in
            guard hasTask else { return reply.onLeave = { isLeft.set() } }
            reply.answer {
                do {
                    try await EventLoop.shared.sleep(for: .seconds(3600))
                } catch {
                    isLeft.set()
                    throw error
                }
                return .text("")
            }
        }
        try await withServer(handler) { server in
            let clients = [
                try await RawConnection(to: server.boundAddress), try await RawConnection(to: server.boundAddress),
            ]
            for client in clients {
                // Without a suspension in between: the server reads the request and the end at once.
                _ = try client.sendSome(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                client.close()
            }
            try await isLeft.wait()
            while server.connectionCount > 0 { try await EventLoop.shared.sleep(for: .milliseconds(1)) }
        }
    }

    @Test("a request whose handler hangs ends at its deadline", arguments: [false, true])
    func hangingHandler(hasBegun: Bool) async throws {
        let isCancelled = Flag()
        let hang: @Sendable () async throws -> Void = {
            do {
                try await EventLoop.shared.sleep(for: .seconds(3600))
            } catch {
                await isCancelled.set()
                throw error
            }
        }
        let handler = HTTPDispatch.Handler.pool { _ in
            guard hasBegun else {
                try await hang()
                return .text("never")
            }
            return HTTPServerResponse(
                body: .stream { writer in
                    try await writer.write("begun")
                    try await hang()
                })
        }
        let log = LogLines()
        let settings = HTTPServerSettings.hurried { $0.deadlines.exchange = .milliseconds(150) }
        try await withServer(settings: settings, log: log, handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try await client.receiveToEnd()
            if hasBegun {
                #expect(answer.hasSuffix("begun\r\n"))
            } else {
                #expect(answer.hasPrefix("HTTP/1.1 504 ") && answer.contains("Connection: close\r\n"))
            }
            try await isCancelled.wait()
            client.close()
        }
        #expect(log.lines.count == 1 && log.lines.first?.contains("abandoned") == true)
    }

    @Test("a client that closes its side after the request still gets the response")
    func halfClosed() async throws {
        try await withServer(.pool { .text("hello \($0.path)\n") }) { server in
            let requests = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
            for (rest, count) in [("", 2), ("GET /3 HT", 2), (requests, 4)] {
                let client = try await RawConnection(to: server.boundAddress)
                try await client.send(requests + rest)
                client.finishSending()
                try await expectEqual(client.receiveToEnd().split(separator: "hello /").count, count + 1)
                client.close()
            }
        }
    }
}
