import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import Telemetry
import TestSupport
import Testing

@testable import Proxy

@Suite("Budgets and traces of clients", .serialized, .timeLimit(.minutes(1)))
@Net
struct SpendingTests {
    private static let path = "/v1/chat/completions"
    private static let body = Array(#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#.utf8)
    private static let headers: HTTPHeaders = [
        "Authorization": "Bearer \(ProxyScene.key)", "Content-Type": "application/json",
    ]

    @Test("a budget that is used up refuses what asks a model, and nothing else; it is not read for each request")
    func budget() async throws {
        let reads = Protected(0)
        let scene = try await ProxyScene(spending: { key in
            reads.withLock { $0 += 1 }
            return key.id == "k1" ? ("Your budget of $5.00 a day is used up.", 3_600) : nil
        }) { request in .echo(request, []) }
        for _ in 0..<2 {
            let refused = try await scene.ask(.post, Self.path, Self.headers, .bytes(Self.body))
            #expect(refused.status == 429 && refused.headers["retry-after"] == "3600")
            let error = try JSON.parse(refused.body)["error"]
            #expect(error?["code"] == "budget_used_up" && error?["message"] == "Your budget of $5.00 a day is used up.")
        }
        expectEqual(reads.withLock { $0 }, 1)
        try await expectEqual(scene.ask(.get, "/models", Self.headers).status, 200)
        await scene.stop()
    }

    @Test("a request to a model that fails is reported with its model and reason")
    func failures() async throws {
        let scene = try await ProxyScene { request in
            _ = try await request.body.collect(upTo: 1 << 20)
            return .json(["error": ["message": "busy"]], .tooManyRequests)
        }
        try await expectEqual(scene.ask(.post, Self.path, Self.headers, .bytes(Self.body)).status, 429)
        _ = try await scene.ask(.get, "/models", Self.headers)
        let failed = scene.failed.withLock { $0 }
        #expect(failed.map(\.error) == ["HTTP 429"] && failed.first?.model == "m" && failed.first?.key.id == "k1")
        #expect(scene.used.withLock { $0.isEmpty })
        await scene.stop()
    }

    @Test("the model of a long request that fails is looked for at its beginning")
    func longFailure() async throws {
        let scene = try await ProxyScene { request in
            _ = try await request.body.collect(upTo: 1 << 20)
            return .json(["error": ["message": "busy"]], .tooManyRequests)
        }
        // Only its end shows that it is not valid.
        let body = Array(#"{"model":"m","input":"\#(String(repeating: "a", count: 300 << 10))"#.utf8)
        try await expectEqual(scene.ask(.post, Self.path, Self.headers, .bytes(body)).status, 429)
        expectEqual(scene.failed.withLock { $0.map(\.model) }, ["m"])
        await scene.stop()
    }

    @Test("a client's trace is continued to the upstream")
    func trace() async throws {
        let seen = Protected<[String?]>([])
        let tracer = Tracer(TelemetrySettings(endpoint: try HTTPURL("http://127.0.0.1:1")))
        let scene = try await ProxyScene(tracer: tracer) { request in
            seen.withLock { $0.append(request.headers["traceparent"]) }
            _ = try await request.body.collect(upTo: 1 << 20)
            return .json(["usage": ["prompt_tokens": 4, "completion_tokens": 2]])
        }
        var headers = Self.headers
        headers["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        _ = try await scene.ask(.post, Self.path, headers, .bytes(Self.body))
        _ = try await scene.ask(.post, Self.path, Self.headers, .bytes(Self.body))
        let sent = seen.withLock { $0.compactMap { $0 } }
        #expect(sent.count == 2 && sent[0].hasPrefix("00-0af7651916cd43dd8448eb211c80319c-"))
        #expect(sent[0] != headers["traceparent"] && !sent[1].contains("0af7651916cd43dd8448eb211c80319c"))
        await scene.stop()
    }
}
