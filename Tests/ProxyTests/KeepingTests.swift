import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import TestSupport
import Testing

@testable import Proxy

@Suite("Proxy cache, usage and access log", .serialized, .timeLimit(.minutes(1)))
@Net
struct KeepingTests {
    /// Counts the upstream's requests.
    @Net final class Counter {
        var count = 0
        nonisolated init() {}
    }

    @Test("an answer is cached for its lifetime and then revalidated")
    func cache() async throws {
        let counter = Counter()
        let scene = try await ProxyScene { request in
            counter.count += 1
            let headers: HTTPHeaders = ["Cache-Control": "max-age=60", "ETag": "\"1\"", "Content-Type": "text/plain"]
            return request.headers["if-none-match"] == "\"1\""
                ? HTTPServerResponse(.notModified, headers: headers)
                : HTTPServerResponse(.ok, headers: headers, body: .bytes(Array("asked \(counter.count)".utf8)))
        }
        try await expectEqual(scene.ask(.get, "/v1/models").headers["cache-status"], nil)
        let hit = try await scene.ask(.get, "/models")
        #expect(hit.body == Array("asked 1".utf8) && hit.headers["cache-status"] == "jetbridge; hit")
        #expect(hit.headers["age"] == "0" && counter.count == 1)
        try await expectEqual(scene.ask(.get, "/models", ["If-None-Match": "\"1\""]).status, 304)
        try await expectEqual(scene.ask(.get, "/models", ["Cache-Control": "no-store"]).status, 200)
        expectEqual(counter.count, 2)
        scene.clock.withLock { $0 += 61_000 }
        let checked = try await scene.ask(.get, "/models")
        #expect(checked.body == Array("asked 1".utf8) && counter.count == 3)
        try await expectEqual(scene.ask(.get, "/models").headers["cache-status"], "jetbridge; hit")
        expectEqual(counter.count, 3)
        _ = try await scene.ask(.post, "/models", [:], .bytes([1]))
        try await expectEqual(scene.ask(.get, "/models").headers["cache-status"], nil)
        await scene.stop()
    }

    @Test("answers cached for one account are not served to another")
    func accounts() async throws {
        let scene = try await ProxyScene { request in
            HTTPServerResponse(
                .ok, headers: ["Cache-Control": "max-age=60"],
                body: .bytes(Array((request.headers["authorization"] ?? "").utf8)))
        }
        try await expectEqual(scene.ask(.get, "/x").body, Array("Bearer token-1".utf8))
        let access = try await scene.proxy.account.current()
        _ = try await scene.proxy.account.replaced(access)
        try await expectEqual(scene.ask(.get, "/x").body, Array("Bearer token-2".utf8))
        await scene.stop()
    }

    @Test("an answer that was on its way to one account is not kept for the next")
    func lateAnswer() async throws {
        let (asked, released) = (Flag(), Flag())
        let scene = try await ProxyScene { request in
            if request.headers["authorization"] == "Bearer token-1" {
                asked.set()
                try await released.wait()
            }
            return HTTPServerResponse(
                .ok, headers: ["Cache-Control": "max-age=60"],
                body: .bytes(Array((request.headers["authorization"] ?? "").utf8)))
        }
        async let late = scene.ask(.get, "/x")
        try await asked.wait()
        _ = try await scene.proxy.account.replaced(try await scene.proxy.account.current())
        _ = try await scene.ask(.get, "/other")
        released.set()
        try await expectEqual(late.body, Array("Bearer token-1".utf8))
        try await expectEqual(scene.ask(.get, "/x").body, Array("Bearer token-2".utf8))
        await scene.stop()
    }

    @Test("a 401 that no other token mends leaves the cache as it is")
    func fixedToken() async throws {
        let scene = try await ProxyScene { request in
            request.target == "/refused"
                ? HTTPServerResponse(.unauthorized)
                : HTTPServerResponse(.ok, headers: ["Cache-Control": "max-age=60"], body: .bytes([1]))
        }
        scene.tokens.isFixed.withLock { $0 = true }
        _ = try await scene.ask(.get, "/x")
        for _ in 0..<3 { try await expectEqual(scene.ask(.get, "/refused").status, 401) }
        try await expectEqual(scene.ask(.get, "/x").headers["cache-status"], "jetbridge; hit")
        await scene.stop()
    }

