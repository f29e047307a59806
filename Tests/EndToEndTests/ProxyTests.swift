import EventLoop
import Glibc
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Primitives
import Processes
import TestSupport
import Testing

/// `jetbridge proxy` with the clients that people use.
@Suite("The proxy", .serialized, .timeLimit(.minutes(2)))
@Net
struct ProxyTests {
    /// Runs one of the scripts in `proxy/`; it prints `ok` at its end.
    private func script(_ name: String, _ arguments: String..., directory: String) async throws {
        let result = try await PythonClients.models.run(
            script: "Tests/EndToEndTests/proxy/" + name, arguments, environment: ["HOME": directory])
        expectEqual(result.status, .exited(0), "\(result.text)\(result.errorText)")
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

    @Test(
        "the official OpenAI and Anthropic clients and LiteLLM; tokens are counted by key; no secret appears anywhere")
    func clients() async throws {
        let model = try await LoopbackModelServer.started(apiKey: ProxyProcess.token)
        // The upstream without its path: the proxy finds out that this one serves OpenAI's API below /v1.
        let proxy = try await ProxyProcess(upstream: "http://127.0.0.1:\(model.port)")
        let created = try JSON.parse(try await proxy.run("token", "create", "--scope", "proxy", "--json").output)
        let key = try #require(created["token"]?.stringValue)
        try await self.script("openai_client.py", proxy.base + "/v1", key, directory: proxy.directory.path)
        try await self.script("anthropic_client.py", proxy.base, key, directory: proxy.directory.path)
        try await self.script("litellm_client.py", proxy.base + "/v1", "sk-any", directory: proxy.directory.path)

        let command = proxy.commandLine
        try await expectEqual(proxy.terminate(), .exited(0))
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

    @Test("curl: 20 MB up and down, a stream line by line, a client that disconnects")
    func curl() async throws {
        let left = Gate(isOpen: false)
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
                    defer { left.setOpen(true) }
                    for number in 0..<1_000 {
                        try await writer.write("data: \(number)\n\n")
                        try await EventLoop.shared.sleep(for: .milliseconds(10))
                    }
                })
        }
        let proxy = try await ProxyProcess(upstream: server.loopbackURL)
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
        #expect(before < 60, "\(before) MB after 20 MB in both directions")

