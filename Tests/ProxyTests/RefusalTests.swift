import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import TestSupport
import Testing

@testable import Proxy

@Suite("Proxy errors and retries", .serialized, .timeLimit(.minutes(1)))
@Net
struct RefusalTests {
    private func code(_ body: [UInt8]) throws -> String? { try JSON.parse(body)["error"]?["code"]?.stringValue }

    @Test("an unreachable upstream gives 502, a silent one 504")
    func unreachable() async throws {
        let free = try FreePorts.take()
        let dead = try HTTPURL("http://127.0.0.1:\(free)")
        let scene = try await ProxyScene(change: { $0.upstream = dead }) { _ in .text("") }
        let answer = try await scene.ask(.get, "/x")
        expectEqual(answer.status, 502)
        try expectEqual(self.code(answer.body), "upstream_unreachable")
        try expectEqual(JSON.parse(answer.body)["error"]?["type"]?.stringValue, "upstream_error")
        await scene.stop()

        let silent = try await ProxyScene(change: { $0.idleTimeout = .milliseconds(80) }) { _ in
            try await EventLoop.shared.sleep(for: .seconds(50))
            return .text("")
        }
        let late = try await silent.ask(.get, "/x")
        expectEqual(late.status, 504)
        try expectEqual(self.code(late.body), "upstream_timeout")
        await silent.stop()
    }

    @Test("a path that refuses every token does not have all tokens replaced, and others work on")
    func refusingPath() async throws {
        let scene = try await ProxyScene { request in
            request.path == "/secret" ? .json(["error": "no"], .unauthorized) : .text("fine")
        }
        for _ in 0..<6 {
            try await expectEqual(scene.ask(.get, "/secret").status, 401)
            try await expectEqual(scene.ask(.get, "/open").status, 200)
        }
        expectEqual(scene.tokens.rejections, 2)
        await scene.stop()
    }

    @Test("after a rejected token the request is retried once with a new token and its body")
    func retry() async throws {
        let scene = try await ProxyScene { request in
            let body = try await request.body.collect(upTo: 64 << 20)
            guard request.headers["authorization"] == "Bearer token-2" else {
                return .json(["error": "expired"], .unauthorized)
            }
            return .echo(request, body)
        }
        let size = 100_000
        let answer = try await scene.ask(
            .post, "/x", [:],
            .stream(length: size) { writer in
                for _ in 0..<100 { try await writer.write([UInt8](repeating: 1, count: size / 100)) }
            })
        #expect(answer.status == 200 && scene.tokens.rejections == 1)
        try expectEqual(JSON.parse(answer.body)["sum"]?.intValue, size)
        await scene.stop()
    }

    @Test("without another token, or with a long body, the upstream's refusal is passed on", arguments: [true, false])
    func noRetry(isFixed: Bool) async throws {
        let scene = try await ProxyScene { request in
            _ = try await request.body.collect(upTo: 64 << 20)
            return .json(["error": "no"], .unauthorized)
        }
        if isFixed { scene.tokens.isFixed.withLock { $0 = true } }
        let size = isFixed ? 10 : 3 << 20
        let answer = try await scene.ask(.post, "/x", [:], .bytes([UInt8](repeating: 1, count: size)))
        #expect(answer.status == 401 && answer.body == Array(#"{"error":"no"}"#.utf8))
        expectEqual(scene.tokens.rejections, 0)
        await scene.stop()
    }

    @Test("the proxy detects whether the upstream expects OpenAI's /v1", arguments: [true, false])
    func version(keeps: Bool) async throws {
        let scene = try await ProxyScene { request in
            request.target.hasPrefix("/v1/") == keeps ? .json(["at": .string(request.target)]) : .text("", .notFound)
        }
        for _ in 0..<2 {
            let answer = try await scene.ask(.post, "/v1/chat/completions", [:], .bytes(Array("{}".utf8)))
            expectEqual(answer.status, 200)
        }
        expectEqual(scene.proxy.memory.keepsVersion(of: "/chat/completions"), keeps)
        await scene.stop()
    }

