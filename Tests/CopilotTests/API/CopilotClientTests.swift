import Copilot
import HTTP
import HTTPClient
import JSON
import Logging
import Models
import Primitives
import TestSupport
import Testing

@Suite("The client of the Copilot API, over scripted bytes", .timeLimit(.minutes(1)))
struct CopilotClientTests {
    private typealias Answer = ScriptedTransport.Answer

    private func client(
        _ transport: RoutedTransport, _ source: FakeTokenSource, clock: ManualClock = ManualClock(), tries: Int = 5,
        knowsGitHub: Bool = true
    ) throws -> CopilotClient {
        let settings = CopilotSettings(
            integrationID: "vscode-chat", editorVersion: "vscode/1.2.3", pluginVersion: "jetbridge/9",
            gitHubAPIURL: try HTTPURL("https://api.example.org"), defaultModel: "gpt-4.1",
            exchange: ExchangeSettings(retry: RetryPolicy(maximumTries: tries)))
        return CopilotClient(
            settings, source: source, gitHub: knowsGitHub ? source : nil, transport: transport,
            clock: ModelClock(clock),
            jitter: { 1 }, logger: Logger(label: "test"))
    }

    private func read(
        _ client: CopilotClient, _ request: ModelRequest = ModelRequest(messages: [ModelMessage(.user, "Hi")])
    ) async throws -> [ModelEvent] {
        var events: [ModelEvent] = []
        for try await event in client.stream(request) { events.append(event) }
        return events
    }

    private static let models = Answer.refusal(200, CopilotModelFixtures.list.text, headers: ["ETag": "\"1\""])

    @Test("a chat goes to the token's address, with the required headers")
    func request() async throws {
        let transport = RoutedTransport(chats: [.ok])
        let source = try FakeTokenSource("https://api.business.example.org")
        try await expectEqual(self.read(self.client(transport, source)), [.delta("ok"), .finished(.stop)])
        let request = try #require(transport.chats.first)
        expectEqual(request.url.description, "https://api.business.example.org/chat/completions")
        let expected = [
            "authorization": "Bearer token-1", "copilot-integration-id": "vscode-chat",
            "editor-version": "vscode/1.2.3",
            "editor-plugin-version": "jetbridge/9", "content-type": "application/json", "x-initiator": "user",
            "openai-intent": "conversation-panel", "x-github-api-version": "2025-05-01",
        ]
        for (name, value) in expected { expectEqual(request.headers[name], value, "\(name)") }
        expectEqual(request.headers["x-request-id"]?.utf8.count, 36)
    }

    @Test(
        "the initiator is the one who caused the request",
        arguments: [
            (ModelRequest(messages: [ModelMessage(.user, "Hi")]), "user"),
            (ModelRequest(messages: [ModelMessage(.user, "Hi")], purpose: .specification), "user"),
            (ModelRequest(messages: [ModelMessage(.user, "Hi")], purpose: .summary), "agent"),
            (ModelRequest(messages: [ModelMessage(.tool, "42", toolCallID: "a")]), "agent"),
            (ModelRequest(messages: [ModelMessage(.user, "Hi")], initiator: .agent), "agent"),
        ])
    func initiator(request: ModelRequest, value: String) async throws {
        let transport = RoutedTransport(chats: [.ok])
        _ = try await self.read(self.client(transport, FakeTokenSource()), request)
        expectEqual(transport.chats.first?.headers["x-initiator"], value)
    }

    @Test("a refused token is replaced once, and the same request is sent again", arguments: [401, 403])
    func replacesToken(status: Int) async throws {
        let transport = RoutedTransport(chats: [.refusal(status, "unauthorized: token expired"), .ok])
        let source = try FakeTokenSource()
        try await expectEqual(self.read(self.client(transport, source)).count, 2)
        expectEqual(source.rejected, ["token-1"])
        expectEqual(transport.chats.map { $0.headers["authorization"] }, ["Bearer token-1", "Bearer token-2"])
        expectEqual(transport.chats.map { $0.headers["x-initiator"] }, ["user", "user"])
        expectEqual(transport.chats[0].body, transport.chats[1].body)
    }

