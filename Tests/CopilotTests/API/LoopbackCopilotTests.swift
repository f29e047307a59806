import Chat
import Copilot
import HTTP
import HTTPClient
import JSON
import Logging
import Models
import Primitives
import TestSupport
import Testing

@Suite("The client of the Copilot API, over sockets", .timeLimit(.minutes(1)))
struct LoopbackCopilotTests {
    private struct Outcome {
        var text = ""
        var events: [ModelEvent] = []
        var error: ModelError?
    }

    /// Runs `body` with a server and its client, whose tokens live for a number of requests.
    private func with(
        credits: Double? = nil, tokens: ShortTokens? = nil, idleTimeout: Duration = .seconds(20),
        clock: ModelClock = .continuous, _ body: (LoopbackCopilot, CopilotClient) async throws -> Void
    ) async throws {
        let tokens = tokens ?? ShortTokens(uses: .max)
        let server = try await LoopbackCopilot.started(credits: credits) { tokens.isLive($0) }
        tokens.serve(try HTTPURL(server.apiURL))
        let settings = CopilotSettings(
            gitHubAPIURL: try HTTPURL(server.apiURL), defaultModel: "gpt-4.1",
            exchange: ExchangeSettings(
                idleTimeout: idleTimeout,
                retry: RetryPolicy(maximumTries: 3, baseDelay: .milliseconds(5), maximumDelay: .milliseconds(20))))
        let client = CopilotClient(
            settings, source: tokens, transport: HTTPClient(HTTPClientSettings()), clock: clock,
            logger: Logger(label: "test"))
        do {
            try await body(server, client)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func ask(
        _ client: CopilotClient, _ text: String = "Hi", model: String? = nil, limit: Int? = nil
    ) async -> Outcome {
        var outcome = Outcome()
        let request = ModelRequest(model: model, messages: [ModelMessage(.user, text)], outputLimit: limit)
        do {
            for try await event in client.stream(request) {
                if case .delta(let text) = event { outcome.text += text }
                outcome.events.append(event)
            }
        } catch {
            outcome.error = error as? ModelError
        }
        return outcome
    }

    private static let image = ModelImage(
        SentImage(file: "1", name: "a.png", mediaType: "image/png", size: 3, width: 2, height: 1), bytes: [1, 2, 3])

    @Test(
        "images go with the header that the API wants, also when they are old, and to models with vision only",
        arguments: [("gpt-4.1", 1), ("gpt-5-codex", 1), ("claude-sonnet-4.5", 1), ("gpt-5-mini", 0)])
    func images(model: String, images: Int) async throws {
        try await self.with { server, client in
            let request = ModelRequest(
                model: model,
                messages: [
                    ModelMessage(.user, "What is it?", images: [Self.image]), ModelMessage(.assistant, "A dot."),
                    ModelMessage(.user, "And now?"),
                ])
            var text = ""
            for try await event in client.stream(request) { if case .delta(let piece) = event { text += piece } }
            expectEqual(text, "You said: And now?")
            let last = server.requests.last { $0.path != "/models" }
            #expect(last?.status == 200 && last?.images == images)
            // What the list says is what the API does.
            let info = try await client.models().first { $0.id == model }
            expectEqual(info?.images?.count ?? 0 > 0, images > 0)
        }
    }

    @Test("parallel calls are asked for where the model lists them", arguments: ["gpt-4.1", "gpt-5-codex"])
    func parallelCalls(model: String) async throws {
        try await self.with { server, client in
            try await expectEqual(client.models().first { $0.id == model }?.supportsParallelCalls, true)
            var request = ModelRequest(
                model: model, messages: [ModelMessage(.user, "Hi")],
                tools: [ModelTool(name: "f", description: "", parameters: ["type": "object"])])
            for isAsked in [false, true] {
                request.callsInParallel = isAsked
                for try await _ in client.stream(request) {}
                expectEqual(server.requests.last?.members.contains("parallel_tool_calls"), isAsked)
            }
        }
    }

    @Test("models, a chat through either endpoint, and the cost of both")
    func answers() async throws {
        try await self.with(credits: 10) { server, client in
            try await expectEqual(client.models().count, 5)
            for (model, path) in [("gpt-4.1", "/chat/completions"), ("gpt-5-codex", "/responses")] {
                let outcome = await self.ask(client, "Grüße 👋", model: model)
                expectEqual(outcome.text, "You said: Grüße 👋", "\(String(describing: outcome.error))")
                expectEqual(outcome.events.last, .finished(.stop))
                expectEqual(server.requests(to: path).map(\.status), [200])
            }
            expectEqual(server.credits, 9)
            try await expectEqual(client.quota()?.lines.first?.hasPrefix("credits: 9 of 300 left (3 %)"), true)
            try await client.check()
            expectEqual(server.requests(to: "/models").count, 1)
        }
    }

    @Test("the list is requested with its ETag")
    func etag() async throws {
        let clock = ManualClock()
        try await self.with(clock: ModelClock(clock)) { server, client in
            let first = try await client.models()
            clock.advance(by: .milliseconds(1100))
            try await expectEqual(client.models(), first)
            expectEqual(server.requests(to: "/models").map(\.status), [200, 304])
            server.setModels(["data": [CopilotModelFixtures.model("m", name: "M", version: "1", multiplier: 0)]])
            clock.advance(by: .milliseconds(1100))
            try await expectEqual(client.models().map(\.id), ["m"])
        }
    }

    @Test("answers in every form, through either endpoint", arguments: ["gpt-4.1", "gpt-5-codex"])
    func forms(model: String) async throws {
        try await self.with { server, client in
            server.enqueue(
                .finish("cut", reason: "length"), .finish("cut", reason: "content_filter"),
                .toolCall(name: "f", arguments: #"{"a":1}"#), .reasoning("hm", answer: "thought"))
            await expectEqual(self.ask(client, model: model).events.last, .finished(.length))
            await expectEqual(self.ask(client, model: model).events.last, .finished(.contentFilter))
            let call = await self.ask(client, model: model)
            let isCall = call.events.contains {
                if case .toolCall(let it) = $0 { it.name == "f" && it.arguments == #"{"a":1}"# } else { false }
            }
            #expect(isCall && call.events.last == .finished(.toolCalls))
            let thought = await self.ask(client, model: model)
            #expect(thought.text == "thought" && thought.events.first == .reasoning("hm"))
        }
    }

    @Test(
        "a call goes back with its result, through either endpoint; without one the endpoint refuses",
        arguments: ["gpt-4.1", "gpt-5-codex"])
    func toolRound(model: String) async throws {
        try await self.with { server, client in
            let call = ToolCall(id: "c1", name: "f", arguments: "{}")
            let begun = [ModelMessage(.user, "Hi"), ModelMessage(.assistant, "", toolCalls: [call])]
            let result = [ModelMessage(.tool, "42", toolCallID: "c1")]
            let text = try await self.continuation(of: begun + result, by: client, model: model)
            expectEqual(text, "The tool said: 42")
            let missing = begun + [ModelMessage(.user, "Well?")]
            await #expect(throws: ModelError.self) {
                try await self.continuation(of: missing, by: client, model: model)
            }
        }
    }

    private func continuation(
        of messages: [ModelMessage], by client: CopilotClient, model: String
    ) async throws -> String {
        let tool = ModelTool(name: "f", description: "F.", parameters: ["type": "object"])
        var text = ""
        for try await event in client.stream(ModelRequest(model: model, messages: messages, tools: [tool])) {
            if case .delta(let piece) = event { text += piece }
        }
        return text
    }

    @Test("failures are reported by kind, through either endpoint", arguments: ["gpt-4.1", "gpt-5-codex"])
    func faults(model: String) async throws {
        try await self.with { server, client in
            server.enqueue(
                .drop(after: "half an answer"), .errorInStream(after: "half an answer", message: "Engine stopped."))
            let dropped = await self.ask(client, model: model)
            #expect(dropped.error?.code == .interrupted && dropped.text == "half an answer")
            await expectEqual(self.ask(client, model: model).error?.cause, "Engine stopped")
        }
    }

    @Test("a silent server times out, through either endpoint", arguments: ["gpt-4.1", "gpt-5-codex"])
    func silence(model: String) async throws {
        try await self.with(idleTimeout: .milliseconds(300)) { server, client in
            server.enqueue(.stall(after: "half an answer"), .silence)
            await expectEqual(self.ask(client, model: model).error?.code, .timedOut)
            await expectEqual(self.ask(client, model: model).error?.code, .timedOut)
        }
    }

    @Test("limits and quotas")
    func refusals() async throws {
        try await self.with(credits: 1) { server, client in
            await expectEqual(self.ask(client, model: "claude-sonnet-4.5").error, nil)
            let broke = await self.ask(client, model: "claude-sonnet-4.5")
            expectEqual(broke.error?.status, 402)
            await expectEqual(self.ask(client, model: "gpt-4.1").error, nil)
            server.enqueue(.refusal(status: 429, code: "user_model_rate_limited", message: "slow", retryAfter: "0"))
            await expectEqual(self.ask(client).events.first.map { if case .waiting = $0 { true } else { false } }, true)
            await expectEqual(self.ask(client, model: "nobody").error?.code, .unknownModel)
            let long = await self.ask(client, String(repeating: "word ", count: 60_000))
            #expect(long.error?.code == .tooLong && long.error?.inputLimit == 64_000)
            server.refuseNext(status: 502, text: "bad gateway")
            await expectEqual(self.ask(client).error, nil)
            server.credits = 1
            await expectEqual(self.ask(client, model: "gpt-5-mini", limit: 50).error, nil)
        }
    }

    @Test("short-lived tokens do not fail any turn")
    func shortTokens() async throws {
        let tokens = ShortTokens(uses: 3)
        try await self.with(tokens: tokens) { server, client in
            for number in 0..<60 {
                let outcome = await self.ask(client, "number \(number)")
                expectEqual(outcome.text, "You said: number \(number)", "\(String(describing: outcome.error))")
            }
            #expect(tokens.exchanges >= 20)
            #expect(server.requests.allSatisfy { $0.status == 200 || $0.status == 401 })
        }
    }

    @Test("twenty simultaneous requests share one refusal")
    func parallel() async throws {
        let tokens = ShortTokens(uses: .max)
        try await self.with(tokens: tokens) { _, client in
            _ = try await client.models()
            tokens.revoke()
            let failures = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<20 { group.addTask { await self.ask(client, "\(number)").error != nil } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(failures == 0 && tokens.exchanges == 2)
        }
    }

    @Test("cancelling ends the request at the server", arguments: ["gpt-4.1", "gpt-5-codex"])
    func cancelled(model: String) async throws {
        try await self.with { server, client in
            server.enqueue(.stall(after: "half"))
            let request = ModelRequest(model: model, messages: [ModelMessage(.user, "Hi")])
            let task = Task { for try await _ in client.stream(request) {} }
            while server.answersUnderWay == 0 { try await Task.sleep(for: .milliseconds(1)) }
            task.cancel()
            _ = await task.result
            while server.answersUnderWay > 0 { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    @Test("the log of requests contains no secret")
    func log() async throws {
        try await self.with { server, client in
            _ = await self.ask(client)
            let text = "\(server.requests)"
            #expect(!text.contains("short-") && text.contains("tokenMark"))
            expectEqual(server.requests(to: "/chat/completions").first?.initiator, "user")
        }
    }
}
