import Chat
import HTTP
import JSON
import Primitives
import Sessions
import TestSupport
import Testing

@testable import Gateway

@Suite("Gateway front", .timeLimit(.minutes(1)))
struct FrontTests {
    @Test(
        "every answer has the security headers",
        arguments: [
            "/", "/healthz", "/readyz", "/metrics", "/api/v1/threads", "/api/v1/openapi.json", "/nothing", "/r/notes",
            "/assets/icon.svg", "/assets/icon.png", "/manifest.webmanifest", "/sw.js",
        ])
    func headers(path: String) async throws {
        try await GatewayHarness.run { harness in
            let answer = try await harness.anybody.send(.get, path)
            expectEqual(answer.headers["x-content-type-options"], "nosniff")
            expectEqual(answer.headers["x-frame-options"], "DENY")
            expectEqual(answer.headers["referrer-policy"], "same-origin")
            let policy = try #require(answer.headers["content-security-policy"])
            #expect(policy.hasPrefix("default-src 'none'"))
            #expect(policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
        }
    }

    @Test("the page's files have content-addressed URLs and are cached forever")
    func assets() async throws {
        try await GatewayHarness.run { harness in
            let page = try await harness.anybody.send(.get, "/")
            expectEqual(page.status, 200)
            #expect(page.text.contains("src=\"\(WebAsset.script.path)\""))
            #expect(!page.text.contains("@"))
            let script = try await harness.anybody.send(.get, WebAsset.script.path)
            expectEqual(script.body, WebAsset.script.bytes)
            expectEqual(script.headers["content-type"]?.hasPrefix("text/javascript"), true)
            expectEqual(script.headers["cache-control"], "public, max-age=31536000, immutable")
            let tag = try #require(script.headers["etag"])
            let again = try await harness.anybody.send(
                .get, WebAsset.script.path, headers: ["If-None-Match": "W/\(tag), \"x\""])
            expectEqual(again.status, 304)
            #expect(again.body.isEmpty)
            try await expectEqual(harness.anybody.send(.get, "/assets/0000000000000000/chat.js").status, 404)
        }
    }

    @Test(
        "files are compressed for those who accept it",
        arguments: [
            ("gzip, deflate, br", true), ("deflate;q=0.5 , GZIP ; q=0.8", true), ("br", false), ("gzip;q=0", false),
            ("gzip; q=0.000", false),
        ])
    func compressed(accepted: String, isCompressed: Bool) async throws {
        try await GatewayHarness.run { harness in
            for asset in WebAsset.all {
                let answer = try await harness.anybody.send(
                    .get, asset.path, headers: ["Accept-Encoding": accepted])
                expectEqual(answer.headers["content-encoding"], isCompressed ? "gzip" : nil)
                expectEqual(answer.headers["vary"], "Accept-Encoding")
                expectEqual(answer.body, isCompressed ? asset.compressed : asset.bytes)
                let tag = try #require(answer.headers["etag"])
                let again = try await harness.anybody.send(
                    .get, asset.path, headers: ["Accept-Encoding": accepted, "If-None-Match": tag])
                expectEqual(again.status, 304)
                let other = try await harness.anybody.send(
                    .get, asset.path, headers: ["Accept-Encoding": isCompressed ? "br" : "gzip", "If-None-Match": tag])
                expectEqual(other.status, 200, "both forms have the tag \(tag)")
            }
            #expect(WebAsset.all.allSatisfy { $0.compressed.starts(with: [0x1F, 0x8B]) })
            #expect(WebAsset.script.compressed.count < 60_000)
        }
    }

    @Test("the page knows whether the browser has sent a sign-in, so that it need not ask in vain")
    func signIn() async throws {
        try await GatewayHarness.run { harness in
            let signedIn = try await harness.signedIn(.member)
            #expect(try await signedIn.send(.get, "/").text.contains("name=\"sign-in\" content=\"cookie\""))
            #expect(try await harness.anybody.send(.get, "/").text.contains("name=\"sign-in\" content=\"none\""))
        }
    }

