import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import Processes
import TestSupport
import Testing

/// What keys of the proxy may do, with the real program.
@Suite("Limits of the proxy's keys", .serialized, .timeLimit(.minutes(2)))
@Net
struct ProxyKeyTests {
    private struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let json: JSON?

        var code: String? { self.json?["error"]?["code"]?.stringValue }
    }

    private let client = HTTPClient()

    /// Lists two models, answers with seven tokens, and at `/free` with none.
    private func upstream() throws -> HTTPServer {
        var settings = HTTPServerSettings()
        settings.deadlines.drain = .milliseconds(100)
        let server = HTTPServer(settings, dispatcher: KeyUpstream())
        try server.start()
        return server
    }

    private func ask(_ url: String, _ key: String, model: String? = nil) async throws -> Answer {
        var request = HTTPClientRequest(
            model == nil ? .get : .post, try HTTPURL(url),
            headers: ["Authorization": "Bearer \(key)", "Content-Type": "application/json"])
        if let model { request.body = .bytes(JSON.object(["model": .string(model)]).bytes) }
        let response = try await self.client.execute(request)
        let body = try await response.body.collect(upTo: 1 << 20)
        return Answer(status: response.status.code, headers: response.headers, json: try? JSON.parse(body))
    }

    private func create(
        _ run: @Net ([String]) async throws -> Process.Result, _ options: String...
    ) async throws -> JSON {
        let result = try await run(["token", "create", "--json"] + options)
        expectEqual(result.status, .exited(0), "\(result.errorText)")
        return try JSON.parse(result.output)
    }

    private func secret(_ created: JSON) throws -> String { try #require(created["token"]?.stringValue) }

    /// Days in UTC.
    private var today: Int64 { WallClock.now() / 86_400_000 }

    @Test("token create and token list show the limits, and null without")
    func shown() async throws {
        let directory = try TemporaryDirectory()
        func run(_ words: [String]) async throws -> Process.Result {
            try await HostProcess.run(words + ["--data-dir", directory.path + "/data"], in: directory.path)
        }
        let all = try await self.create(
            run, "--scope", "proxy", "--expires", "2099-01-31T12:00:00+01:00", "--models", "gpt-4.1,o3",
            "--tokens-per-day", "5000")
        expectEqual(all.objectValue?.keys, ["id", "token", "scopes", "expires_at", "models", "tokens_per_day"])
        #expect(all["expires_at"] == "2099-01-31T11:00:00Z" && all["models"] == ["gpt-4.1", "o3"])
        expectEqual(all["tokens_per_day"], 5000)
        let free = try await self.create(run, "--scope", "read")
        let listed = try JSON.parse(try await run(["token", "list", "--json"]).output).arrayValue ?? []
        for (created, item) in zip([all, free], listed) {
            for name in ["id", "scopes", "expires_at", "models", "tokens_per_day"] {
                expectEqual(item[name], created[name], "\(name)")
            }
        }
        for name in ["expires_at", "models", "tokens_per_day"] { expectEqual(free[name], .null) }
        let text = try await run(["token", "list"]).text
        #expect(text.contains("expires 2099-01-31T11:00:00Z, only gpt-4.1 o3, 5000 tokens a day\n"), "\(text)")
        let usage = try JSON.parse(try await run(["usage", "--json"]).output).arrayValue ?? []
        let row = try #require(usage.first { $0["key"] == all["id"] })
        #expect(row["tokens_today"] == 0 && row["tokens_per_day"] == 5000 && row["model"] == nil)
    }

    @Test("an expired key is refused with its time, by the proxy and by the gateway")
    func expiry() async throws {
        let server = try self.upstream()
        let directory = try TemporaryDirectory()
        let configuration = """
            gateway: {listen: "127.0.0.1:0"}
            proxy: {enabled: true, upstream: "\(server.loopbackURL)", require_key: true}

            """
        let host = try HostProcess(configuration: configuration, directory: directory)
        try await host.start(environment: ["COPILOT_TOKEN": ProxyProcess.token])
        let proxy = try await ProxyProcess(
            upstream: server.loopbackURL, configuration: configuration, directory: directory)
        let base = "http://\(try #require(host.address))"
        let run: @Net ([String]) async throws -> Process.Result = { words in try await host.run(words) }
        let lasting = try self.secret(try await self.create(run, "--scope", "proxy,read", "--expires", "30d"))
        let brief = try self.secret(try await self.create(run, "--scope", "proxy,read", "--expires", "1s"))
        for url in [proxy.base + "/free", base + "/proxy/free", base + "/api/v1/threads"] {
            try await expectEqual(self.ask(url, lasting).status, 200, "\(url)")
            var answer = try await self.ask(url, brief)
            while answer.status == 200 { answer = try await self.ask(url, brief) }
            expectEqual(answer.status, 401, "\(url)")
            guard url.hasSuffix("/free") else { continue }
            expectEqual(answer.code, "expired_api_key")
            expectEqual(answer.json?["error"]?["message"]?.stringValue?.contains("This client key expired at 20"), true)
        }
        #expect(try await host.run(["token", "list"]).text.contains("expired 20"))
        try await expectEqual(proxy.terminate(), .exited(0))
        await expectEqual(host.terminate(), .exited(0))
        await server.stop()
    }

    @Test("a key with models uses these, sees these in the list, and gets 403 for others")
    func models() async throws {
        let server = try self.upstream()
        let proxy = try await ProxyProcess(
            upstream: server.loopbackURL, configuration: "proxy: {require_key: true}\n")
        let run: @Net ([String]) async throws -> Process.Result = { words in try await proxy.run(words) }
        let key = try self.secret(try await self.create(run, "--scope", "proxy", "--models", "small"))
        let free = try self.secret(try await self.create(run, "--scope", "proxy"))
        let path = proxy.base + "/v1/chat/completions"
        try await expectEqual(self.ask(path, key, model: "small").status, 200)
        let refused = try await self.ask(path, key, model: "large")
        #expect(refused.status == 403 && refused.code == "model_not_allowed")
        expectEqual(refused.json?["error"]?["message"]?.stringValue?.contains("only small"), true)
        try await expectEqual(self.ask(path, free, model: "large").status, 200)
        try await expectEqual(self.ask(proxy.base + "/v1/engines/large/completions", key, model: "small").status, 403)
        for (key, ids) in [(key, ["small"]), (free, ["large", "small"])] {
            let list = try await self.ask(proxy.base + "/v1/models", key)
            expectEqual(list.status, 200)
            expectEqual(list.json?["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue }, ids)
        }
        try await expectEqual(self.ask(proxy.base + "/v1/models/large", key).code, "model_not_found")
        try await expectEqual(proxy.terminate(), .exited(0))
        await server.stop()
    }

    @Test("tokens of the day count across a restart and across processes")
    func tokens() async throws {
        let server = try self.upstream()
        let configuration = "proxy: {require_key: true}\n"
        let first = try await ProxyProcess(upstream: server.loopbackURL, configuration: configuration)
        let start = self.today
        let run: @Net ([String]) async throws -> Process.Result = { words in try await first.run(words) }
        let created = try await self.create(run, "--scope", "proxy", "--tokens-per-day", "10")
        let key = try self.secret(created)
        let path = "/v1/chat/completions"
        for _ in 0..<2 { try await expectEqual(self.ask(first.base + path, key, model: "small").status, 200) }
        func expectExhausted(_ answer: Answer) {
            // At midnight the tokens are new.
            guard self.today == start else { return }
            #expect(answer.status == 429 && answer.code == "tokens_exhausted")
            let seconds = answer.headers["retry-after"].flatMap { Int64($0) } ?? 0
            let rest = 86_400 - WallClock.now() / 1_000 % 86_400
            #expect(seconds > 0 && seconds <= 86_400 && abs(seconds - rest) < 60)
        }
        expectExhausted(try await self.ask(first.base + path, key, model: "small"))
        // Another process learns of it from the store, as soon as the first has stored it.
        let second = try await ProxyProcess(
            upstream: server.loopbackURL, configuration: configuration, directory: first.directory)
        func askForNone() async throws -> Answer { try await self.ask(second.base + "/free", key, model: "small") }
        var answer = try await askForNone()
        // The last request may still be charged its estimate.
        while answer.status == 200 || answer.headers["retry-after"] == "5", self.today == start {
            answer = try await askForNone()
        }
        expectExhausted(answer)
        try await expectEqual(self.ask(second.base + "/v1/models", key).status, 200)
        try await expectEqual(first.terminate(), .exited(0))
        try await expectEqual(second.terminate(), .exited(0))

        let third = try await ProxyProcess(
            upstream: server.loopbackURL, configuration: configuration, directory: first.directory)
        expectExhausted(try await self.ask(third.base + path, key, model: "small"))
        let usage = try await third.run("usage")
        if self.today == start {
            #expect(usage.text.contains("key \(created["id"]?.stringValue ?? "") (token): 14 of 10 tokens today"))
        }
        try await expectEqual(third.terminate(), .exited(0))
        await server.stop()
    }
}

private struct KeyUpstream: HTTPDispatcher {
    func dispatch(_ head: RequestHead) -> HTTPDispatch {
        HTTPDispatch(
            .loop { request in
                _ = try await request.body.collect(upTo: 1 << 20)
                return switch request.target {
                case "/models": .json(["object": "list", "data": [["id": "large"], ["id": "small"]]])
                case "/free": .json(["free": true])
                default: .json(["model": "small", "usage": ["prompt_tokens": 3, "completion_tokens": 4]])
                }
            })
    }
}
