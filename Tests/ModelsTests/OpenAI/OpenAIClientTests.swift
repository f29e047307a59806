import HTTP
import HTTPClient
import JSON
import Logging
import Models
import Primitives
import TestSupport
import Testing

@Suite("The client of OpenAI-compatible endpoints, over scripted bytes", .timeLimit(.minutes(1)))
struct OpenAIClientTests {
    private typealias Answer = ScriptedTransport.Answer

    private func client(
        _ transport: ScriptedTransport, clock: ManualClock = ManualClock(), url: String = "http://127.0.0.1:9/v1",
        key: String? = "secret-key", tries: Int = 5, logger: Logger = Logger(label: "test")
    ) throws -> OpenAIClient {
        OpenAIClient(
            OpenAISettings(
                baseURL: try HTTPURL(url), apiKey: key.map { Secret($0) }, defaultModel: "large",
                exchange: ExchangeSettings(retry: RetryPolicy(maximumTries: tries))),
            transport: transport, clock: ModelClock(clock), jitter: { 1 }, logger: logger)
    }

    private func read(
        _ client: OpenAIClient, _ request: ModelRequest = ModelRequest(messages: [ModelMessage(.user, "Hi")])
    ) async throws -> [ModelEvent] {
        var events: [ModelEvent] = []
        for try await event in client.stream(request) { events.append(event) }
        return events
    }

    /// Reads the answer while advancing the clock through `waits`.
    private func read(_ client: OpenAIClient, _ clock: ManualClock, waits: [Duration]) async throws -> [ModelEvent] {
        async let events = self.read(client)
        for wait in waits {
            await clock.sleepers(1)
            clock.advance(by: wait)
        }
        return try await events
    }

    private func error(_ answer: Answer) async throws -> ModelError? {
        let client = try self.client(ScriptedTransport([answer]), tries: 1)
        return await #expect(throws: ModelError.self) { try await self.read(client) }
    }

    @Test("a request has what the format requires")
    func request() async throws {
        let transport = ScriptedTransport([.ok])
        let client = try self.client(transport, url: "http://127.0.0.1:9/v1/")
        let messages = [ModelMessage(.system, "Be \"brief\"."), ModelMessage(.user, "Hi\n👍🏽")]
        try await expectEqual(
            self.read(client, ModelRequest(model: "small", messages: messages, outputLimit: 99)),
            [.delta("ok"), .finished(.stop)])
        let request = try #require(transport.requests.first)
        expectEqual(request.method, .post)
        expectEqual(request.url.description, "http://127.0.0.1:9/v1/chat/completions")
        expectEqual(request.headers["authorization"], "Bearer secret-key")
        expectEqual(request.headers["content-type"], "application/json")
        expectEqual(
            transport.bodies.first,
            [
                "model": "small",
                "messages": [
                    ["role": "system", "content": "Be \"brief\"."], ["role": "user", "content": "Hi\n👍🏽"],
                ],
                "stream": true, "stream_options": ["include_usage": true], "max_tokens": 99,
            ])
    }

    @Test("without a key no authorization is sent")
    func withoutKey() async throws {
        let transport = ScriptedTransport([.ok])
        _ = try await self.read(self.client(transport, key: nil))
        expectEqual(transport.requests.first?.headers["authorization"], nil)
    }

