import HTTP
import JSON
import Processes
import TestSupport
import Testing

/// The gateway's paths, as external programs rely on them, with the real program.
@Suite("The HTTP contract", .serialized, .timeLimit(.minutes(1)))
struct GatewayContractTests {
    private struct Scene {
        let model: LoopbackModelServer
        let host: HostProcess
        let address: String
        let client: GatewayClient

        static func make(_ behavior: ModelBehavior = .echo) async throws -> Scene {
            let model = try await LoopbackModelServer.started(behaviors: ["test": behavior])
            let host = try await HostProcess(configuration: HostConfiguration.web(model))
            try await host.start()
            let address = try #require(host.address)
            let client = try await host.signIn()
            return Scene(model: model, host: host, address: address, client: client)
        }

        func end() async {
            await expectEqual(self.host.terminate(), .exited(0))
            await self.model.stop()
        }
    }

    @Test("public paths are open, and everything else under /api and /r requires a credential")
    func credentials() async throws {
        let scene = try await Scene.make()
        let stranger = GatewayClient(strangerAt: scene.address)
        for path in ["/healthz", "/readyz", "/metrics", "/", "/api/v1/openapi.json"] {
            try await expectEqual(stranger.answer("GET", path).status, 200, "\(path)")
        }
        try await expectEqual(stranger.answer("GET", "/healthz").json, ["status": "ok"])
        let closed = [
            ("GET", "/api/v1/threads"), ("POST", "/api/v1/threads"), ("GET", "/api/v1/threads/t"),
            ("GET", "/api/v1/threads/t/messages"), ("POST", "/api/v1/threads/t/messages"),
            ("GET", "/api/v1/operations/o"), ("GET", "/api/v1/models"), ("GET", "/api/v1/usage"),
            ("GET", "/api/v1/sessions"), ("GET", "/api/v1/repositories"), ("GET", "/api/v1/live"),
            ("GET", "/r/notes/commit/main"), ("GET", "/r/notes/blob/main/a.md"),
        ]
        for (method, path) in closed {
            let answer = try await stranger.answer(method, path, body: method == "POST" ? "{}" : nil)
            expectEqual(answer.status, 401, "\(method) \(path)")
            #expect(answer.contentType.hasPrefix("application/problem+json"), "\(method) \(path)")
            #expect(answer.json?["status"]?.intValue == 401 && answer.json?["detail"]?.stringValue?.isEmpty == false)
        }
        await scene.end()
    }

