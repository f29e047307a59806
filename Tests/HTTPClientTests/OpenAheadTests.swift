import EventLoop
import HTTP
import HTTPClient
import TestSupport
import Testing

@Suite("HTTPClient: connections opened ahead of a request", .timeLimit(.minutes(1)))
@Net
struct OpenAheadTests {
    /// Begins an answer to each request, and ends it when `mayEnd` is open.
    private func server(
        _ headers: String = "", mayEnd: Flag, numbers: @escaping @Net @Sendable (Int) -> Void = { _ in }
    ) throws -> ScriptedServer {
        var count = 0
        return try ScriptedServer { connection in
            count += 1
            let number = count
            while try await connection.head() != nil {
                numbers(number)
                try await connection.write("HTTP/1.1 200 OK\r\n\(headers)Content-Length: 4\r\n\r\nok")
                try await mayEnd.wait()
                try await connection.write("ay")
            }
        }
    }

    private func client(limit: Int? = nil) -> HTTPClient {
        var settings = HTTPClientSettings()
        settings.opensAhead = true
        settings.maxConnections = limit
        return HTTPClient(settings)
    }

    private func begin(_ server: ScriptedServer, by client: HTTPClient) async throws -> HTTPClientResponse {
        try await client.execute(HTTPClientRequest(.post, HTTPURL("http://127.0.0.1:\(server.port)/")))
    }

    private func end(_ response: HTTPClientResponse) async throws -> String {
        String(decoding: try await response.body.collect(upTo: 10), as: UTF8.self)
    }

    @Test("while an answer lasts, one connection waits for the next request, which takes it")
    func taken() async throws {
        let mayEnd = Flag()
        var asked: [Int] = []
        let server = try self.server(mayEnd: mayEnd) { asked.append($0) }
        let client = self.client()
        var responses: [HTTPClientResponse] = []
        for number in 1...3 {
            responses.append(try await self.begin(server, by: client))
            try await self.wait { server.accepted == number + 1 }
        }
        expectEqual(asked, [1, 2, 3])
        mayEnd.set()
        for response in responses { try await expectEqual(self.end(response), "okay") }
        // Now four wait, and no further one is opened.
        for _ in 0..<3 { try await expectEqual(self.end(try await self.begin(server, by: client)), "okay") }
        expectEqual(server.accepted, 4)
        server.stop()
    }

    @Test(
        "none is opened to a server that closes its connections, at the limit, or unless the client is set to",
        arguments: ["closing", "limit", "off"])
    func none(_ why: String) async throws {
        let mayEnd = Flag()
        let server = try self.server(why == "closing" ? "Connection: close\r\n" : "", mayEnd: mayEnd)
        let client = why == "off" ? HTTPClient() : self.client(limit: why == "limit" ? 1 : nil)
        let response = try await self.begin(server, by: client)
        try await EventLoop.shared.sleep(for: .milliseconds(50))
        expectEqual(server.accepted, 1)
        mayEnd.set()
        try await expectEqual(self.end(response), "okay")
        server.stop()
    }

    @Test("none is opened for an answer that arrives whole")
    func whole() async throws {
        let server = try ScriptedServer { connection in
            while try await connection.head() != nil {
                try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nokay")
            }
        }
        let client = self.client()
        for _ in 0..<3 { try await expectEqual(self.end(try await self.begin(server, by: client)), "okay") }
        expectEqual(server.accepted, 1)
        server.stop()
    }

    @Test("one that the server has closed meanwhile is not used")
    func closed() async throws {
        let mayEnd = Flag()
        var accepted = 0
        let server = try ScriptedServer { connection in
            accepted += 1
            // The second was opened ahead.
            if accepted == 2 { return }
            while try await connection.head() != nil {
                try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok")
                try await mayEnd.wait()
                try await connection.write("ay")
            }
        }
        let client = self.client()
        let first = try await self.begin(server, by: client)
        try await self.wait { accepted == 2 }
        try await EventLoop.shared.sleep(for: .milliseconds(20))
        let second = try await self.begin(server, by: client)
        mayEnd.set()
        try await expectEqual(self.end(first), "okay")
        try await expectEqual(self.end(second), "okay")
        server.stop()
    }

    private func wait(until isMet: @Net () -> Bool) async throws {
        while !isMet() { try await EventLoop.shared.sleep(for: .milliseconds(1)) }
    }
}
