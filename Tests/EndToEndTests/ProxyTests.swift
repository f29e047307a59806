import EventLoop
import Glibc
import HTTP
import HTTPClient
import HTTPServer
import JSON
import JetbridgeTesting
import Processes
import Testing

/// `jetbridge proxy` with the clients that people use.
@Suite("The proxy", .serialized, .timeLimit(.minutes(2)))
@Net
struct ProxyTests {
    private nonisolated static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

    /// Runs one of the scripts in `proxy/`; it prints `ok` at its end.
    private func script(_ name: String, _ arguments: String..., directory: String) async throws {
        let plan = ProcessPlan(
            Process.find("setpriv") ?? "/usr/bin/setpriv",
            [
                "--pdeathsig", "KILL", Self.root + "/.cache/venv/bin/python",
                Self.root + "/Tests/EndToEndTests/proxy/" + name,
            ] + arguments, environment: ["PATH": "/usr/bin:/bin", "HOME": directory])
        let result = try await Process.run(plan)
        #expect(result.status == .exited(0), "\(result.text)\(result.errorText)")
        #expect(result.text.contains("ok"))
    }

    private func curl(_ arguments: String..., input: [UInt8] = []) async throws -> Process.Result {
        try await Process.run(
            ProcessPlan(
                Process.find("curl") ?? "/usr/bin/curl", ["-sS", "--max-time", "60"] + arguments,
                environment: ["PATH": "/usr/bin:/bin"]), input: input)
    }

    private func upstream(
        _ handler: @escaping @Net @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse
    ) async throws -> HTTPServer {
        var settings = HTTPServerSettings()
        settings.bodyLimit = 64 << 20
        settings.deadlines.drain = .milliseconds(100)
        let server = HTTPServer(settings, dispatcher: EveryRequest(handler: handler))
        try server.start()
        return server
    }

    private func url(_ server: HTTPServer) -> String { "http://127.0.0.1:\(server.boundAddress?.port ?? 0)" }