    @Test("a message from its thread to its operation, and the lists")
    func table() async throws {
        let scene = try await Scene.make()
        let client = scene.client
        let made = try await client.answer("POST", "/api/v1/threads", body: "{}")
        expectEqual(made.status, 201)
        let thread = try #require(made.json?["id"]?.stringValue)
        let sent = try await client.answer("POST", "/api/v1/threads/\(thread)/messages", body: #"{"text":"Hello"}"#)
        #expect(sent.status == 202 && sent.json?["message_id"]?.stringValue != nil)
        let operation = try #require(sent.json?["operation_id"]?.stringValue)
        let ended = try await client.ended(operation)
        #expect(ended["id"]?.stringValue == operation && ended["thread_id"]?.stringValue == thread)
        #expect(ended["state"]?.stringValue == "complete" && ended["error"]?.isNull == true)
        expectEqual(ended["commits"]?.arrayValue, [])
        for time in ["started_at", "ended_at"] { expectEqual(ended[time]?.stringValue?.hasSuffix("Z"), true) }
        try await expectEqual(client.get("/api/v1/threads/\(thread)")["id"]?.stringValue, thread)
        for list in ["threads", "models", "usage", "sessions", "repositories"] {
            let page = try await client.get("/api/v1/\(list)")
            #expect(page["items"]?.arrayValue?.isEmpty == false && page["next_cursor"]?.isNull == true, "\(list)")
        }
        try await expectEqual(client.get("/api/v1/openapi.json")["openapi"]?.stringValue?.hasPrefix("3.1"), true)
        try await expectEqual(client.answer("GET", "/api/v1/operations/none").status, 404)
        try await expectEqual(client.answer("GET", "/api/v1/nothing").status, 404)
        try await expectEqual(client.answer("DELETE", "/api/v1/threads").status, 405)
        await scene.end()
    }

    @Test("a specification's commit is in the operation, and its link opens")
    func commit() async throws {
        let model = try await LoopbackModelServer.started(behaviors: [:])
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await host.start()
        let client = try await host.signIn()
        let thread = try await client.newThread()
        let operation = try await client.send("/specify a login page", to: thread)
        let ended = try await client.ended(operation)
        expectEqual(ended["state"]?.stringValue, "complete", "\(ended.text)")
        let commit = try #require(ended["commits"]?[0])
        let page = try await client.page(try #require(commit["url"]?.stringValue))
        #expect(page.status == 200 && page.text.contains("specs/001-"))
        let line = try await client.transcript(of: thread).first { $0.role == "commit" }?.text ?? ""
        let short = String((commit["sha"]?.stringValue ?? "").prefix(7))
        #expect(line.contains(short) && line.contains(" changed, +"), "\(line)")
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test("after five wrong codes in a minute the sixth attempt is 429, even with the right code")
    func guessing() async throws {
        let scene = try await Scene.make()
        let stranger = GatewayClient(strangerAt: scene.address)
        for _ in 1...5 {
            let answer = try await stranger.answer("POST", "/api/v1/signin", body: #"{"code":"AAAA-AAAA"}"#)
            expectEqual(answer.status, 401)
        }
        let code = try #require(await scene.host.code)
        let right = try await stranger.answer("POST", "/api/v1/signin", body: #"{"code":"\#(code)"}"#)
        #expect(right.status == 429 && right.retryAfter != nil)
        await scene.end()
    }

    @Test("a repeat with the same Idempotency-Key gets the first answer, and pages follow each other")
    func repeats() async throws {
        let scene = try await Scene.make()
        let client = scene.client
        let thread = try await client.newThread()
        let path = "/api/v1/threads/\(thread)/messages"
        let key = ["Idempotency-Key": "k1"]
        let first = try await client.answer("POST", path, body: #"{"text":"one"}"#, headers: key)
        let second = try await client.answer("POST", path, body: #"{"text":"one"}"#, headers: key)
        #expect(first.status == 202 && second.status == 202 && first.text == second.text)
        _ = try await client.ended(first.json?["operation_id"]?.stringValue ?? "")
        for text in ["two", "three"] { _ = try await client.ended(try await client.send(text, to: thread)) }
        expectEqual(scene.model.requests.count, 3)
        var texts: [String] = []
        var cursor: String?
        repeat {
            let page = try await client.get(path + "?limit=2" + (cursor.map { "&cursor=\($0)" } ?? ""))
            texts += page["items"]?.arrayValue?.compactMap { $0["text"]?.stringValue } ?? []
            cursor = page["next_cursor"]?.stringValue
        } while cursor != nil
        expectEqual(texts, ["one", "You said: one", "two", "You said: two", "three", "You said: three"])
        await scene.end()
    }

    @Test("another site's page can neither write with the cookie nor open the live connection")
    func crossSite() async throws {
        let scene = try await Scene.make()
        let evil = ["Origin": "http://evil.example"]
        let post = try await scene.client.answer("POST", "/api/v1/threads", body: "{}", headers: evil)
        expectEqual(post.status, 403)
        let signIn = try await GatewayClient(strangerAt: scene.address).answer(
            "POST", "/api/v1/signin", body: #"{"code":"\#(try #require(await scene.host.code))"}"#, headers: evil)
        expectEqual(signIn.status, 403)
        let cookie = try #require(scene.client.cookie)
        await #expect(throws: (any Error).self) {
            try await LiveClient.connect(
                to: scene.client.base, headers: ["Cookie": cookie, "Origin": "http://evil.example"])
        }
        let own = try await LiveClient.connect(
            to: scene.client.base, headers: ["Cookie": cookie, "Origin": scene.client.base])
        await own.close()
        try await expectEqual(scene.client.get("/api/v1/threads")["items"]?.arrayValue, [])
        await scene.end()
    }

    @Test("readyz reports store, model and each network")
    func readiness() async throws {
        let server = try await NgIRCd(hasPenalty: false)
        let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
        let host = try await HostProcess(configuration: HostConfiguration.irc(port: server.port, model))
        try await host.start()
        let stranger = GatewayClient(strangerAt: try #require(host.address))
        try await stranger.waitForMetric(#"jetbridge_adapter_up{adapter="irc:local"}"#, toReach: 1)
        let ready = try await stranger.answer("GET", "/readyz")
        #expect(ready.status == 200 && ready.json?["status"]?.stringValue == "ok")
        let checks = ready.json?["checks"]
        for check in ["store", "model", "jail"] { expectEqual(checks?[check]?.stringValue, "ok") }
        expectEqual(checks?["adapters"]?["irc:local"]?["state"]?.stringValue, "up")
        expectEqual(checks?["adapters"]?["irc:local"]?["since"]?.stringValue?.hasSuffix("Z"), true)
        await expectEqual(host.terminate(), .exited(0))
        await server.stop()
        await model.stop()
    }

    @Test("metrics have the names that dashboards use")
    func metrics() async throws {
        let scene = try await Scene.make()
        let thread = try await scene.client.newThread()
        _ = try await scene.client.ended(try await scene.client.send("Hello", to: thread))
        let text = try await scene.client.answer("GET", "/metrics").text
        for start in [
            #"jetbridge_inbound_events_total{adapter="web",result="stored"} 1"#,
            #"jetbridge_turns_total{state="complete"} 1"#, "jetbridge_turns_active 0",
            "jetbridge_turn_first_token_seconds_count 1", "jetbridge_turn_seconds_count 1",
            "jetbridge_outbox_pending 0",
            #"jetbridge_adapter_up{adapter="web"} 1"#, #"jetbridge_model_tokens_total{direction="in",model="test"} "#,
            #"jetbridge_model_tokens_total{direction="out",model="test"} "#, "jetbridge_store_commit_seconds_count ",
            "process_resident_memory_bytes ",
        ] {
            #expect(text.contains("\n\(start)") || text.hasPrefix(start), "\(start)")
        }
        await scene.end()
    }
}
