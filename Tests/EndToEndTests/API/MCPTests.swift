import EventLoop
import JSON
import Processes
import TestSupport
import Testing

/// Jetbridge as a server of the Model Context Protocol, with clients that others have made.
@Suite("Clients of the Model Context Protocol", .serialized, .timeLimit(.minutes(3)))
struct MCPTests {
    private struct Scene {
        let host: HostProcess
        let model: LoopbackModelServer
        let url: String
        let token: String

        static func make() async throws -> Scene {
            let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
            let host = try await HostProcess(
                configuration: HostConfiguration.web(model) + "approvals: {commands: ask}\n")
            try await host.start()
            let made = try await host.run(["token", "create", "--scope", "chat", "--json"])
            return Scene(
                host: host, model: model, url: "http://\(try #require(host.address))",
                token: try JSON.parse(made.text)["token"]?.stringValue ?? "")
        }

        /// `jetbridge mcp` as a command line.
        var command: [String] {
            [
                HostProcess.executable, "mcp", "--config", self.host.configurationPath, "--data-dir",
                self.host.dataPath,
            ]
        }

        /// Commands of a member that wait for an approval, each in a thread of its own.
        func asks(_ count: Int) async throws -> [String] {
            let pair = try JSON.parse(try await self.host.run(["pair", "--role", "member", "--json"]).output)
            let member = try await self.host.signIn(try #require(pair["code"]?.stringValue))
            for number in 1...count {
                _ = try await member.send("/run echo \(number)", to: try await member.newThread())
            }
            let client = GatewayClient(address: try #require(self.host.address), token: self.token)
            var ids: [String] = []
            while ids.count < count {
                let items = try await client.get("/api/v1/asks")["items"]?.arrayValue
                ids = items?.compactMap { $0["id"]?.stringValue } ?? []
                try await EventLoop.shared.sleep(for: .milliseconds(20))
            }
            return ids
        }

        func end() async {
            await expectEqual(self.host.terminate(), .exited(0))
            await self.model.stop()
        }
    }

    @Test(
        "the official SDKs of both generations list, ask, write, change and decide, over HTTP and standard input",
        arguments: [
            (PythonClients.mcp, "mcp_client", 4), (.mcpLegacy, "mcp_legacy_client", 2),
        ])
    func sdk(clients: PythonClients, script: String, count: Int) async throws {
        let scene = try await Scene.make()
        let command = JSON.array(scene.command.map { .string($0) }).text
        let result = try await clients.run(
            script: "Tests/EndToEndTests/API/judges/\(script).py",
            [scene.url, scene.token, command] + (try await scene.asks(count)))
        #expect(
            result.status == .exited(0) && result.text == "mcp: \(count) clients\n",
            "\(result.text) \(result.errorText.suffix(6_000))")
        // What the command had made for itself is gone.
        let tokens = try await scene.host.run(["token", "list"])
        #expect(!tokens.text.contains("jetbridge mcp"), "\(tokens.text)")
        await scene.end()
    }

    @Test("without a host it starts all the same, says what to do, and ends with its input")
    func alone() async throws {
        let directory = try TemporaryDirectory()
        let input = """
            {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}
            {"jsonrpc":"2.0","method":"notifications/initialized"}
            {"jsonrpc":"2.0","id":1,"method":"tools/list"}
            {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"threads_list"}}
            no message

            """
        let result = try await HostProcess.run(
            ["mcp", "--data-dir", directory.path + "/data"], in: directory.path, input: input)
        expectEqual(result.status, .exited(0), result.errorText)
        let answers = try result.text.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
        expectEqual(answers.count, 4, result.text)
        func answer(_ id: JSON) -> JSON? { answers.first { $0["id"] == id } }
        expectEqual(answer(0)?["result"]?["serverInfo"]?["name"], "jetbridge")
        expectEqual(answer(1)?["result"]?["tools"]?.arrayValue?.count, 14)
        expectEqual(answer(2)?["result"]?["isError"], true)
        let text = answer(2)?["result"]?["content"]?[0]?["text"]?.stringValue ?? ""
        #expect(text.hasPrefix("No host serves ") && text.contains("`jetbridge serve`"))
        expectEqual(answer(.null)?["error"]?["code"], -32_700)
    }

    @Test("GitHub's Copilot CLI asks, reads a document and finishes a task", .enabled(if: !RealCopilotCLI.isSkipped))
    func copilot() async throws {
        let scene = try await Scene.make()
        let cli = try RealCopilotCLI()
        let client = GatewayClient(address: try #require(scene.host.address), token: scene.token)
        let opened = try await client.post("/api/v1/tasks", ["text": "Say hello"])
        let task = try #require(opened["id"]?.stringValue)

        let model = try await LoopbackModelServer.started(behaviors: ["agent": .answer("Everything is done.")])
        let calls: [(String, JSON)] = [
            ("thread_post", ["text": "Hello from Copilot"]),
            ("document_read", ["path": "docs/TASKS.md", "repository": "notes", "branch": "main"]),
            ("task_change", ["repository": "notes", "task_id": .string(task), "state": "done"]),
        ]
        for (name, arguments) in calls {
            model.enqueue(.toolCall(name: "jetbridge-\(name)", arguments: arguments.text))
        }
        let server: JSON = [
            "type": "local", "command": .string(scene.command[0]), "tools": ["*"],
            "args": .array(scene.command.dropFirst().map { .string($0) }),
        ]
        let configuration: JSON = ["mcpServers": ["jetbridge": server]]
        let home = scene.host.directory.path + "/copilot-home"
        try RealGit("/").shell("mkdir -p \(home)")
        let result = try await Process.run(
            .tied(
                cli.executable,
                [
                    "-p", "Do it.", "--allow-all-tools", "--disable-builtin-mcps", "--additional-mcp-config",
                    configuration.text,
                ],
                environment: [
                    "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "COPILOT_HOME": home,
                    "COPILOT_CACHE_HOME": cli.cache, "COPILOT_OFFLINE": "true", "COPILOT_MODEL": "agent",
                    "COPILOT_PROVIDER_BASE_URL": model.baseURL, "COPILOT_PROVIDER_API_KEY": "sk-test",
                    "COPILOT_AUTO_UPDATE": "false", "COPILOT_DISABLE_KEYTAR": "1", "NO_COLOR": "1",
                ], directory: home))
        expectEqual(result.status, .exited(0), result.text + result.errorText)
        let results = model.requests.last?.messages.filter { $0.role == "tool" }.map(\.text) ?? []
        #expect(results.count == 3, "\(results)")
        #expect(results.first?.contains("You said: Hello from Copilot") == true, "\(results)")
        #expect(results.dropFirst().first?.contains("Say hello") == true, "\(results)")
        #expect(results.last?.contains("[done] Say hello") == true, "\(results)")
        let done = try await client.get("/api/v1/tasks/notes/\(task)")
        expectEqual(done["state"], "done")
        await model.stop()
        await scene.end()
    }
}