    @Test("a second refusal is reported with what to do, without further requests", arguments: [401, 403])
    func secondRefusal(status: Int) async throws {
        let transport = RoutedTransport(chats: [.refusal(status, "unauthorized: token expired")])
        let source = try FakeTokenSource()
        let client = try self.client(transport, source)
        let error = await #expect(throws: ModelError.self) { try await self.read(client) }
        expectEqual(error?.code, .unauthorized)
        expectEqual(error?.message.contains(status == 401 ? "jetbridge login" : "github.com/settings/copilot"), true)
        #expect(transport.chats.count == 2 && source.rejected.count == 1)
    }

    @Test("people see the sign-in's error")
    func signIn() async throws {
        let transport = RoutedTransport(chats: [.ok])
        let source = try FakeTokenSource(
            error: ModelError(.unauthorized, "Nobody is signed in; run `jetbridge login`."))
        let client = try self.client(transport, source)
        let error = await #expect(throws: ModelError.self) { try await self.read(client) }
        expectEqual(error?.message, "Nobody is signed in; run `jetbridge login`.")
        #expect(transport.chats.isEmpty)
    }

    @Test("our retries have the initiator agent, and wait as long as the API asks")
    func repeats() async throws {
        let clock = ManualClock()
        let transport = RoutedTransport(chats: [.refusal(429, "", headers: ["Retry-After": "7"]), .ok])
        let client = try self.client(transport, FakeTokenSource(), clock: clock)
        async let events = self.read(client)
        await clock.sleepers(1)
        clock.advance(by: .seconds(7))
        try await expectEqual(events.count, 3)
        expectEqual(transport.chats.map { $0.headers["x-initiator"] }, ["user", "agent"])
    }

