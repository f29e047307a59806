import EventLoop
import HTTP
import HTTPClient
import Primitives
import TestSupport
import Testing

@Suite("HTTPClient: deadlines, back-pressure and cancellation", .serialized, .timeLimit(.minutes(1)))
@Net
struct HTTPClientFlowTests {
    private func request(_ server: ScriptedServer, _ body: HTTPClientRequest.Body = .none) throws -> HTTPClientRequest {
        try HTTPClientRequest(body.isNone ? .get : .post, HTTPURL("http://127.0.0.1:\(server.port)/"), body: body)
    }

    // MARK: Deadlines

    @Test(
        "a server that stalls before the head, in the head or in the body times out",
        arguments: [
            "", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        ], Sender.allCases)
    func idle(_ start: String, sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write(start)
            try await connection.peerGone()
        }
        let client = HTTPClient(sender.settings { $0.idleTimeout = .milliseconds(80) })
        let error = await #expect(throws: HTTPClientError.self) {
            _ = try await client.execute(self.request(server)).body.collect(upTo: 100)
        }
        expectEqual(error?.code, .idleTimeout)
        server.stop()
    }

    @Test("a slow but steady server exceeds the total deadline, not the idle one", arguments: Sender.allCases)
    func total(sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\n\r\n")
            while true {
                try await connection.write(".")
                try await EventLoop.shared.sleep(for: .milliseconds(20))
            }
        }
        let client = HTTPClient(
            sender.settings {
                $0.idleTimeout = .milliseconds(300)
                $0.totalTimeout = .milliseconds(800)
            })
        var count = 0
        let error = await #expect(throws: HTTPClientError.self) {
            for try await bytes in try await client.execute(self.request(server)).body { count += bytes.count }
        }
        expectEqual(error?.code, .totalTimeout)
        #expect(count >= 5)
        server.stop()
    }

    @Test(
        "a request that a reused connection left unanswered is only retried if idempotent",
        arguments: [(HTTPMethod.post, false), (.patch, false), (.get, true), (.put, true)], Sender.allCases)
    func notTwice(_ example: (method: HTTPMethod, isRetried: Bool), sender: Sender) async throws {
        let (method, isRetried) = example
        let requests = Protected(0)
        let server = try ScriptedServer { connection in
            while try await connection.head() != nil {
                let number = requests.withLock { number in
                    number += 1
                    return number
                }
                // The connection closes after receiving the complete second request.
                if number == 2 { return }
                try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let client = HTTPClient(sender.settings)
        let request = HTTPClientRequest(method, try HTTPURL("http://127.0.0.1:\(server.port)/"))
        _ = try await client.execute(request).body.collect(upTo: 0)
        if isRetried {
            _ = try await client.execute(request).body.collect(upTo: 0)
        } else {
            let error = await #expect(throws: HTTPClientError.self) { try await client.execute(request) }
            #expect(error?.code == .closed && error?.mayHaveReachedServer == true)
        }
        expectEqual(requests.withLock { $0 }, isRetried ? 3 : 2)
        server.stop()
    }

    @Test("a TLS handshake that never starts counts as a connect time-out")
    func connectTimeout() async throws {
        let server = try ScriptedServer { try await $0.peerGone() }
        let client = HTTPClient(Sender.libcurl.settings { $0.connectTimeout = .milliseconds(80) })
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.execute(HTTPClientRequest(.get, HTTPURL("https://127.0.0.1:\(server.port)/")))
        }
        expectEqual(error?.code, .connectTimeout)
        expectEqual(error?.mayHaveReachedServer, false)
        server.stop()
    }

    @Test("a pause of the local reader doesn't time out", arguments: Sender.allCases)
    func slowReaderIsNoTimeout(sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n")
            try await connection.write([UInt8](repeating: 1, count: 3_000_000))
        }
        let client = HTTPClient(sender.settings { $0.idleTimeout = .milliseconds(200) })
        let response = try await client.execute(self.request(server))
        try await EventLoop.shared.sleep(for: .milliseconds(600))
        try await expectEqual(response.body.collect(upTo: 3_000_000).count, 3_000_000)
        server.stop()
    }

    // MARK: Ends

    @Test(
        "cancelling a task ends its transfer, before the head and in the body", arguments: [false, true],
        Sender.allCases)
    func cancel(inBody: Bool, sender: Sender) async throws {
        let gone = Flag()
        let begun = Flag()
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            if inBody { try await connection.write("HTTP/1.1 200 OK\r\n\r\nabc") }
            if !inBody { begun.set() }
            try await connection.peerGone()
            gone.set()
        }
        let client = HTTPClient(sender.settings)
        let task = Task {
            for try await _ in try await client.execute(self.request(server)).body {
                begun.set()
            }
        }
        try await begun.wait()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await gone.wait()
        server.stop()
    }

    @Test("releasing a body ends its transfer", arguments: Sender.allCases)
    func dropped(sender: Sender) async throws {
        let gone = Flag()
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\n\r\nabc")
            try await connection.peerGone()
            gone.set()
        }
        let client = HTTPClient(sender.settings)
        do {
            let response = try await client.execute(self.request(server))
            expectEqual(response.status, .ok)
        }
        try await gone.wait()
        server.stop()
    }

    @Test("a body can be read after its client was released", arguments: Sender.allCases)
    func clientGone(sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            try await connection.write([UInt8](repeating: 1, count: 1_000_000))
        }
        let response = try await HTTPClient(sender.settings).execute(self.request(server))
        try await expectEqual(response.body.collect(upTo: 1_000_000).count, 1_000_000)
        server.stop()
    }

    // MARK: Back-pressure

    @Test("a slow reader blocks the server, and everything arrives in order", arguments: Sender.allCases)
    func download(sender: Sender) async throws {
        let total = 40_000_000
        var written = 0
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            while written < total {
                let block = [UInt8](repeating: UInt8(truncatingIfNeeded: written / 100_000), count: 100_000)
                try await connection.write(block)
                written += block.count
            }
        }
        let client = HTTPClient(sender.settings)
        let response = try await client.execute(self.request(server))
        try await self.settled { written }
        #expect(written < 12_000_000, "the server could send \(written) bytes")
        var received = 0
        var isInOrder = true
        for try await bytes in response.body {
            // A sample, because checking every byte is slow in a debug build.
            for offset in stride(from: 0, to: bytes.count, by: 997)
            where bytes[offset] != UInt8(truncatingIfNeeded: (received + offset) / 100_000) {
                isInOrder = false
            }
            received += bytes.count
        }
        expectEqual(received, total)
        #expect(isInOrder)
        server.stop()
    }

    @Test("a server that reads nothing blocks the body's writer", arguments: Sender.allCases)
    func upload(sender: Sender) async throws {
        let resume = Flag()
        var received = 0
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await resume.wait()
            while received < 20_000_000, let bytes = try await connection.read() { received += bytes.count }
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        }
        let client = HTTPClient(sender.settings)
        var offered = 0
        let body = HTTPClientRequest.Body.stream(length: 20_000_000) { @Net writer in
            while offered < 20_000_000 {
                try await writer.write([UInt8](repeating: 1, count: 50_000))
                offered += 50_000
            }
        }
        async let response = client.execute(self.request(server, body))
        try await self.settled { offered }
        #expect(offered < 10_000_000, "the writer could send \(offered) bytes")
        resume.set()
        try await expectEqual(response.status, .ok)
        expectEqual(received, 20_000_000)
        server.stop()
    }

    /// Waits until the number stops changing.
    private func settled(_ number: () -> Int) async throws {
        var last = -1
        while number() != last || last == 0 {
            last = number()
            try await EventLoop.shared.sleep(for: .milliseconds(100))
        }
    }

    private struct Broken: Error {}

    @Test("an error of the body's writer becomes the error of the exchange", arguments: Sender.allCases)
    func brokenBody(sender: Sender) async throws {
        let server = try ScriptedServer { try await $0.peerGone() }
        let client = HTTPClient(sender.settings)
        let body = HTTPClientRequest.Body.stream(length: nil) { writer in
            try await writer.write([1, 2, 3])
            throw Broken()
        }
        await #expect(throws: Broken.self) { try await client.execute(self.request(server, body)) }
        server.stop()
    }

    @Test("a response before the end of the request body counts, and the writer ends", arguments: Sender.allCases)
    func earlyAnswer(sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write(
                "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
            while try await connection.read() != nil {}
        }
        let client = HTTPClient(sender.settings)
        let body = HTTPClientRequest.Body.stream(length: nil) { writer in
            while true { try await writer.write([UInt8](repeating: 1, count: 10_000)) }
        }
        let response = try await client.execute(self.request(server, body))
        expectEqual(response.status, .contentTooLarge)
        try await expectEqual(response.body.collect(upTo: 3), Array("big".utf8))
        server.stop()
    }

    @Test("a thousand concurrent event streams", arguments: Sender.allCases)
    func thousandStreams(sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            for number in 0..<20 {
                try await connection.write("id: \(number)\ndata: chunk \(number)\n\n")
                try await EventLoop.shared.sleep(for: .milliseconds(10))
            }
        }
        let client = HTTPClient(sender.settings)
        let request = try self.request(server)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<1_000 {
                group.addTask {
                    var count = 0
                    let response = try await client.execute(request)
                    var parser = ServerSentEventParser()
                    for try await bytes in response.body {
                        for event in try parser.parse(bytes) where event.data == "chunk \(count)" { count += 1 }
                    }
                    return count
                }
            }
            for try await count in group { expectEqual(count, 20) }
        }
        server.stop()
    }

    @Test("the connection limit is respected", arguments: Sender.allCases)
    func maxConnections(sender: Sender) async throws {
        var open = 0
        var most = 0
        let server = try ScriptedServer { connection in
            while try await connection.head() != nil {
                open += 1
                most = max(most, open)
                try await EventLoop.shared.sleep(for: .milliseconds(5))
                open -= 1
                try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let client = HTTPClient(sender.settings { $0.maxConnections = 4 })
        let request = try self.request(server)
        try await withThrowingTaskGroup(of: HTTPStatus.self) { group in
            for _ in 0..<40 { group.addTask { try await client.execute(request).status } }
            for try await status in group { expectEqual(status, .ok) }
        }
        expectEqual(most, 4)
        expectEqual(server.accepted, 4)
        server.stop()
    }
}

extension HTTPClientRequest.Body {
    fileprivate var isNone: Bool { if case .none = self { true } else { false } }
}
