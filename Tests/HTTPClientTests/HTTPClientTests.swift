import EventLoop
import HTTP
import HTTPClient
import Primitives
import TestSupport
import Testing

@Suite("HTTPClient", .timeLimit(.minutes(1)))
@Net
struct HTTPClientTests {
    private func url(_ server: ScriptedServer, _ target: String = "/") throws -> HTTPURL {
        try HTTPURL("http://127.0.0.1:\(server.port)\(target)")
    }

    private func get(
        _ server: ScriptedServer, _ target: String = "/", by sender: Sender
    ) async throws -> HTTPClientResponse {
        try await HTTPClient(sender.settings).execute(HTTPClientRequest(.get, self.url(server, target)))
    }

    @Test(
        "the caller's method, target and headers are sent unchanged; status, headers and body are returned",
        arguments: Sender.allCases)
    func exchange(sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            let head = try await connection.head() ?? ""
            let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
            expectEqual(lines.first, "GET /a/../b//%41?x=1&y=%20|? HTTP/1.1")
            expectEqual(lines.dropFirst().first?.hasPrefix("Host: 127.0.0.1:"), true)
            expectEqual(lines.dropFirst(2), ["X-One: 1", "X-Empty:", "x-one: zwei", "", ""])
            try await connection.write(
                "HTTP/1.1 203 Fine\r\nContent-Length: 5\r\nSet-Cookie: a\r\nSet-Cookie:  b \r\n\r\nhello")
        }
        var request = HTTPClientRequest(.get, try self.url(server, "/a/../b//%41?x=1&y=%20|?"))
        request.headers = ["X-One": "1", "X-Empty": "", "x-one": "zwei", "Connection": "close", "Content-Length": "9"]
        let client = HTTPClient(sender.settings)
        let response = try await client.execute(request)
        expectEqual(response.status.code, 203)
        expectEqual(response.version, "1.1")
        expectEqual(response.headers.values(of: "set-cookie"), ["a", "b"])
        try await expectEqual(response.body.collect(upTo: 5), Array("hello".utf8))
        server.stop()
    }

    @Test("each new connection is checked by its very address, so that a name that moves leads nowhere else")
    func refusedAddress() async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        let port = UInt16(server.port)
        // The name has moved by the second request.
        let asked = Protected(0)
        let client = HTTPClient { address, asking in
            #expect(asking == port && ["127.0.0.1", "::1"].contains(address.description))
            // Nobody listens on the other address of the name.
            guard address == IPAddress("127.0.0.1") else { return nil }
            return asked.withLock { count in
                count += 1
                return count == 1 ? nil : "it has moved"
            }
        }
        let url = try HTTPURL("http://localhost:\(port)/")
        try await expectEqual(client.execute(HTTPClientRequest(.get, url)).status, .ok)
        do {
            _ = try await client.execute(HTTPClientRequest(.get, url))
            Issue.record("the second connection was opened")
        } catch let error as HTTPClientError {
            #expect(error.code == .addressRefused && !error.mayHaveReachedServer)
            expectEqual(error.message, "localhost:\(port): its address 127.0.0.1 is refused: it has moved")
        }
        expectEqual(server.accepted, 1)
        server.stop()
    }

    struct Sent: Sendable {
        let method: HTTPMethod
        let body: HTTPClientRequest.Body
        let lines: [String]
        let bytes: String
    }

    nonisolated static let sent = [
        Sent(method: .post, body: .bytes(Array("abc".utf8)), lines: ["Content-Length: 3"], bytes: "abc"),
        Sent(method: .post, body: .none, lines: ["Content-Length: 0"], bytes: ""),
        Sent(method: .put, body: .bytes([]), lines: ["Content-Length: 0"], bytes: ""),
        Sent(method: .delete, body: .none, lines: [], bytes: ""),
        Sent(method: "PROPFIND", body: .bytes(Array("<x/>".utf8)), lines: ["Content-Length: 4"], bytes: "<x/>"),
        Sent(
            method: .patch,
            body: .stream(length: 4) {
                try await $0.write(Array("ab".utf8)); try await $0.write(Array("cd".utf8))
            },
            lines: ["Content-Length: 4"], bytes: "abcd"),
        Sent(
            method: .put, body: .stream(length: nil) { try await $0.write(Array("abc".utf8)) },
            lines: ["Transfer-Encoding: chunked"], bytes: "3\r\nabc\r\n0\r\n\r\n"),
    ]

    @Test("every kind of body is framed correctly, without extra headers", arguments: sent, Sender.allCases)
    func bodies(_ sent: Sent, sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            let head = try await connection.head() ?? ""
            let lines = head.split(whereSeparator: \.isNewline).map(String.init)
            expectEqual(lines.first, "\(sent.method) / HTTP/1.1")
            expectEqual(Array(lines.dropFirst(2)), sent.lines)
            let body = try await connection.body(sent.bytes.utf8.count)
            expectEqual(String(decoding: body, as: UTF8.self), sent.bytes)
            try await connection.write("HTTP/1.1 204 No Content\r\n\r\n")
        }
        let client = HTTPClient(sender.settings)
        let response = try await client.execute(
            HTTPClientRequest(sent.method, self.url(server), body: sent.body))
        expectEqual(response.status, .noContent)
        try await expectEqual(response.body.collect(upTo: 0), [])
        server.stop()
    }

    @Test("HEAD has headers and no body, whatever its Content-Length", arguments: Sender.allCases)
    func head(sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
            _ = try await connection.head()
        }
        let client = HTTPClient(sender.settings)
        let response = try await client.execute(HTTPClientRequest(.head, self.url(server)))
        expectEqual(response.headers["content-length"], "99")
        try await expectEqual(response.body.collect(upTo: 0), [])
        server.stop()
    }

    @Test("informational heads and trailers are skipped, redirects are not followed", arguments: Sender.allCases)
    func heads(sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write(
                "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /other\r\nTransfer-Encoding: chunked\r\nX: a\r\n  b\r\n\r\n"
                    + "4\r\nbody\r\n0\r\nX-Sum: 9\r\n\r\n")
        }
        let response = try await self.get(server, by: sender)
        expectEqual(response.status, .found)
        expectEqual(response.headers["location"], "/other")
        expectEqual(response.headers["x"], "a b")
        expectEqual(response.headers["link"], nil)
        try await expectEqual(response.body.collect(upTo: 100), Array("body".utf8))
        expectEqual(response.headers["x-sum"], nil)
        expectEqual(server.accepted, 1)
        server.stop()
    }

    @Test("consecutive requests share one connection", arguments: Sender.allCases)
    func reuse(sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            while try await connection.head() != nil {
                try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        let client = HTTPClient(sender.settings)
        for _ in 0..<50 {
            let response = try await client.execute(HTTPClientRequest(.get, self.url(server)))
            try await expectEqual(response.body.collect(upTo: 2), Array("ok".utf8))
        }
        expectEqual(server.accepted, 1)
        server.stop()
    }

    @Test("a body over the limit is an error", arguments: Sender.allCases)
    func collectLimit(sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\n\r\n")
            while true { try await connection.write([UInt8](repeating: 0, count: 100_000)) }
        }
        let response = try await self.get(server, by: sender)
        let error = await #expect(throws: HTTPClientError.self) { try await response.body.collect(upTo: 1_000_000) }
        expectEqual(error?.code, .tooLarge)
        server.stop()
    }

    struct Answer: Sendable {
        let text: String
        let code: HTTPClientError.Code
    }

    @Test(
        "an invalid response is an error with the matching code",
        arguments: [
            Answer(text: "", code: .closed),
            Answer(text: "HTTP/1.1 200 OK\r\nContent-Len", code: .closed),
            Answer(text: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", code: .closed),
            Answer(text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", code: .closed),
            Answer(text: "SSH-2.0-OpenSSH_9.2\r\n", code: .invalidResponse),
            Answer(text: "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", code: .invalidResponse),
            Answer(
                text: "HTTP/1.1 200 OK\r\n"
                    + String(repeating: "X: \(String(repeating: "y", count: 1_000))\r\n", count: 70) + "\r\n",
                code: .tooLarge),
        ], Sender.allCases)
    func badAnswers(_ answer: Answer, sender: Sender) async throws {
        let server = try ScriptedServer { connection in
            _ = try await connection.head()
            try await connection.write(answer.text)
        }
        let error = await #expect(throws: HTTPClientError.self) {
            _ = try await self.get(server, by: sender).body.collect(upTo: 1_000)
        }
        expectEqual(error?.code, answer.code, "\(String(describing: error))")
        expectEqual(error?.mayHaveReachedServer, true)
        server.stop()
    }

    @Test("a refused connection is safe to retry", arguments: Sender.allCases)
    func refused(sender: Sender) async throws {
        let server = try ScriptedServer { _ in }
        let port = server.port
        server.stop()
        let error = await #expect(throws: HTTPClientError.self) {
            try await HTTPClient(sender.settings).execute(
                HTTPClientRequest(.get, HTTPURL("http://localhost:\(port == 1 ? 2 : 1)/")))
        }
        expectEqual(error?.code, .connect, "\(String(describing: error))")
        expectEqual(error?.mayHaveReachedServer, false)
    }

    @Test(
        "plain http to other machines needs the settings' permission",
        arguments: ["http://example.org/", "http://10.0.0.1/", "http://127.0.0.1.example.org/"])
    func plainHTTP(_ text: String) async throws {
        let url = try HTTPURL(text)
        let error = await #expect(throws: HTTPClientError.self) {
            try await HTTPClient().execute(HTTPClientRequest(.get, url))
        }
        expectEqual(error?.code, .plainHTTPRefused)
    }

    @Test("a request that could be misread is rejected before anything is sent", arguments: Sender.allCases)
    func injection(sender: Sender) async throws {
        let server = try ScriptedServer { _ in }
        var requests: [HTTPClientRequest] = []
        for method in ["GET /x HTTP/1.1\r\nX:", "", "A B", "CONNECT"] {
            requests.append(HTTPClientRequest(HTTPMethod(rawValue: method), try self.url(server)))
        }
        for path in ["/a b", "/a\r\nX: y", "relative", "/é", "/\u{7F}"] {
            var url = try self.url(server)
            url.path = path
            requests.append(HTTPClientRequest(.get, url))
        }
        for bytes in ["a\r\nX: y", "a\nb", "a\0b"] {
            // `append` would turn these into spaces.
            let storage = Array("X-A\(bytes)".utf8)
            let field = HTTPHeaders.Field(nameStart: 0, nameEnd: 3, valueStart: 3, valueEnd: storage.count)
            requests.append(
                HTTPClientRequest(.get, try self.url(server), headers: HTTPHeaders(storage: storage, fields: [field])))
        }
        for request in requests {
            let error = await #expect(throws: HTTPClientError.self) {
                try await HTTPClient(sender.settings).execute(request)
            }
            expectEqual(error?.code, .invalidRequest)
        }
        expectEqual(server.accepted, 0)
        server.stop()
    }
}