    @Test("if a key is required, only a valid one is admitted")
    func keys() async throws {
        let scene = try await ProxyScene(change: { $0.requiresKey = true }) { request in .echo(request, []) }
        try await expectEqual(scene.ask(.get, "/x").status, 401)
        let wrong = try await scene.ask(.get, "/x", ["Authorization": "Bearer jb_bad"])
        expectEqual(wrong.status, 401)
        try expectEqual(self.code(wrong.body), "invalid_api_key")
        try await expectEqual(scene.ask(.get, "/x", ["Authorization": "bearer \(ProxyScene.key)"]).status, 200)
        for field in ["X-Api-Key", "Api-Key"] {
            try await expectEqual(scene.ask(.get, "/x", [field: ProxyScene.key]).status, 200)
            try await expectEqual(scene.ask(.get, "/x", [field: "jb_bad"]).status, 401)
        }
        await scene.stop()
    }

    @Test("if no key is required, any text is accepted, except unknown jb_ keys and pages of other origins")
    func optionalKeys() async throws {
        let scene = try await ProxyScene { request in .echo(request, []) }
        try await expectEqual(scene.ask(.get, "/x", ["Authorization": "Bearer sk-whatever"]).status, 200)
        try await expectEqual(scene.ask(.get, "/x", ["Authorization": "Bearer jb_bad"]).status, 401)
        try await expectEqual(scene.ask(.get, "/x", ["Origin": "https://evil.example"]).status, 403)
        try await expectEqual(scene.ask(.get, "/x", ["Origin": "null"]).status, 403)
        try await expectEqual(scene.ask(.get, "/x", ["Origin": "http://localhost:3000"]).status, 200)
        await scene.stop()
    }

    @Test("without a key, neither a rebound page nor a page of another site reaches the account")
    func pages() async throws {
        let asked = Protected(0)
        let handler: @Net @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse = { request in
            asked.withLock { $0 += 1 }
            return .echo(request, [])
        }
        func status(_ scene: ProxyScene, _ fields: String) async throws -> String {
            let client = try await scene.connection()
            try await client.send("GET /v1/models HTTP/1.1\r\n\(fields)\r\nConnection: close\r\n\r\n")
            return try await client.receive(through: "\r\n\r\n")
        }
        let scene = try await ProxyScene(handler: handler)
        for host in ["evil.example", "evil.example:8080", "10.0.0.5:8080"] {
            #expect(try await status(scene, "Host: \(host)").contains(" 421 "), "\(host)")
        }
        for site in ["cross-site", "same-site"] {
            let fields = "Host: localhost:8080\r\nSec-Fetch-Site: \(site)"
            #expect(try await status(scene, fields).contains(" 403 "), "\(site)")
        }
        expectEqual(asked.withLock { $0 }, 0)
        for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "localhost"] {
            #expect(try await status(scene, "Host: \(host)").contains(" 200 "), "\(host)")
        }
        let key = "Authorization: Bearer \(ProxyScene.key)"
        #expect(try await status(scene, "Host: bot.example\r\n\(key)").contains(" 200 "))
        await scene.stop()

