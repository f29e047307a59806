import Chat
import Logging
import Models
import Primitives
import TestSupport
import Testing

@Suite("A chat turn", .timeLimit(.minutes(1)))
struct ChatTurnTests {
    private struct Result {
        var events: [TurnEvent] = []
        var ending: TurnEnding?
        var failure: String?
        var cause: TurnFailure.Cause?

        var text: String { self.events.map { if case .text(let text) = $0 { text } else { "" } }.joined() }
        var notices: [String] { self.events.compactMap { if case .notice(let line) = $0 { line } else { nil } } }
        var summaries: [HistorySummary] { self.events.compactMap { if case .summary(let it) = $0 { it } else { nil } } }
    }

    private func run(_ model: ScriptedModel, _ request: TurnRequest) async throws -> Result {
        let catalog = ModelCatalog(model)
        _ = try await catalog.models()
        let turn = ChatTurn(model, catalog: catalog, instructions: "Be helpful.", logger: Logger(label: "test"))
        let events = Protected<[TurnEvent]>([])
        var result = Result()
        do {
            result.ending = try await turn.run(request) { event in events.withLock { $0.append(event) } }
        } catch let failure as TurnFailure {
            result.failure = failure.message
            result.cause = failure.cause
        }
        result.events = events.withLock { $0 }
        return result
    }

    private func run(_ script: [ScriptedModel.Step]) async throws -> Result {
        try await self.run(ScriptedModel([script]), Requests.turn("Hello"))
    }

    @Test("text, thinking and usage are reported in order")
    func complete() async throws {
        let result = try await self.run([
            .event(.reasoning("hm")), .event(.delta("Hel")), .event(.delta("lo")),
            .event(.usage(TokenUsage(input: 12, output: 2))), .event(.finished(.stop)),
        ])
        expectEqual(result.ending, .complete)
        expectEqual(result.text, "Hello")
        expectEqual(result.events.first, .reasoning("hm"))
        guard case .usage(let call) = result.events.last else {
            Issue.record("no usage")
            return
        }
        #expect(call.asked == "scripted" && call.input == 12 && call.output == 2 && call.state == .complete)
        #expect(call.kind == .chat && call.firstToken.map { call.began <= $0 && $0 <= call.ended } == true)
    }

    @Test("usage is estimated when the endpoint reports none")
    func estimatedUsage() async throws {
        let result = try await self.run(ScriptedModel.answer("Some words of an answer"))
        guard case .usage(let call) = result.events.last else {
            Issue.record("no usage")
            return
        }
        #expect(call.asked == "scripted" && call.input > 5 && call.input < 40 && call.output > 3 && call.output < 10)
    }

    @Test("a wait is reported in the thread")
    func waiting() async throws {
        let notice = RetryNotice(reason: "the model is busy (429)", delay: .seconds(3), attempt: 2)
        let result = try await self.run([.event(.waiting(notice))] + ScriptedModel.answer("ok"))
        #expect(result.events.contains(.waiting("The model is busy (429); retrying in 3 s (2 of 5).")))
    }

    @Test(
        "an answer that breaks off after its first word is kept, and says why",
        arguments: [
            (ScriptedModel.Step.event(.finished(.length)), "the answer reached the model's output limit"),
            (.event(.finished(.other("abort"))), "the endpoint ended it without giving a reason"),
            (.fail(ModelError(.interrupted, "gone")), "the connection to the model broke"),
            (.fail(ModelError(.malformed, "lost")), "the model's stream contained a malformed event"),
            (.fail(ModelError(.timedOut, "slow")), "the model stopped responding"),
            (.fail(ModelError(.tooLong, "long")), "the model failed"),
        ])
    func cut(step: ScriptedModel.Step, reason: String) async throws {
        let result = try await self.run([.event(.delta("Half an ")), step])
        expectEqual(result.ending, .cut(reason))
        expectEqual(result.text, "Half an ")
    }

    @Test(
        "an answer that the content filter ends is kept, and cannot be resumed",
        arguments: [
            ScriptedModel.Step.event(.finished(.contentFilter)), .fail(ModelError(.filtered, "Blocked; rephrase.")),
        ])
    func filtered(step: ScriptedModel.Step) async throws {
        let result = try await self.run([.event(.delta("Half an ")), step])
        expectEqual(result.ending, .filtered("the content filter stopped it"))
        expectEqual(result.text, "Half an ")
    }