    @Test("the official OpenAI client and LiteLLM; tokens are counted by key; no secret is seen anywhere")
    func clients() async throws {
        let model = try await LoopbackModelServer.started(apiKey: ProxyProcess.token)
        // The upstream without its path: the proxy finds out that this one keeps OpenAI's /v1.
        let proxy = try await ProxyProcess(upstream: "http://127.0.0.1:\(model.port)")
        let created = try JSON.parse(try await proxy.run("token", "create", "--scope", "proxy", "--json").output)
        let key = try #require(created["token"]?.stringValue)
        try await self.script("openai_client.py", proxy.base + "/v1", key, directory: proxy.directory.path)
        try await self.script("litellm_client.py", proxy.base + "/v1", "sk-any", directory: proxy.directory.path)

        let command = proxy.commandLine
        #expect(try await proxy.terminate() == .exited(0))
        let usage = try JSON.parse(try await proxy.run("usage", "--json").output).arrayValue ?? []
        let id = created["id"]?.stringValue
        #expect(usage.contains { $0["key"]?.stringValue == id && ($0["input_tokens"]?.intValue ?? 0) > 0 })
        #expect(usage.contains { $0["key"]?.stringValue == "local" })
        #expect(proxy.log.contains("\"path\":\"/v1/chat/completions\""))
        for text in [command, proxy.output, proxy.log] {
            for secret in ["planted-upstream-secret", key, "sk-any", "hello"] { #expect(!text.contains(secret)) }
        }
        await model.stop()
    }

    @Test("curl: 20 MB up and down, a stream line by line, an answer that the client leaves")
    func curl() async throws {
        let left = Departure()
        let server = try await self.upstream { request in
            guard request.target == "/stream" else {
                var count = 0
                for try await bytes in request.body { count += bytes.count }
                let length = count
                return HTTPServerResponse(
                    .ok, headers: ["X-Length": "\(length)"],
                    body: .streamOnLoop { writer in
                        let piece = [UInt8](repeating: 0x61, count: 65_536)
                        for _ in 0..<(length / piece.count) { try await writer.write(piece) }
                    })
            }
            return HTTPServerResponse(
                .ok, headers: ["Content-Type": "text/event-stream"],
                body: .streamOnLoop { writer in
                    defer { left.note() }
                    for number in 0..<1_000 {
                        try await writer.write("data: \(number)\n\n")
                        try await EventLoop.shared.sleep(for: .milliseconds(10))
                    }
                })
        }
        let proxy = try await ProxyProcess(upstream: self.url(server))
        let count = 20 << 20, file = proxy.directory.path + "/large"
        _ = try await Process.run(
            ProcessPlan(
                "/bin/sh", ["-c", "head -c \(count) /dev/zero > \(file)"], environment: ["PATH": "/usr/bin:/bin"]))
        // From a file with a length, from a pipe in chunks.
        for command in ["curl -T \(file)", "cat \(file) | curl -T -"] {
            let rest = "-sS -D - -o /dev/null -w '%{size_download}' \(proxy.base)/files"
            let result = try await Process.run(
                ProcessPlan("/bin/sh", ["-c", "\(command) \(rest)"], environment: ["PATH": "/usr/bin:/bin"]))
            #expect(
                result.text.contains("X-Length: \(count)") && result.text.hasSuffix("\(count)"), "\(result.errorText)")
        }
        let before = proxy.residentMemory
        #expect(before < 60, "\(before) MB after 20 MB in both ways")

        let cut = try await Process.run(
            ProcessPlan(
                "/bin/sh", ["-c", "curl -sSN \(proxy.base)/stream | head -n 5"],
                environment: ["PATH": "/usr/bin:/bin"]))
        #expect(cut.text.hasPrefix("data: 0\n"))
        try await left.wait()
        try await proxy.waitForLog("client_gone")
        #expect(try await proxy.terminate() == .exited(0))
        await server.stop()
    }

    @Test("a thousand streams at once within 60 MB; TERM cuts them after five seconds")
    func thousand() async throws {
        OpenFiles.raise()
        let opened = Departure()
        let server = try await self.upstream { _ in
            HTTPServerResponse(
                .ok, headers: ["Content-Type": "text/event-stream"],
                body: .streamOnLoop { writer in
                    try await writer.write("data: first\n\n")
                    try await opened.wait()
                    try await writer.write("data: second\n\n")
                    try await EventLoop.shared.sleep(for: .seconds(100))
                })
        }
        let proxy = try await ProxyProcess(upstream: self.url(server))
        var clients: [RawConnection] = []
        for _ in 0..<1_000 {
            let client = try await RawConnection(to: proxy.address)
            try await client.send("GET /events HTTP/1.1\r\nHost: proxy\r\n\r\n")
            clients.append(client)
        }
        for client in clients { _ = try await client.receive(through: "data: first\n\n") }
        opened.note()
        for client in clients { _ = try await client.receive(through: "data: second\n\n") }
        let memory = proxy.residentMemory
        #expect(memory <= 60, "\(memory) MB")
        let started = ContinuousClock.now
        #expect(try await proxy.terminate() == .exited(0))
        let took = ContinuousClock.now - started
        #expect(took > .seconds(4) && took < .seconds(8), "\(took)")
        for client in clients { client.close() }
        await server.stop()
    }

