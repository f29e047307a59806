import EventLoop
import HTTP
import HTTPServer
import JSON
import Primitives
import TestSupport
import Testing

@testable import Proxy

@Suite("What the proxy answers itself", .serialized, .timeLimit(.minutes(1)))
@Net
struct EndPointTests {
    @Test("health, readiness and metrics; only metrics need a key")
    func answers() async throws {
        let scene = try await ProxyScene(change: { $0.requiresKey = true }) { _ in .text("upstream", .notFound) }
        try await expectEqual(scene.ask(.get, "/healthz").status, 200)
        let ready = try await scene.ask(.get, "/readyz")
        let state = try JSON.parse(ready.body)
        #expect(ready.status == 200 && state["checks"]?["upstream"] == "ok")
        try await expectEqual(scene.ask(.get, "/metrics").status, 401)
        try await expectEqual(scene.ask(.get, "/metrics", ["Authorization": "Bearer \(ProxyScene.key)"]).status, 200)
        try await expectEqual(scene.ask(.post, "/healthz", ["Authorization": "Bearer \(ProxyScene.key)"]).status, 404)
        expectEqual(scene.proxy.requests.all[404], 1)
        await scene.stop()
    }

    @Test("it is not ready while the upstream can't be reached")
    func unreachable() async throws {
        let scene = try await ProxyScene(change: {
            $0.upstream = try? HTTPURL("http://127.0.0.1:1")
        }) { _ in .text("") }
        let ready = try await scene.ask(.get, "/readyz")
        let problem = try JSON.parse(ready.body)["checks"]?["upstream"]?.stringValue ?? ""
        #expect(ready.status == 503 && problem.hasPrefix("the upstream cannot be reached: "))
        try await expectEqual(scene.ask(.get, "/healthz").status, 200)
        await scene.stop()
    }

    @Test("all who ask whether it is ready share one request to the upstream")
    func shared() async throws {
        let asked = Protected(0)
        let scene = try await ProxyScene { _ in
            asked.withLock { $0 += 1 }
            try await EventLoop.shared.sleep(for: .milliseconds(200))
            return .text("")
        }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try await scene.ask(.get, "/readyz").status } }
            for try await status in group { expectEqual(status, 200) }
        }
        expectEqual(asked.withLock { $0 }, 1)
        await scene.stop()
    }

    @Test("below the gateway these paths are the upstream's")
    func mounted() async throws {
        let scene = try await ProxyScene(prefix: "/proxy") { request in .text(request.target) }
        let key: HTTPHeaders = ["Authorization": "Bearer \(ProxyScene.key)"]
        try await expectEqual(scene.ask(.get, "/proxy/healthz", key).body, Array("/healthz".utf8))
        await scene.stop()
    }
}
