import Agent
import Chat
import Models
import TestSupport
import Testing

@Suite("Steps as people see them")
struct StepHistoryTests {
    private static func answer(_ calls: AgentCall...) -> AgentEvent {
        .answered(AgentEvent.Answer(model: "m", text: "", calls: calls, finish: .toolCalls))
    }

    private static func records(_ events: AgentEvent...) -> [StepRecord] {
        events.enumerated().map { StepRecord(number: $0 + 1, elapsed: $0 * 100, event: $1) }
    }

    @Test("a call has its input, its decision, its result and its times")
    func call() throws {
        let text = DataBlock.of("ok\u{1B}[0m \u{202E}\n", from: "shell") + "\nexit 0"
        let steps = StepHistory.steps(
            of: Self.records(
                .asked(model: "m", digest: "d"),
                Self.answer(
                    AgentCall(id: "1.1", wireID: "c", name: "shell", arguments: #"{"command":"make","n":2}"#),
                    AgentCall(id: "1.2", wireID: "d", name: "read\u{202E}", arguments: "no JSON")),
                .decided(AgentEvent.Decision(call: "1.1", digest: "d", decision: .approved(by: "al", ask: "a1"))),
                .started(AgentEvent.Start(call: "1.1", title: "shell make")),
                .finished(
                    AgentEvent.Finish(
                        call: "1.1", result: ToolResult(.done, text: text, summary: "make, exit 0", hasChanges: true))))
        )
        var expected = TurnStep(id: "1.1")
        expected.tool = "shell"
        expected.input = [TurnStep.Input(name: "command", text: "make"), TurnStep.Input(name: "n", text: "2")]
        expected.decision = "approved by al"
        expected.title = "shell make"
        expected.state = .done
        expected.summary = "make, exit 0"
        expected.output = "ok␛[0m ⟨U+202E⟩\nexit 0"
        expected.hasChanges = true
        expected.startedAt = 300
        expected.endedAt = 400
        expectEqual(steps.first, expected)
        expectEqual(steps.last?.state, .waiting)
        expectEqual(steps.last?.tool, "read⟨U+202E⟩")
        expectEqual(steps.last?.input, [TurnStep.Input(name: "arguments", text: "no JSON")])
    }

    @Test("a part of the record tells only what is new")
    func part() {
        let steps = StepHistory.steps(
            of: Self.records(
                .finished(AgentEvent.Finish(call: "1.1", result: ToolResult(.denied, text: "no", summary: "s")))))
        expectEqual(steps.map(\.state), [.denied])
        #expect(steps[0].tool == nil && steps[0].title == nil && steps[0].input == nil)
    }

    @Test("huge inputs and outputs are cut in the middle")
    func cut() {
        let huge = String(repeating: "x", count: 100_000)
        let steps = StepHistory.steps(
            of: Self.records(
                Self.answer(AgentCall(id: "1.1", wireID: "c", name: "write", arguments: "{\"text\":\"\(huge)\"}")),
                .finished(AgentEvent.Finish(call: "1.1", result: ToolResult(.done, text: huge, summary: huge)))))
        #expect(steps[0].input?.first?.text.utf8.count ?? 0 < 5000)
        expectEqual(steps[0].output?.contains("bytes left out"), true)
        #expect(steps[0].output?.utf8.count ?? 0 < 9000)
        #expect(steps[0].summary?.count ?? 0 <= 300)
    }
}
