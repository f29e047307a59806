import HTTP
import HTTPClient
import JSON
import Logging
import Models
import Primitives
import TestSupport
import Testing

@Suite("The client of OpenAI-compatible endpoints, over sockets", .timeLimit(.minutes(1)))
struct LoopbackModelServerTests {
    private struct Outcome {
        var text = ""
        var events: [ModelEvent] = []
        var error: ModelError?
        var waits: [RetryNotice] { self.events.compactMap { if case .waiting(let it) = $0 { it } else { nil } } }
    }

    /// Runs `body` with a server and its client.
    private func with(
        key: String? = nil, contextLimit: Int = 128_000, idleTimeout: Duration = .seconds(20), clientKey: String? = nil,
        _ body: (LoopbackModelServer, OpenAIClient) async throws -> Void
    ) async throws {
        let server = try await LoopbackModelServer.started(apiKey: key, contextLimit: contextLimit)
        let retry = RetryPolicy(maximumTries: 3, baseDelay: .milliseconds(5), maximumDelay: .milliseconds(20))
        let settings = OpenAISettings(
            baseURL: try HTTPURL(server.baseURL), apiKey: (clientKey ?? key).map { Secret($0) },
            defaultModel: "instant", exchange: ExchangeSettings(idleTimeout: idleTimeout, retry: retry))
        let client = OpenAIClient(
            settings, transport: HTTPClient(HTTPClientSettings()), logger: Logger(label: "test"))
        do {
            try await body(server, client)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func ask(
        _ client: OpenAIClient, _ model: String, _ text: String = "Hi", limit: Int? = nil
    ) async throws -> Outcome {
        var outcome = Outcome()
        let request = ModelRequest(model: model, messages: [ModelMessage(.user, text)], outputLimit: limit)
        do {
            for try await event in client.stream(request) {
                if case .delta(let text) = event { outcome.text += text }
                outcome.events.append(event)
            }
        } catch let error as ModelError {
            outcome.error = error
        }
        return outcome
    }

    @Test("a complete answer with its token counts")
    func answer() async throws {
        try await self.with(key: "k") { server, client in
            let outcome = try await self.ask(client, "echo", "Grüße 👋")
            expectEqual(outcome.text, "You said: Grüße 👋")
            expectEqual(outcome.events.last, .finished(.stop))
            let hasUsage = outcome.events.contains { if case .usage(let usage) = $0 { usage.input > 5 } else { false } }
            #expect(hasUsage)
            #expect(server.requests.last?.includesUsage == true && server.requests.last?.key == "k")
        }
    }

    @Test(
        "answers in every form",
        arguments: [
            ("instant", "This is an instant answer.", FinishReason.stop), ("no-usage", "Nobody counted.", .stop),
            ("no-done", "No mark follows.", .stop), ("reasoning", "I have thought.", .stop),
            ("length", "This answer is cut by", .length), ("filter", "This answer is", .contentFilter),
            ("tool", "", .toolCalls),
        ])
    func forms(model: String, text: String, reason: FinishReason) async throws {
        try await self.with { _, client in
            let outcome = try await self.ask(client, model)
            expectEqual(outcome.text, text)
            expectEqual(outcome.events.last, .finished(reason))
            expectEqual(outcome.error, nil)
            if model == "tool" {
                let call = ToolCall(id: "call_1", name: "get_weather", arguments: #"{"place":"Vienna"}"#)
                #expect(outcome.events.contains(.toolCall(call)))
            }
        }
    }

    @Test("a long stream and a huge chunk arrive whole")
    func long() async throws {
        try await self.with { server, client in
            let text = String(repeating: ModelBehavior.longText, count: 20)
            server.enqueue(.answer(text, chunkLength: 7))
            let long = try await self.ask(client, "instant")
            expectEqual(long.text, text)
            let huge = try await self.ask(client, "huge")
            expectEqual(huge.text.utf8.count, 1 << 20)
        }
    }

    @Test(
        "failures are reported by kind",
        arguments: [
            ("401", ModelError.Code.unauthorized, 1), ("429", .rateLimited, 3), ("429-quota", .refused, 1),
            ("500", .unavailable, 3), ("html", .invalidResponse, 1), ("rubbish", .invalidResponse, 1),
            ("nobody", .unknownModel, 1),
        ])
    func failures(model: String, code: ModelError.Code, requests: Int) async throws {
        try await self.with { server, client in
            if model == "429" {
                // A short wait, so that the client makes all its tries.
                for _ in 0..<3 {
                    server.enqueue(
                        .refusal(status: 429, code: "rate_limit_exceeded", message: "slow down", retryAfter: "0"))
                }
            }
            let outcome = try await self.ask(client, model)
            expectEqual(outcome.error?.code, code, "\(String(describing: outcome.error))")
            expectEqual(server.requestCount, requests)
            expectEqual(outcome.waits.count, requests - 1)
        }
    }

    @Test("the answer comes after a temporary failure")
    func recovers() async throws {
        try await self.with { server, client in
            server.enqueue(
                .refusal(status: 503, code: "overloaded", message: "busy"), .drop(after: ""), .answer("Here."))
            let outcome = try await self.ask(client, "instant")
            #expect(outcome.text == "Here." && outcome.waits.map(\.attempt) == [2, 3])
        }
    }

    @Test(
        "a dropped connection or an error in the middle of an answer keeps its text",
        arguments: ["drop", "error-in-stream"])
    func interrupted(model: String) async throws {
        try await self.with { server, client in
            let outcome = try await self.ask(client, model)
            expectEqual(outcome.error?.code, .interrupted)
            #expect(outcome.text.hasPrefix("This answer"))
            expectEqual(server.requestCount, 1)
        }
    }

    @Test(
        "silence is detected, before and in the middle of an answer",
        arguments: [("silence", ""), ("stall", "This answer stops")])
    func silence(model: String, text: String) async throws {
        try await self.with(idleTimeout: .seconds(2)) { _, client in
            let outcome = try await self.ask(client, model)
            expectEqual(outcome.error?.code, .timedOut)
            expectEqual(outcome.text, text)
        }
    }

    @Test("a wrong key, a missing key, and a prompt that is too long")
    func refusals() async throws {
        try await self.with(key: "right", contextLimit: 100, clientKey: "wrong") { _, client in
            let outcome = try await self.ask(client, "instant")
            expectEqual(outcome.error?.code, .unauthorized)
            await #expect(throws: ModelError.self) { try await client.check() }
        }
        try await self.with(contextLimit: 300) { _, client in
            let outcome = try await self.ask(client, "instant", String(repeating: "word ", count: 1_000))
            expectEqual(outcome.error?.code, .tooLong)
            expectEqual(outcome.error?.inputLimit, 300)
        }
    }

    @Test("no server listens at the address")
    func unreachable() async throws {
        let server = try await LoopbackModelServer.started()
        await server.stop()
        let client = OpenAIClient(
            OpenAISettings(
                baseURL: try HTTPURL(server.baseURL), apiKey: nil, defaultModel: "m",
                exchange: ExchangeSettings(retry: RetryPolicy(maximumTries: 2, baseDelay: .milliseconds(5)))),
            transport: HTTPClient(HTTPClientSettings()), logger: Logger(label: "test"))
        let outcome = try await self.ask(client, "m")
        expectEqual(outcome.error?.code, .unreachable)
        expectEqual(outcome.waits.count, 1)
    }

    @Test("models are listed, and a check passes")
    func models() async throws {
        try await self.with(key: "k") { _, client in
            let models = try await client.models().map(\.id)
            #expect(models.contains("instant") && models.contains("slow"))
            try await client.check()
        }
    }

    @Test("cancelling ends the request at the server", arguments: ["stall", "silence"])
    func cancelled(model: String) async throws {
        try await self.with { server, client in
            let request = ModelRequest(model: model, messages: [ModelMessage(.user, "Hi")])
            let task = Task { for try await _ in client.stream(request) {} }
            while server.answersUnderWay == 0 { try await Task.sleep(for: .milliseconds(1)) }
            task.cancel()
            _ = await task.result
            while server.answersUnderWay > 0 { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    @Test("many answers at once are kept apart")
    func many() async throws {
        try await self.with { _, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let outcome = try await self.ask(client, "echo", "number \(number)")
                        expectEqual(outcome.text, "You said: number \(number)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
