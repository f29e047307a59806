import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import JetbridgeTesting
import Primitives
import Testing

@testable import Proxy

@Suite("What the proxy answers by itself, and what it tries again", .serialized, .timeLimit(.minutes(1)))
@Net
struct RefusalTests {
    private func code(_ body: [UInt8]) throws -> String? { try JSON.parse(body)["error"]?["code"]?.stringValue }

    @Test("an upstream that can't be reached is 502, one that is silent 504")
    func unreachable() async throws {
        let free = try FreePorts.take()
        let dead = try HTTPURL("http://127.0.0.1:\(free)")
        let scene = try await ProxyScene(change: { $0.upstream = dead }) { _ in .text("") }
        let answer = try await scene.ask(.get, "/x")
        #expect(answer.status == 502)
        #expect(try self.code(answer.body) == "upstream_unreachable")
        #expect(try JSON.parse(answer.body)["error"]?["type"]?.stringValue == "upstream_error")
        await scene.stop()

        let silent = try await ProxyScene(change: { $0.idleTimeout = .milliseconds(80) }) { _ in
            try await EventLoop.shared.sleep(for: .seconds(50))
            return .text("")
        }
        let late = try await silent.ask(.get, "/x")
        #expect(late.status == 504)
        #expect(try self.code(late.body) == "upstream_timeout")
        await silent.stop()
    }

    @Test("a refused token is replaced and the request repeated once, with its body")
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
        #expect(try JSON.parse(answer.body)["sum"]?.intValue == size)
        await scene.stop()
    }

    @Test("a token that can't be replaced, or a long body, leaves the upstream's refusal", arguments: [true, false])
    func noRetry(isFixed: Bool) async throws {
        let scene = try await ProxyScene { request in
            _ = try await request.body.collect(upTo: 64 << 20)
            return .json(["error": "no"], .unauthorized)
        }
        if isFixed { scene.tokens.isFixed.withLock { $0 = true } }
        let size = isFixed ? 10 : 3 << 20
        let answer = try await scene.ask(.post, "/x", [:], .bytes([UInt8](repeating: 1, count: size)))
        #expect(answer.status == 401 && answer.body == Array(#"{"error":"no"}"#.utf8))
        #expect(scene.tokens.rejections == 0)
        await scene.stop()
    }

    @Test("an upstream that keeps OpenAI's /v1 in its paths is found out", arguments: [true, false])
    func version(keeps: Bool) async throws {
        let scene = try await ProxyScene { request in
            request.target.hasPrefix("/v1/") == keeps ? .json(["at": .string(request.target)]) : .text("", .notFound)
        }
        scene.proxy.keepsVersion = nil
        for _ in 0..<2 {
            let answer = try await scene.ask(.post, "/v1/chat/completions", [:], .bytes(Array("{}".utf8)))
            #expect(answer.status == 200)
        }
        #expect(scene.proxy.keepsVersion == keeps)
        await scene.stop()
    }

    @Test("where a key is required, only a good one lets in; the upstream is not asked")
    func keys() async throws {
        let scene = try await ProxyScene(change: { $0.requiresKey = true }) { request in .echo(request, []) }
        #expect(try await scene.ask(.get, "/x").status == 401)
        let wrong = try await scene.ask(.get, "/x", ["Authorization": "Bearer jb_bad"])
        #expect(wrong.status == 401)
        #expect(try self.code(wrong.body) == "invalid_api_key")
        #expect(try await scene.ask(.get, "/x", ["Authorization": "bearer \(ProxyScene.key)"]).status == 200)
        await scene.stop()
    }

    @Test("without a requirement any word will do, but not a revoked key, and not a page of another origin")
    func optionalKeys() async throws {
        let scene = try await ProxyScene { request in .echo(request, []) }
        #expect(try await scene.ask(.get, "/x", ["Authorization": "Bearer sk-whatever"]).status == 200)
        #expect(try await scene.ask(.get, "/x", ["Authorization": "Bearer jb_bad"]).status == 401)
        #expect(try await scene.ask(.get, "/x", ["Origin": "https://evil.example"]).status == 403)
        #expect(try await scene.ask(.get, "/x", ["Origin": "null"]).status == 403)
        #expect(try await scene.ask(.get, "/x", ["Origin": "http://localhost:3000"]).status == 200)
        await scene.stop()
    }

    @Test("mounted below a path a key is always required, and the path is cut off")
    func mounted() async throws {
        let scene = try await ProxyScene(prefix: "/proxy") { request in
            HTTPServerResponse(.ok, headers: ["Set-Cookie": "a=1"], body: .bytes(Array(request.target.utf8)))
        }
        #expect(try await scene.ask(.get, "/proxy/x").status == 401)
        let answer = try await scene.ask(.get, "/proxy/x?y", ["Authorization": "Bearer \(ProxyScene.key)"])
        #expect(answer.body == Array("/x?y".utf8) && answer.headers["set-cookie"] == nil)
        #expect(answer.headers["content-security-policy"]?.hasPrefix("sandbox") == true)
        await scene.stop()
    }

    @Test("too many requests of one key: 429 with the time to wait")
    func rate() async throws {
        let scene = try await ProxyScene(change: { $0.requestsPerMinute = 2 }) { request in .echo(request, []) }
        for _ in 0..<2 { #expect(try await scene.ask(.get, "/x").status == 200) }
        let answer = try await scene.ask(.get, "/x")
        #expect(answer.status == 429 && answer.headers["retry-after"] == "30")
        #expect(try self.code(answer.body) == "rate_limit_exceeded")
        #expect(try await scene.ask(.get, "/x", ["Authorization": "Bearer \(ProxyScene.key)"]).status == 200)
        scene.clock.withLock { $0 += 30_000 }
        #expect(try await scene.ask(.get, "/x").status == 200)
        await scene.stop()
    }

    @Test("a request that comes back is refused instead of going round, and no tunnel is made")
    func loop() async throws {
        let scene = try await ProxyScene { request in .echo(request, []) }
        let round = try await scene.ask(.get, "/x", ["Via": "1.1 other, 1.1 \(scene.proxy.signature)"])
        #expect(round.status == 508)
        let client = try await scene.connection()
        try await client.send("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n")
        #expect(try await client.receive(through: "\r\n").contains(" 501 "))
        await scene.stop()
    }
}
