import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import TestSupport
import Testing

@testable import Proxy

@Suite("Proxy forwarding", .serialized, .timeLimit(.minutes(1)))
@Net
struct ForwardingTests {
    private func echo() async throws -> ProxyScene {
        try await ProxyScene { request in .echo(request, try await request.body.collect(upTo: 64 << 20)) }
    }

    private func headers(_ body: [UInt8]) throws -> [String] {
        try JSON.parse(body)["headers"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    @Test(
        "any method, path, query and body is forwarded",
        arguments: ["GET", "POST", "PUT", "DELETE", "PROPFIND", "M-SEARCH"])
    func methods(_ method: String) async throws {
        let scene = try await self.echo()
        let body: HTTPClientRequest.Body = method == "GET" ? .none : .bytes([1, 2, 3])
        let answer = try await scene.ask(
            HTTPMethod(rawValue: method), "/a%2Fb/../c;d?x=%20&x", ["X-Own": "1", "X-Request-Id": "abc"], body)
        let seen = try JSON.parse(answer.body)
        #expect(answer.status == 200 && answer.headers["x-request-id"] == "abc")
        expectEqual(seen["method"]?.stringValue, method)
        expectEqual(seen["target"]?.stringValue, "/a%2Fb/../c;d?x=%20&x")
        expectEqual(seen["length"]?.intValue, method == "GET" ? 0 : 3)
        let headers = try self.headers(answer.body)
        #expect(headers.contains("X-Own: 1") && headers.contains("X-Request-Id: abc"))
        await scene.stop()
    }

    @Test("the upstream receives the account's token and its own host, never the client's key")
    func authorization() async throws {
        let scene = try await self.echo()
        let answer = try await scene.ask(
            .get, "/x",
            [
                "Authorization": "Bearer \(ProxyScene.key)", "X-Api-Key": ProxyScene.key, "api-key": ProxyScene.key,
                "Proxy-Authorization": "Bearer \(ProxyScene.key)", "Cookie": "jetbridge_session=s",
                "Sec-WebSocket-Protocol": "realtime, openai-insecure-api-key.\(ProxyScene.key)",
            ])
        let headers = try self.headers(answer.body)
        #expect(headers.contains("Authorization: Bearer token-1"))
        #expect(headers.contains("Host: 127.0.0.1:\(scene.upstream.boundAddress?.port ?? 0)"))
        #expect(headers.contains("Copilot-Integration-Id: vscode-chat"))
        #expect(!headers.contains { $0.contains("jb_") || $0.contains("session") })
        await scene.stop()
    }

    @Test(
        "the fields that tell what a model's request has are those of its body, however long it is",
        arguments: [1, 300_000])
    func facts(_ length: Int) async throws {
        let scene = try await self.echo()
        let text = String(repeating: "a", count: length)
        let body =
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url"},{"type":"text","text":"\#(text)"}]},"#
            + #"{"role":"tool","content":"4"}]}"#
        let answer = try await scene.ask(
            .post, "/v1/chat/completions", ["Content-Type": "application/json"], .bytes(Array(body.utf8)))
        let headers = try self.headers(answer.body)
        #expect(headers.contains("X-Initiator: agent") && headers.contains("Copilot-Vision-Request: true"))
        await scene.stop()
    }

    @Test("a TRACE does not reveal the token")
    func trace() async throws {
        let scene = try await self.echo()
        let answer = try await scene.ask(.trace, "/x")
        #expect(answer.status == 200 && !String(decoding: answer.body, as: UTF8.self).contains("token-"))
        await scene.stop()
    }

    @Test("HEAD and bodiless answers have no body and keep their length")
    func head() async throws {
        let scene = try await ProxyScene { request in
            request.method == .head
                ? HTTPServerResponse(.ok, headers: ["Content-Length": "1234"]) : HTTPServerResponse(.noContent)
        }
        let answer = try await scene.ask(.head, "/x")
        #expect(answer.status == 200 && answer.headers["content-length"] == "1234" && answer.body.isEmpty)
        try await expectEqual(scene.ask(.options, "/x").status, 204)
        await scene.stop()
    }

    @Test("a body of 20 MB passes in both directions, with a length and in chunks", arguments: [true, false])
    func large(hasLength: Bool) async throws {
        let piece = [UInt8]((0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let count = 20 << 20
        let scene = try await ProxyScene { request in
            var length = 0, sum: Int64 = 0
            for try await bytes in request.body {
                // One byte in a hundred: together with the count that reveals reordering.
                for index in stride(from: (100 - length % 100) % 100, to: bytes.count, by: 100) {
                    sum += Int64(bytes[index])
                }
                length += bytes.count
            }
            let total = length
            return HTTPServerResponse(
                .ok, headers: ["X-Length": "\(length)", "X-Sum": "\(sum)"],
                body: .streamOnLoop { writer in
                    for _ in 0..<(total / piece.count) { try await writer.write(piece) }
                })
        }
        let answer = try await scene.ask(
            .post, "/files", [:],
            .stream(length: hasLength ? count : nil) { writer in
                for _ in 0..<(count / piece.count) { try await writer.write(piece) }
            })
        let sum = stride(from: 0, to: count, by: 100).reduce(0) { $0 + Int64(piece[$1 % piece.count]) }
        #expect(answer.headers["x-length"] == "\(count)" && answer.headers["x-sum"] == "\(sum)")
        expectEqual(answer.body.count, count)
        await scene.stop()
    }

    @Test("every event leaves the proxy before the next one arrives")
    func events() async throws {
        let gates = (0..<20).map { _ in Flag() }
        let scene = try await ProxyScene { _ in
            HTTPServerResponse(
                .ok, headers: ["Content-Type": "text/event-stream"],
                body: .streamOnLoop { writer in
                    for (number, gate) in gates.enumerated() {
                        try await writer.write("data: \(number)\n\n")
                        try await gate.wait()
                    }
                })
        }
        let response = try await scene.client.execute(HTTPClientRequest(.get, HTTPURL(scene.base + "/events")))
        var pieces = response.body.makeAsyncIterator()
        for (number, gate) in gates.enumerated() {
            // The upstream continues only after this one has arrived.
            try await expectEqual(pieces.next(), Array("data: \(number)\n\n".utf8))
            gate.set()
        }
        try await expectEqual(pieces.next(), nil)
        await scene.stop()
    }

    @Test("a client that leaves during the answer cancels the upstream request at once")
    func clientGone() async throws {
        let gone = Flag()
        let scene = try await ProxyScene { _ in
            HTTPServerResponse(
                .ok,
                body: .streamOnLoop { writer in
                    try await writer.write("begun")
                    do {
                        try await EventLoop.shared.sleep(for: .seconds(50))
                    } catch {
                        gone.set()
                        throw error
                    }
                })
        }
        let client = try await scene.connection()
        try await client.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try await client.receive(through: "begun")
        client.close()
        try await gone.wait()
        await scene.stop()
        #expect(scene.log.withLock { $0.contains { $0.contains("client_gone") } })
    }

    @Test("a client that leaves before the answer cancels the upstream request at once")
    func clientGoneEarly() async throws {
        let asked = Flag(), gone = Flag()
        let scene = try await ProxyScene { _ in
            asked.set()
            do {
                try await EventLoop.shared.sleep(for: .seconds(50))
            } catch {
                gone.set()
            }
            return .text("")
        }
        let client = try await scene.connection()
        try await client.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try await asked.wait()
        client.close()
        try await gone.wait()
        await scene.stop()
    }

    @Test("clients that leave together with their request leave no connection")
    func clientGoneAtOnce() async throws {
        let stays = Flag()
        let scene = try await ProxyScene { request in
            if request.path != "/known" { try await stays.wait() }
            return .text("")
        }
        // Afterwards the account is known, so that the next requests need no task.
        _ = try await scene.ask(.get, "/known")
        let left = scene.server.connectionCount
        var clients: [RawConnection] = []
        for _ in 0..<20 { clients.append(try await scene.connection()) }
        for client in clients {
            // Without a suspension in between: the proxy reads the request and the end at once.
            _ = try client.sendSome(Array("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            client.close()
        }
        while scene.server.connectionCount > left { try await EventLoop.shared.sleep(for: .milliseconds(1)) }
        await scene.stop()
        expectEqual(scene.log.withLock { $0.joined().split(separator: "client_gone").count - 1 }, 20)
    }

    @Test("if the upstream aborts its answer, the client sees a truncated body")
    func upstreamBreaks() async throws {
        struct Broken: Error {}
        let scene = try await ProxyScene { _ in
            HTTPServerResponse(
                .ok,
                body: .streamOnLoop { writer in
                    try await writer.write("half")
                    try await EventLoop.shared.sleep(for: .milliseconds(5))
                    throw Broken()
                })
        }
        let client = try await scene.connection()
        try await client.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let text = try await client.receiveToEnd()
        #expect(text.contains("4\r\nhalf\r\n") && !text.contains("0\r\n\r\n"))
        await scene.stop()
    }

    @Test("100 Continue is sent when the body is wanted")
    func expect() async throws {
        let scene = try await self.echo()
        let client = try await scene.connection()
        try await client.send(
            "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        _ = try await client.receive(through: "HTTP/1.1 100 Continue\r\n\r\n")
        try await client.send("abc")
        #expect(try await client.receive(through: "\"length\":3").contains("200 OK"))
        await scene.stop()
    }

    @Test("a stop refuses new connections and lets running answers continue until the deadline")
    func stop() async throws {
        let scene = try await ProxyScene { _ in
            HTTPServerResponse(
                .ok,
                body: .streamOnLoop { writer in
                    try await writer.write("begun")
                    try await EventLoop.shared.sleep(for: .seconds(50))
                })
        }
        let client = try await scene.connection()
        try await client.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try await client.receive(through: "begun")
        await scene.server.stop()
        await #expect(throws: (any Error).self) { _ = try await scene.connection() }
        _ = try await client.receiveToEnd()
        await scene.stop()
    }
}