    @Test("bytes may be split anywhere")
    func cuts() async throws {
        let text = "data: \(Answer.text("Grüße 👋"))\r\n\r\n: ping\n\ndata: \(Answer.stop)\n\ndata: [DONE]\n\n"
        let bytes = Array(text.utf8)
        for size in [1, 2, 3, 7, 50] {
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min($0 + size, bytes.count)])
            }
            let transport = ByteTransport(pieces)
            let client = OpenAIClient(
                OpenAISettings(baseURL: try HTTPURL("http://h/v1"), apiKey: nil, defaultModel: "m"),
                transport: transport,
                logger: Logger(label: "test"))
            try await expectEqual(self.read(client), [.delta("Grüße 👋"), .finished(.stop)])
        }
    }

    @Test("a busy endpoint is retried after the wait it asks for, and the wait is reported")
    func busy() async throws {
        let clock = ManualClock()
        let transport = ScriptedTransport([
            .refusal(429, "", headers: ["Retry-After": "7"]), .refusal(503, "overloaded"), .ok,
        ])
        let events = try await self.read(
            self.client(transport, clock: clock), clock, waits: [.seconds(7), .seconds(1)])
        expectEqual(
            events,
            [
                .waiting(RetryNotice(reason: "the model is busy (429)", delay: .seconds(7), attempt: 2)),
                .waiting(RetryNotice(reason: "the model is overloaded (503)", delay: .seconds(1), attempt: 3)),
                .delta("ok"), .finished(.stop),
            ])
    }

    @Test("five tries and no more")
    func exhausted() async throws {
        let clock = ManualClock()
        let transport = ScriptedTransport([.refusal(500, #"{"error":{"message":"Broken"}}"#)])
        let client = try self.client(transport, clock: clock)
        let error = await #expect(throws: ModelError.self) {
            try await self.read(client, clock, waits: [.seconds(1), .seconds(1), .seconds(2), .seconds(4)])
        }
        expectEqual(error?.message, "127.0.0.1:9 failed (500): “Broken”; try again in a minute.")
        expectEqual(transport.requests.count, 5)
    }

    @Test("a malformed event before a good end is named as such, to people and in the log")
    func malformed() async throws {
        let lines = Protected<[String]>([])
        let logger = Logger(
            label: "model",
            output: LogOutput(level: .warning, format: .json) { line in
                lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            })
        let client = try self.client(
            ScriptedTransport([
                .events(Answer.text("Half"), #"{"choices":[{"index":0,"delta":{"content":"bro"#, Answer.stop, "[DONE]")
            ]), logger: logger)
        let error = await #expect(throws: ModelError.self) { try await self.read(client) }
        expectEqual(error?.code, .malformed)
        let line = try #require(lines.withLock { $0.count == 1 ? $0.first : nil })
        #expect(line.contains("the model's stream contained a malformed event") && line.contains("127.0.0.1:9"))
    }

    @Test("a wait that is too long fails the request instead")
    func longWait() async throws {
        let error = try await self.error(.refusal(429, "", headers: ["Retry-After": "7200"]))
        expectEqual(
            error?.message, "127.0.0.1:9 is busy, or this account has reached a rate limit (429); try again in 2 h.")
        expectEqual(error?.retryAfter, .seconds(7200))
    }

    @Test("no try begins after the turn's time limit, and each gets the rest of it")
    func turnTimeout() async throws {
        let clock = ManualClock()
        let transport = ScriptedTransport([.refusal(429, "", headers: ["Retry-After": "50"])])
        let settings = OpenAISettings(
            baseURL: try HTTPURL("http://h/v1"), apiKey: nil, defaultModel: "m",
            exchange: ExchangeSettings(turnTimeout: .seconds(120)))
        let client = OpenAIClient(
            settings, transport: transport, clock: ModelClock(clock), jitter: { 0 }, logger: Logger(label: "test"))
        await #expect(throws: ModelError.self) {
            try await self.read(client, clock, waits: [.seconds(50), .seconds(50)])
        }
        expectEqual(transport.requests.map(\.totalTimeout), [.seconds(120), .seconds(70), .seconds(20)])
    }

    @Test(
        "failures that a retry cannot fix are reported at once",
        arguments: [
            (401, #"{"error":{"code":"invalid_api_key"}}"#, ModelError.Code.unauthorized), (403, "", .unauthorized),
            (404, #"{"error":{"message":"no","code":"model_not_found"}}"#, .unknownModel),
            (400, #"{"error":{"message":"long","code":"context_length_exceeded"}}"#, .tooLong),
            (429, #"{"error":{"code":"insufficient_quota"}}"#, .refused), (404, "<html>", .invalidResponse),
        ])
    func permanent(status: Int, body: String, code: ModelError.Code) async throws {
        let transport = ScriptedTransport([.refusal(status, body)])
        let client = try self.client(transport)
        let error = await #expect(throws: ModelError.self) { try await self.read(client) }
        expectEqual(error?.code, code)
        expectEqual(transport.requests.count, 1)
    }

    @Test("connections that fail before an answer are retried")
    func unreachable() async throws {
        let clock = ManualClock()
        let transport = ScriptedTransport([
            .failure(.connect), .failure(.closed),
            Answer(steps: [.bytes("data: {\"choices\":[]}\n\n"), .fail(HTTPClientError(.closed, "x"))]),
            Answer(steps: []), .ok,
        ])
        let events = try await self.read(
            self.client(transport, clock: clock), clock, waits: [.seconds(1), .seconds(1), .seconds(2), .seconds(4)])
        expectEqual(events.suffix(2), [.delta("ok"), .finished(.stop)])
        expectEqual(events.count, 6)
    }

    @Test("what a failed try has left is not part of the next")
    func rest() async throws {
        let clock = ManualClock()
        let broken = HTTPClientError(.closed, "x")
        let transport = ScriptedTransport([
            Answer(steps: [.bytes("data: {\"choices\":[]}\n\ndata: {\"choi"), .fail(broken)]), .ok,
        ])
        let events = try await self.read(self.client(transport, clock: clock), clock, waits: [.seconds(1)])
        expectEqual(events.suffix(2), [.delta("ok"), .finished(.stop)])
        // Events of the first try do not make the second one's text a stream.
        let other = ScriptedTransport([
            Answer(steps: [.bytes("data: {\"choices\":[]}\n\n"), .fail(broken)]),
            Answer(headers: ["Content-Type": "text/plain"], steps: [.bytes("Welcome to nginx")]),
        ])
        let error = await #expect(throws: ModelError.self) {
            try await self.read(self.client(other, clock: clock), clock, waits: [.seconds(1)])
        }
        expectEqual(error?.code, .invalidResponse)
    }

    @Test(
        "a connection that drops in the middle of an answer interrupts it and is not retried", arguments: [true, false])
    func drop(isClean: Bool) async throws {
        let tail: [ScriptedTransport.Step] = isClean ? [] : [.fail(HTTPClientError(.closed, "reset"))]
        let transport = ScriptedTransport([Answer(steps: [.bytes("data: \(Answer.text("half"))\n\n")] + tail)])
        let client = try self.client(transport)
        var events: [ModelEvent] = []
        let error = await #expect(throws: ModelError.self) {
            for try await event in client.stream(ModelRequest(messages: [])) { events.append(event) }
        }
        expectEqual(error?.code, .interrupted)
        expectEqual(events, [.delta("half")])
        expectEqual(transport.requests.count, 1)
    }

    @Test("a failure after the finish reason is harmless")
    func lateDrop() async throws {
        let steps: [ScriptedTransport.Step] = [
            .bytes("data: \(Answer.text("ok"))\n\ndata: \(Answer.stop)\n\n"), .fail(HTTPClientError(.closed, "reset")),
        ]
        try await expectEqual(self.read(self.client(ScriptedTransport([Answer(steps: steps)]))).count, 2)
    }

    @Test("silence is a timeout, before and in the middle of an answer, and is not retried")
    func silence() async throws {
        try await expectEqual(self.error(.failure(.idleTimeout))?.code, .timedOut)
        let steps: [ScriptedTransport.Step] = [
            .bytes("data: \(Answer.text("half"))\n\n"), .fail(HTTPClientError(.idleTimeout, "silent")),
        ]
        try await expectEqual(self.error(Answer(steps: steps))?.code, .timedOut)
        try await expectEqual(self.error(.failure(.totalTimeout))?.message.contains("turn_timeout"), true)
    }

    @Test(
        "responses from something other than the API are reported as such",
        arguments: [
            ("text/html", "<html><body>Welcome</body></html>"), ("text/plain", "Welcome to nginx"),
            ("application/json", "[1, 2]"), ("application/json", "{"), ("text/event-stream", "data: <html>\n\n"),
            ("", "\u{1}\u{2}garbage"),
        ])
    func rubbish(type: String, body: String) async throws {
        let headers: HTTPHeaders = type.isEmpty ? [:] : ["Content-Type": type]
        let error = try await self.error(Answer(headers: headers, steps: [.bytes(body)]))
        expectEqual(error?.code, .invalidResponse)
        expectEqual(error?.message.contains("model.base_url"), true)
    }

    @Test("a piece of more than 8 MB is said as what it is", arguments: ["text/event-stream", "application/json"])
    func tooLarge(type: String) async throws {
        let huge = "data: " + String(repeating: "x", count: 9 << 20)
        let error = try await self.error(Answer(headers: ["Content-Type": type], steps: [.bytes(huge)]))
        expectEqual(error?.code, .invalidResponse)
        expectEqual(error?.message.contains("sent a single piece of more than 8 MB"), true, "\(error?.message ?? "")")
    }

    @Test("an endpoint that does not stream works")
    func whole() async throws {
        let body = #"""
            {"choices":[{"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":3,"completion_tokens":1}}
            """#
        let answer = Answer(headers: ["Content-Type": "application/json; charset=utf-8"], steps: [.bytes(body)])
        try await expectEqual(
            self.read(self.client(ScriptedTransport([answer]))),
            [.delta("ok"), .usage(TokenUsage(input: 3, output: 1)), .finished(.stop)])
    }

    @Test("an error object inside a stream is retried before an answer")
    func errorInStream() async throws {
        let clock = ManualClock()
        let transport = ScriptedTransport([.events(#"{"error":{"message":"busy","code":429}}"#), .ok])
        let events = try await self.read(self.client(transport, clock: clock), clock, waits: [.seconds(1)])
        expectEqual(events.count, 3)
    }

    @Test("refused parameters are omitted from then on")
    func adaptation() async throws {
        let transport = ScriptedTransport([
            .refusal(400, #"{"error":{"message":"Unknown parameter: 'stream_options'."}}"#),
            .refusal(
                400, #"{"error":{"message":"'max_tokens' is not supported. Use 'max_completion_tokens' instead."}}"#),
            .refusal(422, #"{"detail":"System role not supported"}"#), .ok,
        ])
        let client = try self.client(transport)
        let messages = [ModelMessage(.system, "Be brief."), ModelMessage(.user, "Hi")]
        let request = ModelRequest(messages: messages, outputLimit: 9)
        try await expectEqual(self.read(client, request).count, 2)
        _ = try await self.read(client, request)
        expectEqual(transport.requests.count, 5)
        expectEqual(
            transport.bodies.last,
            [
                "model": "large", "messages": [["role": "user", "content": "Be brief.\n\nHi"]], "stream": true,
                "max_completion_tokens": 9,
            ])
    }

    @Test("an endpoint that refuses everything is tried only a few times")
    func stubborn() async throws {
        let transport = ScriptedTransport([.refusal(400, "stream_options max_tokens max_completion_tokens system role")]
        )
        let client = try self.client(transport)
        let request = ModelRequest(messages: [ModelMessage(.user, "Hi")], outputLimit: 9)
        await #expect(throws: ModelError.self) { try await self.read(client, request) }
        #expect(transport.requests.count < 8)
    }

    @Test("cancelling ends a silent request")
    func cancelled() async throws {
        let transport = ScriptedTransport([Answer(steps: [.bytes("data: \(Answer.text("half"))\n\n"), .hang])])
        let client = try self.client(transport)
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            for try await _ in client.stream(ModelRequest(messages: [])) { start.yield() }
        }
        _ = await started.first { _ in true }
        task.cancel()
        _ = await task.result
    }

    @Test("the key appears in no error")
    func redaction() async throws {
        let client = try self.client(
            ScriptedTransport([.refusal(400, #"{"error":{"message":"bad key sk-abcdefghijklmnopqrstuvwxyz012345"}}"#)]))
        let error = await #expect(throws: ModelError.self) { try await self.read(client) }
        expectEqual(error?.message.contains("abcdefghijkl"), false)
    }

    @Test("lists of models are read in all known forms")
    func models() async throws {
        let body = #"""
            {"object":"list","data":[{"id":"b"},{"id":"a","context_length":8000,"top_provider":{"max_completion_tokens":1000}},
            {"id":"text-embedding-3"},{"id":7},null,{"id":"a"},{"id":"c","capabilities":{"type":"chat","limits":
            {"max_prompt_tokens":64000,"max_output_tokens":4096}},"name":"Model C"},{"id":"d","capabilities":{"type":"embeddings"}}]}
            """#
        let transport = ScriptedTransport([.refusal(200, body)])
        let client = try self.client(transport)
        try await expectEqual(
            client.models(),
            [
                ModelInfo(id: "a", name: "a", inputLimit: 7000, outputLimit: 1000),
                ModelInfo(id: "b", name: "b", inputLimit: 64_000, outputLimit: 4096),
                ModelInfo(id: "c", name: "Model C", inputLimit: 64_000, outputLimit: 4096),
            ])
        try await client.check()
        expectEqual(transport.requests.first?.url.path, "/v1/models")
    }

    @Test("a check without a list of models requests a one-word answer")
    func checkWithoutList() async throws {
        let transport = ScriptedTransport([.refusal(404, ""), .ok])
        try await self.client(transport).check()
        expectEqual(transport.requests.map(\.url.path), ["/v1/models", "/v1/chat/completions"])
        let refused = try self.client(ScriptedTransport([.refusal(401, "")]))
        await #expect(throws: ModelError.self) { try await refused.check() }
    }
}

/// Plays these bytes as one event stream.
private struct ByteTransport: ModelTransport {
    let pieces: [[UInt8]]

    init(_ pieces: [[UInt8]]) { self.pieces = pieces }

    func send(_ request: TransportRequest) async throws -> TransportResponse {
        let rest = Protected(self.pieces)
        return TransportResponse(status: 200, headers: ["Content-Type": "text/event-stream"]) {
            rest.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        }
    }
}