        let open = try await ProxyScene(change: { $0.host = "0.0.0.0" }, handler: handler)
        #expect(try await status(open, "Host: bot.example\r\n\(key)").contains(" 200 "))
        #expect(try await status(open, "Host: bot.example").contains(" 401 "))
        await open.stop()
    }

    @Test("a mounted proxy always requires a key and removes its path")
    func mounted() async throws {
        let scene = try await ProxyScene(prefix: "/proxy") { request in
            HTTPServerResponse(.ok, headers: ["Set-Cookie": "a=1"], body: .bytes(Array(request.target.utf8)))
        }
        try await expectEqual(scene.ask(.get, "/proxy/x").status, 401)
        let answer = try await scene.ask(.get, "/proxy/x?y", ["Authorization": "Bearer \(ProxyScene.key)"])
        #expect(answer.body == Array("/x?y".utf8) && answer.headers["set-cookie"] == nil)
        expectEqual(answer.headers["content-security-policy"]?.hasPrefix("sandbox"), true)
        await scene.stop()
    }

    @Test("too many requests with one key give 429 and Retry-After")
    func rate() async throws {
        let scene = try await ProxyScene(change: { $0.requestsPerMinute = 2 }) { request in .echo(request, []) }
        for _ in 0..<2 { try await expectEqual(scene.ask(.get, "/x").status, 200) }
        let answer = try await scene.ask(.get, "/x")
        #expect(answer.status == 429 && answer.headers["retry-after"] == "30")
        try expectEqual(self.code(answer.body), "rate_limit_exceeded")
        try await expectEqual(scene.ask(.get, "/x", ["Authorization": "Bearer \(ProxyScene.key)"]).status, 200)
        scene.clock.withLock { $0 += 30_000 }
        try await expectEqual(scene.ask(.get, "/x").status, 200)
        await scene.stop()
    }

    @Test(
        "requests that the HTTP server refuses get an error in the form of their API",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", 400, #""code":"bad_request""#),
            ("GET /\(String(repeating: "a", count: 17_000))", 414, #""code":"uri_too_long""#),
            (
                "POST /v1/chat/completions HTTP/1.1\r\nX: \(String(repeating: "a", count: 70_000))", 431,
                #""type":"invalid_request_error","code":"request_header_fields_too_large""#
            ),
            (
                "POST /v1/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx", 400,
                #""code":"bad_request""#
            ),
            (
                "POST /v1/messages?beta HTTP/1.1\r\nX: \(String(repeating: "a", count: 70_000))", 431,
                #"{"type":"error","error":{"type":"invalid_request_error","message":"The request is not valid: "#
            ),
            (
                "POST /v1/messages/count_tokens HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 400,
                #"{"type":"error","error":{"type":"invalid_request_error","#
            ),
        ])
    func serverErrors(request: String, status: Int, part: String) async throws {
        let scene = try await ProxyScene { request in .echo(request, []) }
        let client = try await scene.connection()
        try await client.send(request)
        let answer = try await client.receiveToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.contains("Content-Type: application/json\r\n"))
        #expect(answer.contains(part), "\(answer)")
        client.close()
        await scene.stop()
    }

    @Test("a body that breaks off its framing gets the form of the API too")
    func brokenBody() async throws {
        let scene = try await ProxyScene { request in .echo(request, try await request.body.collect()) }
        let client = try await scene.connection()
        try await client.send("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        try await client.send("1\r\na")
        try await client.send("nonsense")
        let answer = try await client.receiveToEnd()
        #expect(
            answer.contains(" 400 ") && answer.contains(#"{"type":"error","error":{"type":"invalid_request_error""#))
        client.close()
        await scene.stop()
    }

    @Test("the proxy's own errors at /v1/messages have Anthropic's form")
    func anthropic() async throws {
        let scene = try await ProxyScene(change: { $0.requiresKey = true }) { request in .echo(request, []) }
        let answer = try await scene.ask(.post, "/v1/messages", [:], .bytes(Array("{}".utf8)))
        let json = try JSON.parse(answer.body)
        #expect(answer.status == 401 && json["type"]?.stringValue == "error")
        expectEqual(json["error"]?["type"]?.stringValue, "authentication_error")
        expectEqual(json["error"]?["message"]?.stringValue?.contains("client key"), true)
        await scene.stop()
    }

    @Test("a request that loops back and a CONNECT are refused")
    func loop() async throws {
        let scene = try await ProxyScene { request in .echo(request, []) }
        let round = try await scene.ask(.get, "/x", ["Via": "1.1 other, 1.1 \(scene.proxy.signature)"])
        expectEqual(round.status, 508)
        let client = try await scene.connection()
        try await client.send("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n")
        #expect(try await client.receive(through: "\r\n").contains(" 501 "))
        await scene.stop()
    }
}