    @Test("a model with only the responses endpoint is called there")
    func responses() async throws {
        let answer = Answer.events(
            #"{"type":"response.output_text.delta","output_index":0,"delta":"ok"}"#,
            #"{"type":"response.completed","response":{"usage":{"input_tokens":3,"output_tokens":1}}}"#)
        let transport = RoutedTransport(["/models": [Self.models], "/responses": [answer]])
        let client = try self.client(transport, FakeTokenSource())
        let request = ModelRequest(model: "gpt-5-codex", messages: [ModelMessage(.user, "Hi")], outputLimit: 50)
        try await expectEqual(
            self.read(client, request),
            [
                .delta("ok"), .usage(TokenUsage(input: 3, output: 1)), .finished(.stop),
            ])
        let body = try JSON.parse(try #require(transport.requests(to: "/responses").first?.body))
        expectEqual(body["input"]?[0]?["content"]?[0]?["text"]?.stringValue, "Hi")
        #expect(body["store"]?.boolValue == false && body["max_output_tokens"]?.intValue == 50)
    }

    @Test("a model that moved to another endpoint is found there after reloading the list once")
    func moved() async throws {
        let before = CopilotModelFixtures.model("m", name: "M", version: "1", multiplier: 1)
        let after = CopilotModelFixtures.model("m", name: "M", version: "1", multiplier: 1, endpoints: ["/responses"])
        let transport = RoutedTransport([
            "/models": [before, after].map { .refusal(200, JSON(["data": [$0]]).text) },
            "/chat/completions": [.refusal(400, #"{"error":{"code":"unsupported_api_for_model","message":"no"}}"#)],
            "/responses": [.events(#"{"type":"response.completed","response":{"output":[]}}"#)],
        ])
        let client = try self.client(transport, FakeTokenSource())
        let request = ModelRequest(model: "m", messages: [ModelMessage(.user, "Hi")])
        try await expectEqual(self.read(client, request), [.finished(.stop)])
        expectEqual(transport.requests(to: "/models").count, 2)
    }

    @Test("a model that the account lacks is reported after reloading the list once")
    func unknownModel() async throws {
        let transport = RoutedTransport([
            "/models": [Self.models],
            "/chat/completions": [.refusal(400, #"{"error":{"code":"model_not_supported","message":"no"}}"#)],
        ])
        let client = try self.client(transport, FakeTokenSource())
        let error = await #expect(throws: ModelError.self) { try await self.read(client) }
        #expect(error?.code == .unknownModel && error?.message.contains("“gpt-4.1”") == true)
        #expect(transport.chats.count == 1 && transport.requests(to: "/models").count == 2)
    }

    @Test("refused parameters are omitted for that model from then on")
    func adaptation() async throws {
        let refusal = #"{"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'."}}"#
        let transport = RoutedTransport(chats: [.refusal(400, refusal), .ok])
        let client = try self.client(transport, FakeTokenSource())
        let request = ModelRequest(model: "gpt-5", messages: [ModelMessage(.user, "Hi")], outputLimit: 9)
        _ = try await self.read(client, request)
        _ = try await self.read(client, request)
        let other = ModelRequest(model: "gpt-4.1", messages: [ModelMessage(.user, "Hi")], outputLimit: 9)
        _ = try await self.read(client, other)
        let bodies = try transport.chats.map { try JSON.parse($0.body ?? []) }
        expectEqual(bodies.map { $0["max_tokens"]?.intValue }, [9, nil, nil, 9])
        expectEqual(bodies.map { $0["max_completion_tokens"]?.intValue }, [nil, 9, 9, nil])
    }

    @Test("tools and their results are sent in OpenAI's form")
    func tools() async throws {
        let transport = RoutedTransport(chats: [.ok])
        let tool = ModelTool(name: "add", description: "Adds.", parameters: ["type": "object"])
        let messages = [
            ModelMessage(.user, "1+1"),
            ModelMessage(.assistant, "", toolCalls: [ToolCall(id: "a", name: "add", arguments: "{}")]),
            ModelMessage(.tool, "2", toolCallID: "a"),
        ]
        _ = try await self.read(
            self.client(transport, FakeTokenSource()), ModelRequest(messages: messages, tools: [tool]))
        let body = try JSON.parse(try #require(transport.chats.first?.body))
        expectEqual(
            body["tools"],
            [
                [
                    "type": "function",
                    "function": ["name": "add", "description": "Adds.", "parameters": ["type": "object"]],
                ]
            ])
        expectEqual(
            body["messages"],
            [
                ["role": "user", "content": "1+1"],
                [
                    "role": "assistant", "content": "",
                    "tool_calls": [["id": "a", "type": "function", "function": ["name": "add", "arguments": "{}"]]],
                ],
                ["role": "tool", "content": "2", "tool_call_id": "a"],
            ])
    }

    @Test("an error in the middle of an answer is reported as that error")
    func errorInAnswer() async throws {
        let transport = RoutedTransport(chats: [
            .events(
                Answer.text("half"), #"{"error":{"message":"The engine is overloaded.","code":"model_overloaded"}}"#)
        ])
        let client = try self.client(transport, FakeTokenSource())
        let error = await #expect(throws: ModelError.self) { try await self.read(client) }
        #expect(error?.code == .interrupted && error?.cause == "The engine is overloaded")
        expectEqual(error?.message, "Copilot ended the answer with an error: “The engine is overloaded”.")
    }

    @Test("the quota comes from GitHub with the sign-in, and later responses update it")
    func quota() async throws {
        let user = #"""
            {"login":"octo","copilot_plan":"individual","quota_reset_date":"2026-12-01","quota_snapshots":{
            "premium_interactions":{"entitlement":300,"remaining":228,"quota_remaining":228.5,"percent_remaining":76.2,
            "unlimited":false},"chat":{"unlimited":true,"entitlement":0}}}
            """#
        var chat = Answer.ok
        chat.headers["x-quota-snapshot-premium_interactions"] = "ent=300&ov=0.0&ovPerm=false&rem=50.0&rst=2026-12-01"
        let transport = RoutedTransport(["/copilot_internal/user": [.refusal(200, user)], "/chat/completions": [chat]])
        let client = try self.client(transport, FakeTokenSource())
        let quota = try #require(try await client.quota())
        #expect(quota.user == "octo" && quota.plan == "individual")
        expectEqual(
            quota.lines,
            [
                "credits: 228.5 of 300 left (76.2 %), resets on 2026-12-01", "chat messages: unlimited",
            ])
        let request = try #require(transport.requests(to: "/user").first)
        expectEqual(request.url.description, "https://api.example.org/copilot_internal/user")
        expectEqual(request.headers["authorization"], "token gho_signed_in")
        _ = try await self.read(client)
        try await expectEqual(client.quota()?.lines.first, "credits: 150 of 300 left (50 %), resets on 2026-12-01")
        expectEqual(transport.requests(to: "/user").count, 1)
    }

    @Test("without GitHub the quota comes from responses only")
    func quotaWithoutGitHub() async throws {
        let client = try self.client(RoutedTransport(chats: [.ok]), FakeTokenSource(), knowsGitHub: false)
        try await expectEqual(client.quota(), nil)
    }
}
