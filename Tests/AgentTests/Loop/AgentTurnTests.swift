import Agent
import Chat
import JSON
import Models
import Primitives
import TestSupport
import Testing

@Suite("A turn with tools", .timeLimit(.minutes(1)))
struct AgentTurnTests {
    private typealias Bench = LoopBench

    @Test("one read, then the answer")
    func oneRead() async throws {
        let bench = Bench([Bench.calls(#"read {"path":"a"}"#), ScriptedModel.answer("It is a.")])
        try await expectEqual(bench.run(), .complete)
        expectEqual(bench.text, "It is a.")
        expectEqual(bench.executor.executed, [#"read {"path":"a"}"#])
        let requests = bench.model.requests
        expectEqual(requests.map(\.initiator), [.user, .agent])
        expectEqual(requests[0].tools.map(\.name), bench.tools.map(\.name))
        expectEqual(requests[1].messages.last?.text.contains("result of 1.1"), true)
        expectEqual(bench.steps?.folded.hasPrefix("1 step, "), true)
        expectEqual(bench.steps?.shown, "```\nok read 1.1\n```")
    }

    @Test("reads of one answer run at the same time; their results keep the order of the calls")
    func parallelReads() async throws {
        let active = Protected(0)
        let all = Gate(isOpen: false)
        let executor = FakeExecutor { call in
            if active.withLock({
                $0 += 1; return $0
            }) == 3 {
                all.setOpen(true)
            }
            await all.pass()
            return ToolResult(.done, text: "result of \(call.id)", summary: "read")
        }
        let bench = Bench(
            [Bench.calls(#"read {"path":"a"}"#, #"read {"path":"b"}"#, #"read {"path":"c"}"#)], executor: executor)
        try await expectEqual(bench.run(), .complete)
        expectEqual(bench.results.map { $0.contains("result of 1.1") }, [true, false, false])
        expectEqual(bench.results.last?.contains("result of 1.3"), true)
    }

    @Test("a read behind a change sees the change")
    func readBesideWrite() async throws {
        let bench = Bench([
            Bench.calls(#"read {"path":"a"}"#, #"edit {"path":"a"}"#, #"read {"path":"b"}"#, #"shell {"command":"x"}"#)
        ])
        try await expectEqual(bench.run(), .complete)
        expectEqual(
            bench.executor.executed,
            [
                #"read {"path":"a"}"#, #"edit {"path":"a"}"#, #"read {"path":"b"}"#, #"shell {"command":"x"}"#,
            ])
    }

    @Test("an unknown tool and wrong arguments are answered, and nothing runs")
    func unreadableCalls() async throws {
        let bench = Bench([Bench.calls("fly {}", #"shell {"command":"rm -rf"#, #"read {"path":"a"}"#)])
        try await expectEqual(bench.run(), .complete)
        expectEqual(bench.executor.executed, [#"read {"path":"a"}"#])
        expectEqual(bench.results.count, 3)
        #expect(bench.results[0].hasPrefix("failed\n"))
        let messages = try #require(bench.model.requests.last?.messages)
        expectEqual(WellFormed.problem(in: messages), nil)
        // A chat template would fail on what is no JSON.
        expectEqual(
            messages.first { $0.role == .assistant }?.toolCalls.map(\.arguments), ["{}", "{}", #"{"path":"a"}"#])
    }

    @Test("calls with one id, and calls without an id, all run and get their own results")
    func repeatedIDs() async throws {
        let script: [ScriptedModel.Step] =
            ["same", "same", "", ""].enumerated().map { index, id in
                .event(.toolCall(ToolCall(id: id, name: "shell", arguments: #"{"n":\#(index)}"#)))
            } + [.event(.finished(.stop))]
        let bench = Bench([script])
        try await expectEqual(bench.run(), .complete)
        expectEqual(bench.executor.executed.count, 4)
        let messages = try #require(bench.model.requests.last?.messages)
        expectEqual(WellFormed.problem(in: messages), nil)
        #expect(bench.results.enumerated().allSatisfy { $1.contains("result of 1.\($0 + 1)") })
    }

    @Test(
        "the finish reason is only a hint", arguments: [FinishReason.stop, .toolCalls, .length, .other("x")])
    func finishIsAHint(reason: FinishReason) async throws {
        let script: [ScriptedModel.Step] = [
            .event(.delta("Now.")), .event(.toolCall(ToolCall(id: "c", name: "read", arguments: "{}"))),
            .event(.finished(reason)),
        ]
        let bench = Bench([script, ScriptedModel.answer("Done.")])
        try await expectEqual(bench.run(), .complete)
        expectEqual(bench.executor.executed.count, 1)
        expectEqual(bench.text, "Now.\n\nDone.")
    }

    @Test("an answer that calls nothing ends the turn whatever its finish reason; an empty one is asked for again")
    func emptyList() async throws {
        let empty: [ScriptedModel.Step] = [.event(.finished(.toolCalls))]
        let said = Bench([[.event(.delta("Done.")), .event(.finished(.toolCalls))]])
        try await expectEqual(said.run(), .complete)
        let bench = Bench([empty, ScriptedModel.answer("Here.")])
        try await expectEqual(bench.run(), .complete)
        expectEqual(bench.text, "Here.")
        expectEqual(bench.model.requests.last?.messages.last?.text.contains("empty"), true)
        let blank: [ScriptedModel.Step] = [.event(.delta(" \n ")), .event(.finished(.stop))]
        for nothing in [empty, blank] {
            let never = Bench { _ in nothing }
            await #expect(throws: TurnFailure.self) { try await never.run() }
            expectEqual(never.model.requests.count, 2)
        }
    }

    @Test(
        "an answer that is longer than the host allows is cut, and the reason names the setting",
        arguments: [false, true])
    func longAnswer(hasWorked: Bool) async throws {
        let long: [ScriptedModel.Step] = [.event(.delta("One two three.")), .event(.delta(" Four."))]
        var bench = Bench((hasWorked ? [Bench.calls("shell {}")] : []) + [long])
        bench.answerLimit = AnswerLimit(bytes: 8)
        try await expectEqual(bench.run(), .cut("the answer is longer than `model.answer_size` allows"))
        #expect(bench.text.hasSuffix("One two "))
    }

    @Test("a model that repeats a call is told so the third time, and stopped the fifth")
    func sameCallForEver() async throws {
        let executor = FakeExecutor { _ in ToolResult(.done, text: "same", summary: "read") }
        let bench = Bench(executor: executor) { _ in Bench.calls(#"read {"path":"a"}"#) }
        let ending = try await bench.run()
        expectEqual(ending, .cut("the model repeated the same calls of read with the same results, without progress"))
        expectEqual(bench.executor.executed.count, 5)
        let notes = bench.model.requests.map { $0.messages.filter { $0.text.contains("3 times") }.count }
        expectEqual(notes, [0, 0, 0, 1, 1])
    }

    @Test("a block of calls that repeats is noticed over several answers")
    func alternating() async throws {
        let executor = FakeExecutor { call in ToolResult(.done, text: call.arguments.text, summary: "read") }
        let bench = Bench(executor: executor) { request in
            Bench.calls(request.messages.count { $0.role == .tool } % 2 == 0 ? #"read {"p":1}"# : #"read {"p":2}"#)
        }
        #expect(try await bench.run() != .complete)
        expectEqual(bench.executor.executed.count, 10)
    }

    @Test("polling whose results differ is work")
    func polling() async throws {
        let bench = Bench { request in
            request.messages.count { $0.role == .tool } < 20
                ? Bench.calls(#"shell {"c":"ps"}"#) : ScriptedModel.answer("up")
        }
        try await expectEqual(bench.run(), .complete)
        expectEqual(bench.executor.executed.count, 20)
    }

    @Test("a changed workspace is progress")
    func changesAreProgress() async throws {
        let executor = FakeExecutor { _ in ToolResult(.done, text: "same", summary: "edit", hasChanges: true) }
        let bench = Bench(executor: executor) { request in
            request.messages.count { $0.role == .tool } < 8
                ? Bench.calls(#"edit {"path":"a"}"#) : ScriptedModel.answer("up")
        }
        try await expectEqual(bench.run(), .complete)
    }

    @Test("a tool that fails three times in a row ends the turn; a failing command does not")
    func failures() async throws {
        let executor = FakeExecutor { call in
            ToolResult(.failed, text: "no match \(call.id)", summary: "failed")
        }
        let edits = Bench(executor: executor) { _ in Bench.calls(#"edit {"path":"a"}"#) }
        try await expectEqual(edits.run(), .cut("edit failed 3 times in a row"))
        let commands = Bench(executor: executor) { request in
            request.messages.count { $0.role == .tool } < 6
                ? Bench.calls(#"shell {"c":"t"}"#) : ScriptedModel.answer("red")
        }
        try await expectEqual(commands.run(), .complete)
    }

    @Test("the limits end the turn and say so; a person who resumes it gets them anew")
    func limits() async throws {
        var bench = Bench { request in
            request.messages.count { $0.role == .tool } < 5
                ? Bench.calls("shell {}", usage: TokenUsage(input: 90, output: 10)) : ScriptedModel.answer("Done.")
        }
        bench.limits = AgentLimits(steps: 3)
        try await expectEqual(bench.run(), .cut("the work took 3 steps, as many as `agent.max_steps` allows"))
        expectEqual(bench.executor.executed.count, 3)
        try await expectEqual(bench.run(isResumed: true), .complete)
        expectEqual(bench.executor.executed.count, 5)
        #expect(bench.model.requests.allSatisfy { WellFormed.problem(in: $0.messages) == nil })
        var tokens = Bench { _ in Bench.calls("shell {}", usage: TokenUsage(input: 90, output: 10)) }
        tokens.limits = AgentLimits(tokens: 200)
        try await expectEqual(tokens.run(), .cut("the work used 200 tokens, as many as `agent.max_tokens` allows"))
        expectEqual(tokens.executor.executed.count, 2)
    }

    @Test("a refused request is recorded without tokens; what a broken one used is estimated")
    func usedByFailures() async throws {
        for (steps, isFree) in [([], true), ([.event(.delta("A beginning."))], false)] as [([ScriptedModel.Step], Bool)]
        {
            let bench = Bench { _ in steps + [.fail(ModelError(.refused, "Broken."))] }
            _ = try? await bench.run()
            let calls = bench.events.withLock { $0 }
                .compactMap { if case .usage(let call) = $0 { call } else { nil } }
            expectEqual(calls.count, 1)
            #expect(calls.allSatisfy { ($0.input == 0) == isFree && ($0.output == 0) == isFree }, "\(calls)")
        }
    }

    @Test("the time limit does not count the time in which people decide")
    func time() async throws {
        let clock = ManualClock()
        var bench = Bench(clock: ModelClock(clock)) { request in
            request.messages.count { $0.role == .tool } < 3 ? Bench.calls("shell {}") : ScriptedModel.answer("Done.")
        }
        bench.limits = AgentLimits(time: .seconds(60))
        bench.gate = ScriptedGate { _ in
            clock.advance(by: .seconds(600))
            return .approved(by: "alice", ask: nil)
        }
        try await expectEqual(bench.run(), .complete)
        let slow = FakeExecutor { call in
            clock.advance(by: .seconds(40))
            return ToolResult(.done, text: call.id, summary: "slow")
        }
        var late = Bench(clock: ModelClock(clock), executor: slow) { _ in Bench.calls("shell {}") }
        late.limits = AgentLimits(time: .seconds(60))
        try await expectEqual(late.run(), .cut("the work took 60 s, as long as `agent.max_time` allows"))
        expectEqual(late.executor.executed.count, 2)
    }
}
