import Chat
import HTTP
import HTTPClient
import Logging
import Models
import Primitives
import TestSupport
import Testing

/// Models that do not stop writing.
@Suite("The limit of an answer", .timeLimit(.minutes(1)))
struct AnswerLimitTests {
    private func report(_ limit: AnswerLimit, _ events: [ModelEvent]) -> (TurnReport, [TurnEvent]) {
        var report = TurnReport(model: "m", maximumTries: 1, limit: limit, keepsText: false)
        var reported: [TurnEvent] = []
        for event in events where !report.isFull {
            if let event = report.receive(event) { reported.append(event) }
        }
        return (report, reported)
    }

    private func reason(_ report: TurnReport) -> String? {
        switch report.outcome {
        case .ended(.cut(let reason)): reason
        case .failed(let failure): failure.message
        default: nil
        }
    }

    @Test("text is cut at the limit, between characters")
    func text() {
        let (report, events) = self.report(AnswerLimit(bytes: 10), [.delta("12345678"), .delta("9é€"), .delta("x")])
        expectEqual(events, [.text("12345678"), .text("9")])
        expectEqual(self.reason(report), "the answer is longer than `model.answer_size` allows")
    }

    @Test("an answer of exactly the limit is complete")
    func exact() {
        let (report, _) = self.report(AnswerLimit(bytes: 4), [.delta("1234"), .finished(.stop)])
        #expect(!report.isFull)
        guard case .ended(.complete) = report.outcome else {
            Issue.record("not complete")
            return
        }
    }

    @Test("reasoning has the same limit, and without a word of the answer the turn fails")
    func reasoning() {
        let (report, events) = self.report(AnswerLimit(bytes: 10), [.reasoning("123456"), .reasoning("7890ab")])
        expectEqual(events, [.reasoning("123456"), .reasoning("7890")])
        expectEqual(self.reason(report)?.hasPrefix("m wrote more than `model.answer_size` allows"), true)
    }

    @Test("tokens of text and reasoning count together, also without white space", arguments: [" word", "x9"])
    func tokens(piece: String) {
        let flood = (1...20_000).map { $0.isMultiple(of: 4) ? ModelEvent.reasoning("abcd") : .delta(piece) }
        let (report, events) = self.report(AnswerLimit(bytes: 1 << 20, tokens: 5_000), flood)
        #expect(events.count < 16_000)
        expectEqual(self.reason(report), "the answer is longer than `model.answer_tokens` allows")
    }

    @Test(
        "an endpoint that floods is cut off, and the connection is closed",
        arguments: [
            ("flood", "the answer is longer than `model.answer_size` allows", 1 << 16),
            ("flood-reasoning", "flood-reasoning wrote more than `model.answer_size` allows", 0),
            ("flood-tool", "The model called a tool with more than 1 MiB of arguments", 0),
        ])
    func flood(model: String, reason: String, length: Int) async throws {
        let server = try await LoopbackModelServer.started()
        let client = OpenAIClient(
            OpenAISettings(baseURL: try HTTPURL(server.baseURL), apiKey: nil, defaultModel: model),
            transport: HTTPClient(HTTPClientSettings()), logger: Logger(label: "test"))
        let turn = ChatTurn(
            client, catalog: ModelCatalog(client), limit: AnswerLimit(bytes: 1 << 16), logger: Logger(label: "test"))
        let written = Protected(0)
        var outcome: String?
        do {
            let ending = try await turn.run(Requests.turn("Hello")) { event in
                if case .text(let text) = event { written.withLock { $0 += text.utf8.count } }
            }
            if case .cut(let reason) = ending { outcome = reason }
        } catch let failure as TurnFailure {
            outcome = failure.message
        }
        expectEqual(outcome?.hasPrefix(reason), true)
        expectEqual(written.withLock { $0 }, length)
        try await eventually("the server has noticed the end") { server.answersUnderWay == 0 }
        await server.stop()
    }

    @Test("arguments of tool calls are bounded while they arrive")
    func toolArguments() throws {
        let piece = String(repeating: "a", count: 1 << 16)
        var stream = ChatCompletionStream()
        let error = #expect(throws: ModelError.self) {
            for _ in 0..<40 {
                let function = #"{"name":"f","arguments":"\#(piece)"}"#
                _ = try stream.receive(
                    Array(#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":\#(function)}]}}]}"#.utf8))
            }
        }
        expectEqual(error?.code, .oversized)
        var responses = ResponsesStream()
        let second = #expect(throws: ModelError.self) {
            _ = try responses.receive(
                Array(#"{"type":"response.output_item.added","item":{"type":"function_call","name":"f"}}"#.utf8))
            for _ in 0..<40 {
                _ = try responses.receive(
                    Array(#"{"type":"response.function_call_arguments.delta","delta":"\#(piece)"}"#.utf8))
            }
        }
        expectEqual(second?.code, .oversized)
    }
}
