import EventLoop
import HTTP
import HTTPServer
import TestSupport
import Testing

@testable import Jail

@Suite("Plain HTTP through a jail's network", .timeLimit(.minutes(1)))
@Net
struct NetworkForwardingTests {
    /// A strict server that says what it got.
    private struct Echo: HTTPDispatcher {
        func dispatch(_ head: RequestHead) -> HTTPDispatch {
            HTTPDispatch(
                .pool { request in
                    let body = String(decoding: try await request.body.collect(), as: UTF8.self)
                    let text = "\(request.method) \(request.target) \(request.headers["host"] ?? "-") \(body)\n"
                    guard request.target.hasPrefix("/stream") else { return .text(text) }
                    return HTTPServerResponse(body: .stream { try await $0.write(Array(text.utf8)) })
                })
        }
    }

    private func withEcho(_ body: @Net (NetworkScene, String) async throws -> Void) async throws {
        let server = HTTPServer(HTTPServerSettings(), dispatcher: Echo())
        try server.start()
        async let run: Void = server.run()
        let port = Int(try #require(server.boundAddress).port)
        let host = "server.test:\(port)"
        do {
            try await NetworkScene.with(rules: [host], open: [port]) { scene in try await body(scene, host) }
        } catch {
            await server.stop()
            try await run
            throw error
        }
        await server.stop()
        try await run
    }

    @Test("several requests over one connection, each on its own: lengths, chunks, HEAD, and one that is refused")
    func keepAlive() async throws {
        try await self.withEcho { scene, host in
            let client = try await scene.connect()
            func head(_ line: String, _ fields: String = "") -> String {
                "\(line) HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n"
            }
            // Pipelined.
            try await client.send(
                head("POST http://\(host)/a", "Content-Length: 3\r\n") + "abc" + head("GET http://\(host)/b?c"))
            #expect(try await client.receive(through: "\n").hasPrefix("HTTP/1.1 200 OK"))
            #expect(try await client.receive(through: "POST /a \(host) abc\n").contains("\r\nContent-Length: "))
            _ = try await client.receive(through: "GET /b?c \(host) \n")
            try await client.send(
                head("PUT http://\(host)/stream", "Transfer-Encoding: chunked\r\n") + "3;x=y\r\nxyz\r\n2\r\n12\r\n")
            try await client.send("0\r\n\r\n")
            let chunked = try await client.receive(through: "\r\n0\r\n\r\n")
            #expect(chunked.contains("Transfer-Encoding: chunked\r\n"))
            #expect(chunked.contains("PUT /stream \(host) xyz12\n"))
            try await client.send(head("HEAD http://\(host)/h"))
            _ = try await client.receive(through: "\r\n\r\n")
            try await client.send("GET http://other.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n")
            #expect(try await client.receiveToEnd().hasPrefix("HTTP/1.1 403 other.test:80 is not allowed"))
            client.close()
            expectEqual(scene.requests.map(\.method), ["POST", "GET", "PUT", "HEAD", "GET"])
            expectEqual(scene.requests.map(\.verdict), [.allowed, .allowed, .allowed, .allowed, .refused])
            #expect(scene.requests.allSatisfy { $0.verdict == .refused || $0.sent > 0 && $0.received > 0 })
        }
    }

    @Test("a client that waits for 100 Continue gets it")
    func expect() async throws {
        try await self.withEcho { scene, host in
            let client = try await scene.connect()
            try await client.send(
                "POST http://\(host)/ HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            _ = try await client.receive(through: "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("ok")
            _ = try await client.receive(through: "POST / \(host) ok\n")
            client.close()
        }
    }

    @Test("HTTP/1.0 and Connection: close end the connection after the answer")
    func close() async throws {
        try await self.withEcho { scene, host in
            let old = await scene.ask("GET http://\(host)/ HTTP/1.0\r\n\r\n")
            #expect(old.contains("Connection: close\r\n"))
            #expect(old.hasSuffix("GET / \(host) \n"))
            #expect(await scene.get(host).hasSuffix("GET / \(host) \n"))
        }
    }

    private func withServer(
        _ answer: @escaping @Net @Sendable (ScriptedServer.Connection) async throws -> Void,
        _ body: @Net (NetworkScene, String) async throws -> Void
    ) async throws {
        let server = try ScriptedServer(answer)
        defer { server.stop() }
        let host = "server.test:\(server.port)"
        try await NetworkScene.with(rules: [host], open: [server.port]) { scene in try await body(scene, host) }
    }

    @Test("an answer that ends with its connection, and one that comes before the whole request")
    func untilEnd() async throws {
        try await self.withServer { connection in
            _ = try await connection.read(through: "\r\n\r\n")
            try await connection.write("HTTP/1.1 413 Too large\r\n\r\nno thanks")
            connection.finish()
        } _: { scene, host in
            let client = try await scene.connect()
            try await client.send("POST http://\(host)/ HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 1000000\r\n\r\nx")
            let answer = try await client.receiveToEnd()
            expectEqual(answer, "HTTP/1.1 413 Too large\r\nConnection: close\r\n\r\nno thanks")
            client.close()
        }
    }

    @Test("redirects go to the client: they are requests of their own")
    func redirect() async throws {
        try await self.withServer { connection in
            _ = try await connection.read(through: "\r\n\r\n")
            try await connection.write(
                "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n")
        } _: { scene, host in
            #expect(await scene.get(host).contains("Location: http://169.254.169.254/latest\r\n"))
            expectEqual(scene.requests.count, 1)
        }
    }

    @Test(
        "a body that is cut short resets the client's connection",
        arguments: [
            "Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
            "Transfer-Encoding: chunked\r\n\r\nzz",
        ])
    func cut(rest: String) async throws {
        try await self.withServer { connection in
            _ = try await connection.read(through: "\r\n\r\n")
            try await connection.write("HTTP/1.1 200 OK\r\n\(rest)")
            connection.finish()
        } _: { scene, host in
            _ = await scene.get(host)
            try await eventually("the request is recorded") { !scene.requests.isEmpty }
            expectEqual(scene.requests.map(\.reason), ["rule \(host); interrupted"])
        }
    }

    @Test(
        "answers that aren't valid HTTP become 502",
        arguments: [
            "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "HTTP/1.1 200 OK\r\nX: y\r\n",
        ])
    func invalid(answer: String) async throws {
        try await self.withServer { connection in
            _ = try await connection.read(through: "\r\n\r\n")
            try await connection.write(answer)
            connection.finish()
        } _: { scene, host in
            #expect(await scene.get(host).hasPrefix("HTTP/1.1 502 the answer of \(host) is not valid: "))
            expectEqual(scene.requests.map(\.verdict), [.failed])
        }
    }

    @Test("a malformed chunk in the request ends both connections")
    func malformedChunk() async throws {
        let ended = Box()
        try await self.withServer { connection in
            let all = try? await connection.readToEnd()
            ended.set(all ?? "reset")
        } _: { scene, host in
            let answer = await scene.ask(
                "POST http://\(host)/ HTTP/1.1\r\nHost: \(host)\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n"
                    + "GET http://\(host)/smuggled HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            expectEqual(answer, "")
            let seen = try await ended.value()
            #expect(!seen.contains("smuggled"))
            expectEqual(scene.requests.count, 1)
        }
    }

    @Test("what follows a request's body never reaches the server unchecked")
    func following() async throws {
        let seen = Box()
        try await self.withServer { connection in
            let head = try await connection.read(through: "\r\n\r\n")
            let body = try await connection.read(through: "ab")
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            seen.set(head + body + (try await connection.readToEnd()))
        } _: { scene, host in
            let answer = await scene.ask(
                "POST http://\(host)/ HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 2\r\n\r\nab"
                    + "GET /smuggled HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("HTTP/1.1 400 the request is not valid: this is a proxy"))
            let all = try await seen.value()
            #expect(!all.contains("smuggled"))
            expectEqual(scene.requests.map(\.verdict), [.allowed, .refused])
        }
    }
}