    @Test(
        "a failure says whether the question's content is the cause",
        arguments: [
            (ScriptedModel.Step.event(.finished(.contentFilter)), TurnFailure.Cause.content),
            (.fail(ModelError(.filtered, "Blocked; rephrase.")), .content),
            (.fail(ModelError(.tooLong, "Too long; send less.")), .content),
            (.fail(ModelError(.unreachable, "Gone; check the network.")), .other),
            (.fail(ModelError(.refused, "No credit; add some.")), .other),
            (.event(.finished(.stop)), .other),
        ])
    func cause(step: ScriptedModel.Step, cause: TurnFailure.Cause) async throws {
        try await expectEqual(self.run(ScriptedModel { _ in [step] }, Requests.turn("Hello")).cause, cause)
    }

    @Test("a stream that just ends counts as interrupted")
    func silentEnd() async throws {
        try await expectEqual(self.run([.event(.delta("Half"))]).ending, .cut("the connection to the model broke"))
    }

    @Test(
        "without a word the turn fails with one line",
        arguments: [
            (ScriptedModel.Step.event(.finished(.stop)), "scripted gave an empty answer"),
            (.event(.finished(.contentFilter)), "The content filter of scripted blocked"),
            (.event(.finished(.length)), "scripted reached its output limit"),
            (.event(.finished(.toolCalls)), "scripted ended without an answer"),
            (.fail(ModelError(.unauthorized, "The key is wrong; set it.")), "The key is wrong; set it."),
        ])
    func failed(step: ScriptedModel.Step, line: String) async throws {
        let result = try await self.run([step])
        expectEqual(result.ending, nil)
        expectEqual(result.failure?.hasPrefix(line), true)
        expectEqual(result.failure?.contains(";"), true)
    }

    @Test("an answer of white space counts as empty")
    func blank() async throws {
        let result = try await self.run([.event(.delta("  \n")), .event(.delta("\t")), .event(.finished(.stop))])
        expectEqual(result.ending, nil)
        expectEqual(result.failure?.hasPrefix("scripted gave an empty answer"), true)
    }

    @Test("a tool call is reported, because no tools are available")
    func toolCall() async throws {
        let call = ScriptedModel.Step.event(.toolCall(ToolCall(id: "1", name: "rm", arguments: "{}")))
        let with = try await self.run([.event(.delta("Let me")), call, .event(.finished(.toolCalls))])
        expectEqual(with.ending, .cut("the model called the tool “rm”, but no tools are available here"))
        let without = try await self.run([call, .event(.finished(.toolCalls))])
        expectEqual(without.failure?.contains("“rm”"), true)
    }

    private func history(_ count: Int) -> [HistoryEntry] {
        let words = String(repeating: "some words here ", count: 20)
        return (1...count).map { number -> HistoryEntry in
            let text = "Message \(number). \(words)"
            return number % 2 == 1
                ? HistoryEntry(id: Int64(number), role: .user, author: "alice", text: text)
                : HistoryEntry(id: Int64(number), role: .assistant, text: text)
        }
    }

    @Test("dropped history is summarised first, and the summary is reported and used")
    func summarized() async throws {
        let model = ScriptedModel(inputLimit: 1000) { request in
            ScriptedModel.answer(request.purpose == .summary ? "\n They talked." : "Yes.")
        }
        let result = try await self.run(model, Requests.turn("And?", history: self.history(20)))
        expectEqual(result.ending, .complete)
        expectEqual(result.text, "Yes.")
        let summary = try #require(result.summaries.first)
        #expect(summary.text == "They talked." && summary.through > 5 && summary.through < 20)
        #expect(model.requests.dropLast().allSatisfy { $0.purpose == .summary })
        let prompt = try #require(model.requests.last)
        #expect(prompt.messages[0].text.contains("They talked."))
        #expect(!prompt.messages.contains { $0.text.contains("Message \(summary.through).") })
        #expect(prompt.messages.contains { $0.text.contains("Message \(summary.through + 1).") })
        #expect(TokenEstimator.tokens(in: prompt.messages) <= 1000)
    }