    @Test(
        "the page has the chosen theme, and ignores invalid ones",
        arguments: [("dark", true), ("light", true), ("\"><script>", false)])
    func theme(cookie: String, isTaken: Bool) async throws {
        try await GatewayHarness.run { harness in
            let page = try await harness.anybody.with("Cookie", "jetbridge_theme=\(cookie)").send(.get, "/")
            expectEqual(page.text.contains("data-theme=\"\(cookie)\""), isTaken)
            #expect(page.text.contains("<html lang=\"en\""))
        }
    }

    @Test("unknown paths and methods give a problem, or a page for browsers")
    func noRoute() async throws {
        try await GatewayHarness.run { harness in
            let method = try await harness.anybody.send(.delete, "/api/v1/threads")
            expectEqual(method.status, 405)
            expectEqual(method.headers["allow"], "GET, HEAD, POST")
            expectEqual(method.headers["content-type"], "application/problem+json")
            let path = try await harness.anybody.send(.get, "/api/v2/threads")
            expectEqual(path.status, 404)
            expectEqual(path.headers["content-type"], "application/problem+json")
            let people = try await harness.anybody.with("Accept", "text/html").send(.get, "/nowhere/<b>")
            expectEqual(people.headers["content-type"]?.hasPrefix("text/html"), true)
        }
    }

    @Test("readyz reports the store, the model and each network")
    func readiness() async throws {
        try await GatewayHarness.run { harness in
            let ready = try await harness.anybody.send(.get, "/readyz").expect(200)
            expectEqual(ready["status"], "ok")
            expectEqual(ready["checks"]?["store"], "ok")
            #expect(ready["checks"]?["adapters"]?["irc:local"]?["state"] != nil)
            expectEqual(ready["checks"]?["adapters"]?["web"]?["since"], "2023-11-14T22:13:20.000Z")
            let health = try await harness.anybody.send(.get, "/healthz").expect(200)
            expectEqual(health, ["status": "ok"])
            #expect(try await harness.anybody.send(.head, "/healthz").body.isEmpty)
        }
    }

    @Test(
        "readyz is 200 while store, model and at least one configured network work, and never while the host stops",
        arguments: [
            ([], nil, nil, false, .ok), ([.up], nil, nil, false, .ok), ([.refused, .up, .down], nil, nil, false, .ok),
            ([.connecting], nil, nil, false, .unavailable), ([.refused, .down], nil, nil, false, .unavailable),
            ([.up], "the disk is full", nil, false, .unavailable), ([], nil, "no key", false, .unavailable),
            ([.up], nil, nil, true, .stopping), ([], "the disk is full", nil, true, .stopping),
        ] as [([AdapterStatus.State], String?, String?, Bool, HostReadiness.Status)])
    func status(
        networks: [AdapterStatus.State], store: String?, model: String?, isStopping: Bool, status: HostReadiness.Status
    ) {
        let checks = HostReadiness.Checks(store: store, model: model, jail: "missing")
        expectEqual(HostReadiness.status(checks, networks: networks, isStopping: isStopping), status)
    }

    @Test("readyz is 503 until the start has ended")
    func starting() {
        var checks = HostReadiness.Checks(jail: "being tried")
        #expect(HostReadiness.status(checks, networks: [], isStopping: false) == .ok)
        checks.isStarting = true
        #expect(HostReadiness.status(checks, networks: [.up], isStopping: false) == .unavailable)
        #expect(HostReadiness.status(checks, networks: [.up], isStopping: true) == .stopping)
    }