        let cut = try await Process.run(
            ProcessPlan(
                "/bin/sh", ["-c", "curl -sSN \(proxy.base)/stream | head -n 5"],
                environment: ["PATH": "/usr/bin:/bin"]))
        #expect(cut.text.hasPrefix("data: 0\n"))
        await left.pass()
        try await proxy.waitForLog("client_gone")
        try await expectEqual(proxy.terminate(), .exited(0))
        await server.stop()
    }

    @Test("a thousand streams at once within 60 MB; TERM ends them after five seconds")
    func thousand() async throws {
        OpenFiles.raise()
        let opened = Gate(isOpen: false)
        let server = try await self.upstream { _ in
            HTTPServerResponse(
                .ok, headers: ["Content-Type": "text/event-stream"],
                body: .streamOnLoop { writer in
                    try await writer.write("data: first\n\n")
                    await opened.pass()
                    try await writer.write("data: second\n\n")
                    try await EventLoop.shared.sleep(for: .seconds(100))
                })
        }
        let proxy = try await ProxyProcess(upstream: server.loopbackURL)
        var clients: [RawConnection] = []
        for _ in 0..<1_000 {
            let client = try await RawConnection(to: proxy.address)
            try await client.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            clients.append(client)
        }
        for client in clients { _ = try await client.receive(through: "data: first\n\n") }
        opened.setOpen(true)
        for client in clients { _ = try await client.receive(through: "data: second\n\n") }
        let memory = proxy.residentMemory
        #expect(memory <= 60, "\(memory) MB")
        let started = ContinuousClock.now
        try await expectEqual(proxy.terminate(), .exited(0))
        #expect(ContinuousClock.now - started > .seconds(4))
        for client in clients { client.close() }
        await server.stop()
    }

    @Test("200 clients that leave before they are read leave no descriptor; the configured editor is sent upstream")
    func leaving() async throws {
        let editors = Protected<Set<String>>([])
        let server = try await self.upstream { request in
            if let editor = request.headers["editor-version"] { _ = editors.withLock { $0.insert(editor) } }
            if request.target != "/known" { try await EventLoop.shared.sleep(for: .seconds(100)) }
            return .text("known")
        }
        let proxy = try await ProxyProcess(
            upstream: server.loopbackURL, configuration: "copilot: {editor_version: neovim/0.9.1}\n")
        try await expectEqual(self.curl(proxy.base + "/known").text, "known")
        let before = proxy.openDescriptors
        // While it is stopped, requests and ends arrive together.
        proxy.signal(SIGSTOP)
        for _ in 0..<200 {
            let client = try await RawConnection(to: proxy.address)
            try await client.send("GET /gone HTTP/1.1\r\nHost: localhost\r\n\r\n")
            client.close()
        }
        proxy.signal(SIGCONT)
        // Connections are accepted in order, so those before this one have been read.
        for _ in 0..<2 { try await expectEqual(self.curl(proxy.base + "/known").text, "known") }
        let after = proxy.openDescriptors
        #expect(after <= before + 10, "\(before) descriptors, then \(after)")
        try await expectEqual(proxy.terminate(), .exited(0))
        expectEqual(editors.withLock { $0 }, ["neovim/0.9.1"])
        await server.stop()
    }

    @Test("keys: required if configured, limited, revoked")
    func keys() async throws {
        let server = try await self.upstream { _ in .text("in") }
        let proxy = try await ProxyProcess(
            upstream: server.loopbackURL, configuration: "proxy: {require_key: true, requests_per_minute: 2}\n")
        try await expectEqual(self.curl("-w", "%{http_code}", "-o", "/dev/null", proxy.base).text, "401")
        let created = try JSON.parse(try await proxy.run("token", "create", "--scope", "proxy", "--json").output)
        let read = try JSON.parse(try await proxy.run("token", "create", "--scope", "read", "--json").output)
        let header = "Authorization: Bearer \(created["token"]?.stringValue ?? "")"
        let other = "Authorization: Bearer \(read["token"]?.stringValue ?? "")"
        try await expectEqual(self.curl("-w", "%{http_code}", "-o", "/dev/null", "-H", other, proxy.base).text, "401")
        for _ in 0..<2 { try await expectEqual(self.curl("-H", header, proxy.base).text, "in") }
        let limited = try await self.curl("-i", "-H", header, proxy.base)
        #expect(limited.text.contains(" 429 ") && limited.text.contains("Retry-After: "))
        try await expectEqual(proxy.terminate(), .exited(0))
        await server.stop()
    }

    @Test("without a token: status 1 and one line that says what to do; with a wrong port or upstream: 78")
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
            expectEqual(result.status, .exited(78), "\(result.errorText)")
        }
    }

    @Test(
        "a GitHub token in COPILOT_TOKEN is refused with the reason and the remedy",
        arguments: [
            ("ghp_", "jetbridge login"), ("ghr_", "jetbridge login"), ("gho_", "COPILOT_GITHUB_TOKEN"),
            ("github_pat_", "copilot-cli"),
        ])
    func gitHubToken(prefix: String, remedy: String) async throws {
        let directory = try TemporaryDirectory()
        let result = try await HostProcess.run(
            ["proxy"], in: directory.path,
            environment: ["COPILOT_TOKEN": prefix + "planted0000000000000000000000", "PROXY_PORT": "0"])
        #expect(result.status == .exited(1) && result.output.isEmpty)
        #expect(result.errorText.contains(prefix) && result.errorText.contains(remedy), "\(result.errorText)")
        #expect(!result.errorText.contains("planted") && result.errorText.split(separator: "\n").count == 1)
    }

    @Test("below /proxy of the gateway, with a key and metrics")
    func mounted() async throws {
        let server = try await self.upstream { request in
            .json([
                "model": "m", "path": .string(request.target), "usage": ["prompt_tokens": 3, "completion_tokens": 4],
            ])
        }
        let host = try HostProcess(
            configuration:
                "gateway: {listen: \"127.0.0.1:0\"}\nproxy: {enabled: true, upstream: \"\(server.loopbackURL)\"}\n"
        )
        try await host.start(environment: ["COPILOT_TOKEN": ProxyProcess.token])
        let base = "http://\(try #require(host.address))"
        let created = try JSON.parse(try await host.run(["token", "create", "--scope", "proxy", "--json"]).output)
        let header = "Authorization: Bearer \(created["token"]?.stringValue ?? "")"
        try await expectEqual(self.curl("-w", "%{http_code}", "-o", "/dev/null", base + "/proxy/x").text, "401")
        let answer = try await self.curl("-H", header, base + "/proxy/v1/models")
        #expect(answer.text.contains("\"path\":\"/models\""))
        let metrics = try await self.curl(base + "/metrics").text
        #expect(metrics.contains(#"jetbridge_model_tokens_total{direction="in",model="m"} 3"#))
        // The key is valid for the proxy, not for the API.
        try await expectEqual(
            self.curl("-w", "%{http_code}", "-o", "/dev/null", "-H", header, base + "/api/v1/threads").text, "403")
        await expectEqual(host.terminate(), .exited(0))
        #expect(!host.log.contains("planted"))
        await server.stop()
    }
}

private struct EveryRequest: HTTPDispatcher {
    let handler: @Net @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse

    func dispatch(_ head: RequestHead) -> HTTPDispatch { HTTPDispatch(.loop(self.handler)) }
}

private enum OpenFiles {
    /// A thousand clients and a thousand upstream requests are all in this process.
    static func raise() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 16_384)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
