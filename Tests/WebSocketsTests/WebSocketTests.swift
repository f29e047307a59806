import EventLoop
import HTTP
import Primitives
import TestSupport
import Testing
import WebSockets

@Suite("WebSockets", .timeLimit(.minutes(1)))
struct WebSocketTests {
    @Test("messages of any size and kind are echoed, and the common subprotocol is selected")
    func echo() async throws {
        try await WebSocketTestServer.with(subprotocols: ["b", "c"], handler: WebSocketTestServer.echo) { server in
            try await withClient { client in
                let socket = try await client.connect(server.url, subprotocols: ["a", "b"])
                expectEqual(socket.subprotocol, "b")
                let large = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0) }
                let messages: [WebSocketMessage] = [
                    .text("hello"), .text(""), .binary([]), .text("grüße 👋"), .binary([0, 255]), .binary(large),
                    .text(String(repeating: "é", count: 300_000)),
                ]
                for message in messages {
                    try await socket.send(message)
                    try await expectEqual(socket.next(), message)
                }
                for index in 0..<1000 { try await socket.send("\(index)") }
                for index in 0..<1000 { try await expectEqual(socket.next(), .text("\(index)")) }
                await socket.close()
                #expect(socket.closure?.code == .normal && socket.closure?.isByPeer == false)
                try await expectEqual(socket.next(), nil)
                await #expect { try await socket.send("late") } throws: { ($0 as? WebSocketError)?.code == .closed }
            }
        }
    }

    @Test("a client's close reaches the server with code and reason")
    func clientCloses() async throws {
        let closure = Outcome<WebSocketClosure?>()
        try await WebSocketTestServer.with { socket in
            while try await socket.next() != nil {}
            closure.set(socket.closure)
        } _: { server in
            try await withClient { client in
                let socket = try await client.connect(server.url)
                try await socket.send("one")
                await socket.close(WebSocketCloseCode(rawValue: 3001), reason: "tschüß")
                try await expectEqual(
                    closure.value(), WebSocketClosure(code: .init(rawValue: 3001), reason: "tschüß", isByPeer: true))
            }
        }
    }

    @Test(
        "a server's close reaches the client: an explicit code, the end of its handler, its failure",
        arguments: [("own", 4000), ("end", 1000), ("failure", 1011)])
    func serverCloses(how: String, code: UInt16) async throws {
        struct Broken: Error {}
        try await WebSocketTestServer.with { socket in
            try await socket.send("last")
            if how == "own" { await socket.close(WebSocketCloseCode(rawValue: code), reason: "own") }
            if how == "failure" { throw Broken() }
        } _: { server in
            try await withClient { client in
                let socket = try await client.connect(server.url)
                try await expectEqual(socket.next(), .text("last"))
                try await expectEqual(socket.next(), nil)
                #expect(socket.closure?.code.rawValue == code && socket.closure?.isByPeer == true)
            }
        }
    }

    @Test("stopping the server closes its sockets with 1001")
    func stop() async throws {
        try await WebSocketTestServer.with(handler: WebSocketTestServer.echo) { server in
            try await withClient { client in
                let socket = try await client.connect(server.url)
                await server.sockets.stop()
                try await expectEqual(socket.next(), nil)
                expectEqual(socket.closure?.code, .goingAway)
                await #expect(throws: WebSocketError.self) { try await client.connect(server.url) }
            }
        }
    }

    @Test("a message over the limit closes the connection with 1009")
    func tooLarge() async throws {
        let failure = Outcome<WebSocketError?>()
        var settings = WebSocketSettings()
        settings.messageLimit = 1000
        try await WebSocketTestServer.with(settings) { socket in
            failure.set(await Heard.all(socket).error)
        } _: { server in
            try await withClient { client in
                let socket = try await client.connect(server.url)
                try await socket.send(.binary([UInt8](repeating: 0, count: 1000)))
                try await socket.send(.binary([UInt8](repeating: 0, count: 1001)))
                try await expectEqual(socket.next(), nil)
                expectEqual(socket.closure?.code, .messageTooBig)
                expectEqual(try await failure.value()?.code, .peerMistake)
            }
        }
    }

    @Test("a server's writer waits for a client that doesn't read, and nothing is lost")
    func slowReader() async throws {
        let sent = Protected(0)
        let count = 400
        let text = String(repeating: "x", count: 60_000)
        try await WebSocketTestServer.with { socket in
            for number in 0..<count {
                try await socket.send("\(number) \(text)")
                sent.withLock { $0 += 1 }
            }
            _ = try await socket.next()
        } _: { server in
            try await withClient { client in
                let socket = try await client.connect(server.url)
                // The messages exceed all buffers, so the writer must block until somebody reads.
                let blocked = try await Self.settled { sent.withLock { $0 } }
                #expect(blocked < count)
                for number in 0..<count {
                    let message = try #require(try await socket.next())
                    expectEqual(message, .text("\(number) \(text)"))
                }
                await socket.close()
            }
        }
    }

    @Test("a client's writer is blocked by a server that doesn't read; a cancelled wait sends nothing")
    func slowServer() async throws {
        let mayRead = Outcome<Void>()
        let count = Outcome<Int>()
        try await WebSocketTestServer.with { socket in
            try await mayRead.value()
            var received = 0
            while try await socket.next() != nil { received += 1 }
            count.set(received)
        } _: { server in
            try await withClient { client in
                let socket = try await client.connect(server.url)
                let sent = Protected(0)
                let sender = Task {
                    while true {
                        try await socket.send(.binary([UInt8](repeating: 1, count: 100_000)))
                        sent.withLock { $0 += 1 }
                    }
                }
                let blocked = try await Self.settled { sent.withLock { $0 } }
                #expect(blocked < 300)
                sender.cancel()
                await #expect(throws: CancellationError.self) { try await sender.value }
                mayRead.set(())
                await socket.close()
                try await expectEqual(count.value(), blocked)
            }
        }
    }

    /// Waits until the number is positive and stops changing, then returns it.
    private static func settled(_ number: () -> Int) async throws -> Int {
        var (last, idleTurns) = (0, 0)
        while idleTurns < 20 {
            try await EventLoop.shared.sleep(for: .milliseconds(10))
            let now = number()
            idleTurns = now == last && now > 0 ? idleTurns + 1 : 0
            last = now
        }
        return last
    }

    @Test("a read ends at once when its task is cancelled")
    func cancelledRead() async throws {
        try await WebSocketTestServer.with(handler: WebSocketTestServer.echo) { server in
            try await withClient { client in
                let socket = try await client.connect(server.url)
                let reader = Task { try await socket.next() }
                reader.cancel()
                await #expect(throws: CancellationError.self) { try await reader.value }
                try await socket.send("still open")
                try await expectEqual(socket.next(), .text("still open"))
            }
        }
    }

    @Test("a dead port and plain text to another machine are clear errors")
    func refused() async throws {
        try await WebSocketTestServer.with(handler: WebSocketTestServer.echo) { server in
            try await withClient { client in
                for (text, code) in [
                    ("ws://127.0.0.1:1/", WebSocketError.Code.connect), ("ws://192.0.2.1/", .plainTextRefused),
                ] {
                    await #expect {
                        try await client.connect(HTTPURL(text))
                    } throws: { error in
                        (error as? WebSocketError)?.code == code
                    }
                }
            }
        }
    }

    @Test("hundreds of sockets open and close without leaks")
    func many() async throws {
        try await WebSocketTestServer.with(handler: WebSocketTestServer.echo) { server in
            try await withClient { client in
                let url = try server.url
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<300 {
                        group.addTask {
                            let socket = try await client.connect(url)
                            try await socket.send("\(index)")
                            try await expectEqual(socket.next(), .text("\(index)"))
                            if index % 3 != 0 { await socket.close() }
                        }
                    }
                    try await group.waitForAll()
                }
                while server.sockets.openCount > 0 { try await EventLoop.shared.sleep(for: .milliseconds(5)) }
            }
        }
    }
}