    @Test("what was cached while a change was on its way is forgotten once it has succeeded, and only then")
    func change() async throws {
        let (asked, released) = (Flag(), Flag())
        let scene = try await ProxyScene { request in
            switch (request.method, request.target) {
            case (.put, "/x"):
                asked.set()
                try await released.wait()
                return HTTPServerResponse(.noContent)
            case (.put, _): return HTTPServerResponse(.conflict)
            default: return HTTPServerResponse(.ok, headers: ["Cache-Control": "max-age=60"], body: .bytes([1]))
            }
        }
        async let put = scene.ask(.put, "/x")
        try await asked.wait()
        for path in ["/x", "/y"] { _ = try await scene.ask(.get, path) }
        try await expectEqual(scene.ask(.get, "/x").headers["cache-status"], "jetbridge; hit")
        released.set()
        try await expectEqual(put.status, 204)
        try await expectEqual(scene.ask(.get, "/x").headers["cache-status"], nil)
        try await expectEqual(scene.ask(.put, "/y").status, 409)
        try await expectEqual(scene.ask(.get, "/y").headers["cache-status"], "jetbridge; hit")
        await scene.stop()
    }

    @Test("a streamed answer is cached once it is complete")
    func streamed() async throws {
        let counter = Counter()
        let scene = try await ProxyScene { _ in
            counter.count += 1
            return HTTPServerResponse(
                .ok, headers: ["Cache-Control": "max-age=60"],
                body: .streamOnLoop { writer in
                    try await writer.write("one")
                    try await EventLoop.shared.sleep(for: .milliseconds(5))
                    try await writer.write("two")
                })
        }
        for _ in 0..<2 { try await expectEqual(scene.ask(.get, "/x").body, Array("onetwo".utf8)) }
        expectEqual(counter.count, 1)
        await scene.stop()
    }

    @Test("usage in JSON and in events is counted for the key")
    func usage() async throws {
        let scene = try await ProxyScene { request in
            guard request.target.hasPrefix("/events") else {
                return .json(["model": "m", "usage": ["prompt_tokens": 1, "completion_tokens": 2]])
            }
            return HTTPServerResponse(
                .ok, headers: ["Content-Type": "text/event-stream"],
                body: .streamOnLoop { writer in
                    try await writer.write("data: {\"model\":\"s\",\"usage\":{\"prompt_tok")
                    try await EventLoop.shared.sleep(for: .milliseconds(5))
                    try await writer.write("ens\":3,\"completion_tokens\":4}}\n\n")
                })
        }
        _ = try await scene.ask(.get, "/json", ["Authorization": "Bearer \(ProxyScene.key)"])
        _ = try await scene.ask(.get, "/events")
        expectEqual(
            scene.used.withLock { $0.map { ProxyUsage(key: $0.key, model: $0.model, tokens: $0.tokens) } },
            [
                ProxyUsage(key: ClientKey(id: "k1"), model: "m", tokens: AnswerTokens(input: 1, output: 2)),
                ProxyUsage(key: .local, model: "s", tokens: AnswerTokens(input: 3, output: 4)),
            ])
        await scene.stop()
    }

    @Test("the log has one line per request, without query, body or token")
    func log() async throws {
        let scene = try await ProxyScene { request in .echo(request, try await request.body.collect(upTo: 1000)) }
        _ = try await scene.ask(
            .post, "/a/b?secret=query", ["Authorization": "Bearer \(ProxyScene.key)", "X-Request-Id": "trace-1"],
            .bytes(Array("secret body".utf8)))
        await scene.proxy.accessLog.flush()
        let lines = scene.log.withLock { $0.flatMap { $0.split(separator: "\n").map(String.init) } }
        let line = try JSON.parse(Array(try #require(lines.first { $0.contains("trace-1") }).utf8))
        #expect(line["path"]?.stringValue == "/a/b" && line["method"]?.stringValue == "POST")
        #expect(line["status"]?.intValue == 200 && line["request_bytes"]?.intValue == 11)
        #expect(line["key"]?.stringValue == "k1" && line["outcome"]?.stringValue == "complete")
        #expect((line["response_bytes"]?.intValue ?? 0) > 0 && (line["milliseconds"]?.doubleValue ?? 0) > 0)
        for word in ["secret", "token-1", ProxyScene.key] { #expect(!lines.contains { $0.contains(word) }) }
        await scene.stop()
    }
}
