import EventLoop
import HTTP
import HTTPClient
import TestSupport
import Testing

@Suite("HTTPClient: connections without TLS", .timeLimit(.minutes(1)))
@Net
struct HTTP1ConnectionTests {
    private func get(
        _ server: ScriptedServer, by client: HTTPClient, _ method: HTTPMethod = .get, host: String = "127.0.0.1"
    ) async throws -> String {
        let request = HTTPClientRequest(method, try HTTPURL("http://\(host):\(server.port)/"))
        let body = try await client.execute(request).body.collect(upTo: 1_000)
        return String(decoding: body, as: UTF8.self)
    }

    private func answer(_ connection: ScriptedServer.Connection, headers: String = "", _ end: String = "") async throws
    {
        try await connection.write("HTTP/1.1 200 OK\r\n\(headers)Content-Length: 2\r\n\r\nok\(end)")
    }

    @Test(
        "a connection that the server has closed, or spoiled, is not used again, so that no request is lost",
        arguments: ["close", "junk", "header", "late junk"])
    func spoiled(_ way: String) async throws {
        let server = try ScriptedServer { connection in
            while try await connection.head() != nil {
                let isClosing = way == "header"
                try await self.answer(
                    connection, headers: isClosing ? "Connection: close\r\n" : "", way == "junk" ? "HTTP/1.1 200" : "")
                if way == "close" { return }
                if way == "late junk" { try await connection.write("HTTP/1.1 200 OK\r\n\r\n") }
            }
        }
        let client = HTTPClient()
        for number in 1...3 {
            try await expectEqual(self.get(server, by: client, .post), "ok")
            // The server's closing is noticed when it arrives, which is before the next request.
            try await EventLoop.shared.sleep(for: .milliseconds(20))
            expectEqual(server.accepted, number)
        }
        server.stop()
    }

    @Test("localhost is tried at both of its addresses")
    func localhost() async throws {
        let server = try ScriptedServer { connection in
            while let head = try await connection.head() {
                #expect(head.contains("\r\nHost: localhost:"))
                try await self.answer(connection)
            }
        }
        let client = HTTPClient()
        for _ in 0..<3 { try await expectEqual(self.get(server, by: client, host: "localhost"), "ok") }
        expectEqual(server.accepted, 1)
        server.stop()
    }

    @Test("at the limit, an idle connection to another server makes room")
    func limit() async throws {
        let handler: @Net @Sendable (ScriptedServer.Connection) async throws -> Void = { connection in
            while try await connection.head() != nil { try await self.answer(connection) }
        }
        let first = try ScriptedServer(handler), second = try ScriptedServer(handler)
        var settings = HTTPClientSettings()
        settings.maxConnections = 1
        let client = HTTPClient(settings)
        for _ in 0..<3 {
            try await expectEqual(self.get(first, by: client), "ok")
            try await expectEqual(self.get(second, by: client), "ok")
        }
        #expect(first.accepted == 3 && second.accepted == 3)
        first.stop()
        second.stop()
    }

    @Test("the limit holds for all servers together, and every request gets its turn")
    func sharedLimit() async throws {
        var inProgress = 0, most = 0
        let handler: @Net @Sendable (ScriptedServer.Connection) async throws -> Void = { connection in
            while try await connection.head() != nil {
                inProgress += 1
                most = max(most, inProgress)
                try await EventLoop.shared.sleep(for: .milliseconds(2))
                inProgress -= 1
                try await self.answer(connection)
            }
        }
        let servers = [try ScriptedServer(handler), try ScriptedServer(handler), try ScriptedServer(handler)]
        var settings = HTTPClientSettings()
        settings.maxConnections = 2
        let client = HTTPClient(settings)
        let requests = (0..<60).map { number in
            Task { try await self.get(servers[number * 7 % 3], by: client) }
        }
        for request in requests { try await expectEqual(request.value, "ok") }
        expectEqual(most, 2)
        for server in servers { server.stop() }
    }

    @Test("a request that waits for a connection can be cancelled, and the next one gets it")
    func cancelWaiting() async throws {
        let mayAnswer = Flag()
        let server = try ScriptedServer { connection in
            while try await connection.head() != nil {
                try await mayAnswer.wait()
                try await self.answer(connection)
            }
        }
        var settings = HTTPClientSettings()
        settings.maxConnections = 1
        let client = HTTPClient(settings)
        let tasks = (0..<3).map { _ in Task { try await self.get(server, by: client) } }
        try await EventLoop.shared.sleep(for: .milliseconds(20))
        tasks[1].cancel()
        await #expect(throws: CancellationError.self) { try await tasks[1].value }
        mayAnswer.set()
        try await expectEqual(tasks[0].value, "ok")
        try await expectEqual(tasks[2].value, "ok")
        expectEqual(server.accepted, 1)
        server.stop()
    }

    @Test("a streamed body of another length than announced is an error", arguments: [2, 4])
    func wrongLength(_ length: Int) async throws {
        let server = try ScriptedServer { try await $0.peerGone() }
        let url = try HTTPURL("http://127.0.0.1:\(server.port)/")
        let body = HTTPClientRequest.Body.stream(length: length) { try await $0.write([1, 2, 3]) }
        let error = await #expect(throws: HTTPClientError.self) {
            try await HTTPClient().execute(HTTPClientRequest(.post, url, body: body))
        }
        expectEqual(error?.code, .invalidRequest)
        server.stop()
    }

    @Test("a long body arrives whole, and so does the answer that follows it")
    func longBody() async throws {
        let length = 3_000_000
        let server = try ScriptedServer { connection in
            while try await connection.head() != nil {
                let body = try await connection.body(length)
                #expect(body.indices.allSatisfy { $0 % 997 != 0 || body[$0] == UInt8(truncatingIfNeeded: $0) })
                try await self.answer(connection)
            }
        }
        let client = HTTPClient()
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        for _ in 0..<2 {
            let request = HTTPClientRequest(
                .post, try HTTPURL("http://127.0.0.1:\(server.port)/"), body: .bytes(bytes))
            try await expectEqual(client.execute(request).status, .ok)
        }
        server.stop()
    }
}