    @Test("readyz is 503 with the reason: a failing store, a network that is not connected, the stop")
    func unready() async throws {
        let problem = Protected<String?>(nil)
        try await GatewayHarness.run(checks: { HostReadiness.Checks(store: problem.withLock { $0 }) }) { harness in
            let validator = SchemaValidator(
                document: try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200))
            func unready() async throws -> JSON {
                let document = try await harness.anybody.send(.get, "/readyz").expect(503)
                expectEqual(validator.mistakes(in: document, method: "get", path: "/readyz", status: 503), [])
                return document
            }
            problem.withLock { $0 = "the disk is full" }
            try await expectEqual(unready()["checks"]?["store"], "the disk is full")
            problem.withLock { $0 = nil }
            try await expectEqual(harness.anybody.send(.get, "/readyz").status, 200)
            await harness.network.stop()
            try await expectEqual(unready()["checks"]?["adapters"]?["irc:local"]?["state"], "down")
            harness.network.connect(to: harness.bridge)
            try await expectEqual(harness.anybody.send(.get, "/readyz").status, 200)
            await harness.bridge.stop()
            try await expectEqual(unready()["status"], "stopping")
            try await expectEqual(harness.anybody.send(.get, "/healthz").status, 200)
        }
    }

    @Test("readyz shows a failing object store, and is 200 all the same")
    func failingObjects() async throws {
        let objects = HostReadiness.Checks.Objects(problem: "the bucket is gone")
        let checks: @Sendable () -> HostReadiness.Checks = {
            var checks = HostReadiness.Checks()
            checks.objects = objects
            return checks
        }
        try await GatewayHarness.run(checks: checks) { harness in
            let document = try await harness.anybody.send(.get, "/readyz").expect(200)
            #expect(document["status"] == "ok" && document["checks"]?["objects"] == "the bucket is gone")
        }
    }

    @Test("a caller's trace id is returned; an invalid one is replaced")
    func trace() async throws {
        try await GatewayHarness.run { harness in
            let id = "4bf92f3577b34da6a3ce929d0e0e4736"
            let given = try await harness.anybody.with("traceparent", "00-\(id)-00f067aa0ba902b7-01").send(
                .get, "/healthz")
            expectEqual(given.headers["x-request-id"], id)
            let made = try await harness.anybody.with("traceparent", "00-<script>-1-1").send(.get, "/healthz")
            expectEqual(made.headers["x-request-id"]?.utf8.count, 32)
        }
    }

    @Test("answers match the OpenAPI document")
    func openAPI() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            expectEqual(document["openapi"], "3.1.0")
            let validator = SchemaValidator(document: document)
            let thread = try await caller.newThread()
            let operation = try await caller.write("hello", to: thread)
            _ = try await caller.ended(operation)
            let calls: [(pattern: String, target: String)] = [
                ("/api/v1/threads", "/api/v1/threads"), ("/api/v1/threads/{id}", "/api/v1/threads/\(thread)"),
                ("/api/v1/threads/{id}/messages", "/api/v1/threads/\(thread)/messages"),
                ("/api/v1/operations/{id}", "/api/v1/operations/\(operation)"), ("/api/v1/models", "/api/v1/models"),
                ("/api/v1/usage", "/api/v1/usage"), ("/api/v1/sessions", "/api/v1/sessions"),
                ("/api/v1/repositories", "/api/v1/repositories"), ("/api/v1/commands", "/api/v1/commands"),
                ("/api/v1/me", "/api/v1/me"), ("/healthz", "/healthz"), ("/readyz", "/readyz"),
            ]
            for call in calls {
                let answer = try await caller.send(.get, call.target)
                expectEqual(answer.status, 200, "\(call.target)")
                expectEqual(
                    validator.mistakes(in: answer.json, method: "get", path: call.pattern, status: 200), [],
                    "\(call.target)")
            }
            let missing = try await caller.send(.get, "/api/v1/threads/none")
            expectEqual(
                validator.mistakes(in: missing.json, method: "get", path: "/api/v1/threads/{id}", status: 404), [])
            let described = document["paths"]?.objectValue?.keys ?? []
            #expect(Set(calls.map(\.pattern)).isSubset(of: described))
            #expect(described.contains("/r/{repository}/blob/{ref}/{path}"))
        }
    }
}
