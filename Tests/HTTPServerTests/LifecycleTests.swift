import EventLoop
import Glibc
import HTTP
import HTTPServer
import Primitives
import TestSupport
import Testing

@Suite("Start, stop and limits", .timeLimit(.minutes(1)))
struct LifecycleTests {
    @Test("stopping closes idle connections, lets a running response finish and accepts no new client")
    func drain() async throws {
        let (isRunning, mayEnd) = (Flag(), Flag())
        let handler = HTTPDispatch.Handler.pool { _ in
            await isRunning.set()
            try await mayEnd.wait()
            return .text("the end")
        }
        try await withServer(handler) { server in
            let idle = try await RawConnection(to: server.boundAddress)
            let busy = try await RawConnection(to: server.boundAddress)
            try await busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await isRunning.wait()
            await server.stop()
            try await expectEqual(idle.receiveToEnd(), "")
            await #expect(throws: SystemError.self) { try await RawConnection(to: server.boundAddress) }
            mayEnd.set()
            let answer = try await busy.receiveToEnd()
            #expect(answer.contains("Connection: close\r\n") && answer.hasSuffix("the end"))
            idle.close()
            busy.close()
        }
    }

    @Test("running handlers are cancelled at the drain deadline")
    func drainDeadline() async throws {
        let (isRunning, isCancelled) = (Flag(), Flag())
        let handler = HTTPDispatch.Handler.pool { _ in
            await isRunning.set()
            do {
                try await EventLoop.shared.sleep(for: .seconds(3600))
            } catch {
                await isCancelled.set()
            }
            return .text("")
        }
        try await withServer(settings: .hurried(), handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await isRunning.wait()
            await server.stop()
            try await isCancelled.wait()
            client.close()
        }
    }

    @Test("cancelling run() ends everything at once")
    func cancellation() async throws {
        let server = HTTPServer(HTTPServerSettings()) { _ in
            try await EventLoop.shared.sleep(for: .seconds(3600))
            return .text("")
        }
        try await server.start()
        let run = Task { try await server.run() }
        let client = try await RawConnection(to: server.boundAddress)
        try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        run.cancel()
        try await expectEqual(client.receiveToEnd(), "")
        await #expect(throws: CancellationError.self) { try await run.value }
        await client.close()
    }

    @Test("an address in use is a clear error")
    func taken() async throws {
        try await withServer(.loop { _ in .text("") }) { server in
            let port = try #require(server.boundAddress?.port)
            let second = HTTPServer(HTTPServerSettings(port: port)) { _ in .text("") }
            #expect { try second.start() } throws: { error in
                let error = error as? HTTPServerError
                return error?.code == .cannotListen && error?.message.contains("\(port)") == true
            }
        }
    }

    @Test("clients over the connection limit wait until one leaves")
    func connectionLimit() async throws {
        let settings = HTTPServerSettings.hurried {
            $0.maximumConnections = 2
            $0.deadlines.idle = .seconds(60)
        }
        let log = LogLines()
        try await withServer(settings: settings, log: log, .loop { _ in .text("hello") }) { server in
            var clients: [RawConnection] = []
            for _ in 0..<3 {
                let client = try await RawConnection(to: server.boundAddress)
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                clients.append(client)
            }
            for client in clients[..<2] { _ = try await client.receive(through: "hello") }
            expectEqual(server.connectionCount, 2)
            clients[0].close()
            clients[1].close()
            _ = try await clients[2].receive(through: "hello")
            clients[2].close()
        }
        expectEqual(log.lines.count, 1)
    }

    @Test("an upgrade hands over the socket, the raw head and the bytes after it")
    func handOver() async throws {
        let handler = HTTPDispatch.Handler.pool { request in
            guard request.head.wantsUpgrade else { return .text("plain") }
            return .upgrade { handover in
                guard let descriptor = handover.take() else { return }
                let answer = handover.head.rawBytes + Array("|".utf8) + handover.extra
                _ = Socket.write(descriptor.rawValue, answer)
                let isTakenOnce = handover.take() == nil
                #expect(isTakenOnce)
            }
        }
        try await withServer(handler) { server in
            let client = try await RawConnection(to: server.boundAddress)
            let head = "GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n" + head + "extra")
            let answer = try await client.receiveToEnd()
            #expect(answer.contains("plain") && answer.hasSuffix(head + "|extra"))
            client.close()
        }
    }

    @Test("an upgrade that the client didn't request is a server error")
    func wrongUpgrade() async throws {
        let log = LogLines()
        try await withServer(log: log, .loop { _ in .upgrade { _ in } }) { server in
            let client = try await RawConnection(to: server.boundAddress)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try await client.receiveToEnd().hasPrefix("HTTP/1.1 500 "))
            client.close()
        }
        expectEqual(log.lines.count, 1)
    }

    @Test("thousands of clients that disconnect at random moments leak nothing")
    func disconnects() async throws {
        var settings = HTTPServerSettings()
        settings.deadlines.drain = .seconds(5)
        let handler = HTTPDispatch.Handler.pool { request in
            var count = 0
            for try await piece in request.body { count += piece.count }
            let text = "\(count)"
            return HTTPServerResponse(
                body: .stream { writer in
                    for _ in 0..<20 { try await writer.write(text) }
                })
        }
        try await withServer(settings: settings, handler) { server in
            let before = Self.openDescriptors
            let request = Array(
                "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n"
                    .utf8)
            var random = SystemRandomNumberGenerator()
            for _ in 0..<60 {
                var clients: [RawConnection] = []
                for _ in 0..<50 { clients.append(try await RawConnection(to: server.boundAddress)) }
                for client in clients {
                    _ = try? client.sendSome(Array((request + request).prefix(Int.random(in: 0...200, using: &random))))
                }
                for client in clients.shuffled() {
                    if Bool.random() { try? await EventLoop.shared.sleep(for: .microseconds(50)) }
                    client.close()
                }
            }
            while server.connectionCount > 0 { try await EventLoop.shared.sleep(for: .milliseconds(5)) }
            // Other suites open descriptors too, so small differences are normal.
            #expect(Self.openDescriptors < before + 100)
        }
    }

    static var openDescriptors: Int { FileDescriptor.names(opendir("/proc/self/fd"))?.count ?? -1 }
}