    @Test("keys: required where the configuration says so, limited, revoked")
    func keys() async throws {
        let server = try await self.upstream { _ in .text("in") }
        let proxy = try await ProxyProcess(
            upstream: self.url(server), configuration: "proxy: {require_key: true, requests_per_minute: 2}\n")
        #expect(try await self.curl("-w", "%{http_code}", "-o", "/dev/null", proxy.base).text == "401")
        let created = try JSON.parse(try await proxy.run("token", "create", "--scope", "proxy", "--json").output)
        let read = try JSON.parse(try await proxy.run("token", "create", "--scope", "read", "--json").output)
        let header = "Authorization: Bearer \(created["token"]?.stringValue ?? "")"
        let other = "Authorization: Bearer \(read["token"]?.stringValue ?? "")"
        #expect(try await self.curl("-w", "%{http_code}", "-o", "/dev/null", "-H", other, proxy.base).text == "401")
        for _ in 0..<2 { #expect(try await self.curl("-H", header, proxy.base).text == "in") }
        let limited = try await self.curl("-i", "-H", header, proxy.base)
        #expect(limited.text.contains(" 429 ") && limited.text.contains("Retry-After: "))
        #expect(try await proxy.terminate() == .exited(0))
        await server.stop()
    }

    @Test("without a token: status 1 and one line that says what to do; a wrong port or upstream: 78")
    func noToken() async throws {
        let directory = try TemporaryDirectory()
        let result = try await HostProcess.run(["proxy"], in: directory.path)
        #expect(result.status == .exited(1) && result.output.isEmpty)
        #expect(result.errorText.contains("COPILOT_TOKEN") && result.errorText.split(separator: "\n").count == 1)
        for wrong in [
            ["PROXY_PORT": "http"], ["JETBRIDGE_PROXY_UPSTREAM": "nowhere"],
            ["JETBRIDGE_PROXY_UPSTREAM": "http://api.example.org"],
        ] {
            let result = try await HostProcess.run(
                ["proxy"], in: directory.path, environment: wrong.merging(["COPILOT_TOKEN": "x"]) { $1 })
            #expect(result.status == .exited(78), "\(result.errorText)")
        }
    }

    @Test("below /proxy of the gateway, with a key, counted in the metrics")
    func mounted() async throws {
        let server = try await self.upstream { request in
            .json([
                "model": "m", "path": .string(request.target), "usage": ["prompt_tokens": 3, "completion_tokens": 4],
            ])
        }
        let host = try HostProcess(
            configuration:
                "gateway: {listen: \"127.0.0.1:0\"}\nproxy: {enabled: true, upstream: \"\(self.url(server))\"}\n"
        )
        try await host.start(environment: ["COPILOT_TOKEN": ProxyProcess.token])
        let base = "http://\(try #require(host.address))"
        let created = try JSON.parse(try await host.run(["token", "create", "--scope", "proxy", "--json"]).output)
        let header = "Authorization: Bearer \(created["token"]?.stringValue ?? "")"
        #expect(try await self.curl("-w", "%{http_code}", "-o", "/dev/null", base + "/proxy/x").text == "401")
        let answer = try await self.curl("-H", header, base + "/proxy/v1/models")
        #expect(answer.text.contains("\"path\":\"/models\""))
        let metrics = try await self.curl(base + "/metrics").text
        #expect(metrics.contains(#"jetbridge_model_tokens_total{direction="in",model="m"} 3"#))
        // The key is for the proxy, not for the API.
        #expect(
            try await self.curl("-w", "%{http_code}", "-o", "/dev/null", "-H", header, base + "/api/v1/threads").text
                == "403")
        #expect(await host.terminate() == .exited(0))
        #expect(!host.log.contains("planted"))
        await server.stop()
    }
}

private struct EveryRequest: HTTPDispatcher {
    let handler: @Net @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse

    func dispatch(_ head: RequestHead) -> HTTPDispatch { HTTPDispatch(.loop(self.handler)) }
}

/// Noted once, waited for by any number.
@Net
private final class Departure {
    private var isNoted = false
    private let changed = WaitList()

    nonisolated init() {}

    func note() {
        self.isNoted = true
        self.changed.wakeAll()
    }

    func wait() async throws {
        while !self.isNoted { try await self.changed.wait() }
    }
}

private enum OpenFiles {
    /// A thousand clients and a thousand requests at the upstream are all in this process.
    static func raise() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 16_384)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