    @Test("nothing is skipped when the summary itself needs several requests")
    func summarizedInBatches() async throws {
        let model = ScriptedModel(inputLimit: 1000) { request in
            ScriptedModel.answer(request.purpose == .summary ? "Short." : "Yes.")
        }
        let giant = HistoryEntry(
            id: 21, role: .user, author: "alice", text: (1...900).map { "word\($0)" }.joined(separator: " "))
        let result = try await self.run(model, Requests.turn("And?", history: self.history(20) + [giant]))
        expectEqual(result.ending, .complete)
        let asked = model.requests.filter { $0.purpose == .summary }
        #expect(asked.count > 3)
        let words = asked.map { $0.messages[1].text }.joined(separator: " ")
        for number in 1...20 { #expect(words.contains("Message \(number).")) }
        for number in 1...900 { #expect(words.contains("word\(number)")) }
        for request in model.requests { #expect(TokenEstimator.tokens(in: request.messages) <= 1000) }
    }

    @Test("a failed summary is reported, and the answer comes anyway")
    func summaryFails() async throws {
        let model = ScriptedModel(
            [[.fail(ModelError(.refused, "no"))], ScriptedModel.answer("Yes.")], inputLimit: 1000)
        let result = try await self.run(model, Requests.turn("And?", history: self.history(20)))
        #expect(result.text == "Yes." && result.ending == .complete)
        expectEqual(result.notices.first?.contains("could not be summarised"), true)
        #expect(result.summaries.isEmpty)
    }

    @Test("a failure that would stop the answer as well ends the turn at once")
    func summaryUnauthorized() async throws {
        let model = ScriptedModel([[.fail(ModelError(.unauthorized, "Bad key; set it."))]], inputLimit: 1000)
        let result = try await self.run(model, Requests.turn("And?", history: self.history(20)))
        expectEqual(result.failure, "Bad key; set it.")
        expectEqual(model.requests.count, 1)
    }

    @Test("a prompt that the endpoint finds too long is shortened and sent again, once")
    func tooLong() async throws {
        let model = ScriptedModel(
            [[.fail(ModelError(.tooLong, "Too long; send less.", inputLimit: 1200))]], inputLimit: 64_000
        ) { request in ScriptedModel.answer(request.purpose == .summary ? "Short." : "Yes.") }
        let result = try await self.run(model, Requests.turn("And?", history: self.history(20)))
        #expect(result.text == "Yes." && result.summaries.count == 1)
        expectEqual(model.requests.map(\.purpose).last, .chat)
        #expect(TokenEstimator.tokens(in: model.requests.last?.messages ?? []) <= 1200)
    }

    @Test("when even that is too long, the turn fails and says what to do")
    func tooLongTwice() async throws {
        let model = ScriptedModel { _ in [.fail(ModelError(.tooLong, "Too long; send less."))] }
        try await expectEqual(self.run(model, Requests.turn("And?")).failure, "Too long; send less.")
        expectEqual(model.requests.count, 2)
    }

    @Test("a message that is too long by itself never reaches the model")
    func refused() async throws {
        let model = ScriptedModel(inputLimit: 1000)
        let text = String(repeating: "some words here ", count: 1000)
        try await expectEqual(self.run(model, Requests.turn(text)).failure?.contains("too long"), true)
        #expect(model.requests.isEmpty)
        let catalog = ModelCatalog(model)
        _ = try await catalog.models()
        let turn = ChatTurn(model, catalog: catalog, logger: Logger(label: "test"))
        expectEqual(turn.refusal(of: text)?.contains("too long"), true)
        expectEqual(turn.refusal(of: "short"), nil)
    }

    @Test("cancelling ends the turn at once")
    func cancelled() async throws {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let model = ScriptedModel([[.wait { start.yield() }, .hang]])
        let turn = ChatTurn(model, catalog: ModelCatalog(model), logger: Logger(label: "test"))
        let task = Task { try await turn.run(Requests.turn("Hello")) { _ in } }
        _ = await started.first { _ in true }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("the endpoint's counts correct later estimates")
    func calibration() async throws {
        let model = ScriptedModel { _ in
            [.event(.delta("a")), .event(.usage(TokenUsage(input: 50, output: 1))), .event(.finished(.stop))]
        }
        let calibration = TokenCalibration()
        let turn = ChatTurn(
            model, catalog: ModelCatalog(model), instructions: String(repeating: "word ", count: 80),
            calibration: calibration,
            logger: Logger(label: "test"))
        _ = try await turn.run(Requests.turn("Hello")) { _ in }
        #expect(calibration.factor(for: "scripted") < 0.9)
    }
}
