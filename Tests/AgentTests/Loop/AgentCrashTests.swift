import Agent
import Chat
import Models
import Primitives
import TestSupport
import Testing

@Suite("A turn with tools after a crash", .timeLimit(.minutes(1)))
struct AgentCrashTests {
    private typealias Bench = LoopBench

    /// What the scripted model does next, by the number of results it sees.
    private static let scripts: [[ScriptedModel.Step]] = [
        Bench.calls(#"read {"path":"a"}"#, #"read {"path":"b"}"#, text: "Looking."),
        Bench.calls(#"edit {"path":"a"}"#, #"shell {"command":"test"}"#, #"read {"path":"a"}"#),
        Bench.calls("fly {}", #"edit {"path":"b"}"#),
        Bench.calls(#"shell {"command":"commit"}"#),
        ScriptedModel.answer("All done."),
    ]

    private static func script(_ request: ModelRequest) -> [ScriptedModel.Step] {
        let results = request.messages.count { $0.role == .tool }
        let index = [0: 0, 2: 1, 5: 2, 7: 3, 8: 4][results] ?? 4
        return Self.scripts[index]
    }

    private static let changing = [
        #"edit {"path":"a"}"#, #"shell {"command":"test"}"#, #"edit {"path":"b"}"#, #"shell {"command":"commit"}"#,
    ]

    /// The whole episode, undisturbed.
    private func episode() async throws -> [StepRecord] {
        let bench = Bench(otherwise: Self.script)
        try await expectEqual(bench.run(), .complete)
        return try await bench.records()
    }

    /// The calls of which `records` say that they have begun.
    private func begun(in records: [StepRecord]) -> [String] {
        var calls: [String: String] = [:]
        return records.compactMap { record -> String? in
            switch record.event {
            case .answered(let answer):
                for call in answer.calls { calls[call.id] = "\(call.name) \(call.arguments)" }
                return nil
            case .started(let start): return calls[start.call]
            default: return nil
            }
        }
    }

    @Test("cut after every event and resumed, no call with effects runs twice, and the work is finished")
    func everyCut() async throws {
        let whole = try await self.episode()
        #expect(whole.count > 20)
        for count in 0...whole.count {
            let prefix = Array(whole.prefix(count))
            let before = self.begun(in: prefix).filter { Self.changing.contains($0) }
            var bench = Bench(otherwise: Self.script)
            bench.log = MemoryStepLog(["t1": prefix])
            let first = try await bench.run()
            // The last answer, then the end.
            let isOver = count >= whole.count - 1
            expectEqual(first == .complete, before.isEmpty || isOver, "cut after \(count)")
            if first == .complete {
                expectEqual(bench.text, "Looking.\n\nAll done.", "cut after \(count)")
            } else {
                #expect(bench.executor.executed.isEmpty, "cut after \(count)")
                try await expectEqual(bench.run(isResumed: true), .complete, "cut after \(count)")
            }
            let after = bench.executor.executed.filter { Self.changing.contains($0) }
            expectEqual(before + after, Self.changing, "cut after \(count)")
            #expect(
                bench.model.requests.allSatisfy { WellFormed.problem(in: $0.messages) == nil }, "cut after \(count)")
        }
    }

    @Test("a call that had begun is reported as perhaps run")
    func lostCall() async throws {
        let whole = try await self.episode()
        let cut = try #require(
            whole.lastIndex { if case .started = $0.event { true } else { false } })
        var bench = Bench(otherwise: Self.script)
        bench.log = MemoryStepLog(["t1": Array(whole.prefix(cut + 1))])
        #expect(try await bench.run() != .complete)
        try await expectEqual(bench.run(isResumed: true), .complete)
        #expect(bench.executor.executed.isEmpty)
        expectEqual(bench.results.last?.contains("it may have run"), true)
    }

    @Test("what was approved before a crash is asked again, because the workspace may have changed")
    func decisionsExpire() async throws {
        var bench = Bench([Bench.calls("shell {}")])
        try await expectEqual(bench.run(), .complete)
        let records = try await bench.records()
        let cut = try #require(records.firstIndex { if case .decided = $0.event { true } else { false } })
        bench.log = MemoryStepLog(["t1": Array(records.prefix(cut + 1))])
        let gate = ScriptedGate { _ in .denied(reason: "No longer.") }
        bench.gate = gate
        try await expectEqual(bench.run(), .complete)
        #expect(gate.questions.count == 1 && bench.executor.executed.count == 1)
    }

    @Test("a turn whose end was stored but not posted ends the same way, with its text")
    func endedTurn() async throws {
        let bench = Bench([Bench.calls("shell {}"), ScriptedModel.answer("Done.")])
        try await expectEqual(bench.run(), .complete)
        try await expectEqual(bench.run(), .complete)
        #expect(bench.text == "Done.Done." && bench.model.requests.count == 2)
    }

    @Test("a stopped turn keeps its record, and a person resumes it")
    func stopped() async throws {
        let isRunning = Gate(isOpen: false)
        let executor = FakeExecutor { call in
            isRunning.setOpen(true)
            if call.id == "1.1" { try await Task.sleep(for: .seconds(86_400)) }
            return ToolResult(.done, text: "ok", summary: "shell")
        }
        let bench = Bench([Bench.calls("shell {}"), ScriptedModel.answer("Done.")], executor: executor)
        let task = Task { try await bench.run() }
        await isRunning.pass()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await expectEqual(bench.run(isResumed: true), .complete)
        expectEqual(bench.executor.executed.count, 1)
        expectEqual(bench.results.last?.contains("it may have run"), true)
    }
}
