import Chat
import Git
import JSON
import Models
import Primitives
import TestSupport
import Testing
import Work

@testable import Agent

@Suite("A turn with tools within the model's input limit", .timeLimit(.minutes(1)))
struct ContextTests {
    private typealias Bench = LoopBench

    private static let long = Array(repeating: "The quick brown fox jumps over the lazy dog.", count: 60)
        .joined(separator: "\n")

    private func bench(steps: Int, inputLimit: Int, arguments: String = "{}", result: String) -> LoopBench {
        let steering = AgentSteering()
        let executor = FakeExecutor { call in
            if call.id == "1.1" { _ = steering.steer("Not the old one.", by: "bob", in: "s1") }
            return ToolResult(.done, text: "\(call.id) \(result)", summary: "shell \(call.id)")
        }
        let count = Protected(0)
        var bench = Bench(inputLimit: inputLimit, executor: executor) { request in
            if request.purpose == .summary { return ScriptedModel.answer("I did \(count.withLock { $0 }) things.") }
            let number = count.withLock {
                $0 += 1; return $0
            }
            return number <= steps ? Bench.calls("shell \(arguments)") : ScriptedModel.answer("Done.")
        }
        bench.steering = steering
        bench.system = "You are the coder."
        bench.notes = "Notes of the project: run `make test`."
        return bench
    }

    @Test("old results are folded first, and the newest stay")
    func folding() async throws {
        let bench = self.bench(steps: 20, inputLimit: 9000, result: Self.long)
        try await expectEqual(bench.run(), .complete)
        let requests = bench.model.requests
        #expect(requests.allSatisfy { WellFormed.problem(in: $0.messages) == nil })
        #expect(requests.allSatisfy { TokenEstimator.tokens(in: $0.messages) < 8100 })
        #expect(requests.allSatisfy { $0.purpose != .summary })
        expectEqual(bench.results.first?.contains("was removed to save space: shell 1.1"), true)
        expectEqual(bench.results.last?.contains("lazy dog"), true)
        // Seldom: most requests only add to the one before.
        let folds = zip(requests, requests.dropFirst()).count { !$1.messages.starts(with: $0.messages) }
        #expect((1...4).contains(folds))
        // What the model has read is no longer before it.
        expectEqual(bench.executor.forgets, folds)
    }

    @Test("then the steps are summarised; notes, persona and the words of people stay as they were")
    func summary() async throws {
        let arguments = #"{"text":"\#(Self.long.replacing("\n", with: " "))"}"#
        let bench = self.bench(steps: 20, inputLimit: 9000, arguments: arguments, result: "ok")
        try await expectEqual(bench.run("Mend the test."), .complete)
        let requests = bench.model.requests.filter { $0.purpose != .summary }
        expectEqual(requests.count, 21)
        let summaries = bench.model.requests.count { $0.purpose == .summary }
        #expect(summaries >= 2 && bench.executor.forgets == summaries)
        let last = try #require(requests.last?.messages)
        #expect(requests.allSatisfy { WellFormed.problem(in: $0.messages) == nil })
        #expect(last[0].text.hasPrefix("You are the coder."))
        for part in ["run `make test`", "Mend the test.", "<bob> Not the old one.", "I did "] {
            #expect(last[1].text.contains(part))
        }
        expectEqual(bench.executor.executed.count, 20)
        // A restart reads only what the last summary does not cover, and knows the same.
        let (checkpoint, records) = try await bench.log.history(of: "t1")
        #expect(checkpoint != nil && records.first?.number == checkpoint.map { $0.through + 1 })
        expectEqual(
            AgentTranscript.messages(after: Array(requests[0].messages.prefix(2)), of: records, for: "scripted").last?
                .text, "Done.")
    }

    @Test("a turn that no longer fits at all ends, and says so")
    func full() async throws {
        let bench = self.bench(steps: 3, inputLimit: 2000, result: String(repeating: Self.long, count: 8))
        try await expectEqual(bench.run(), .cut("the work no longer fits into the model's input limit"))
        #expect(bench.model.requests.count <= 2)
    }

    @Test("a limit that only the endpoint knows is learnt from its refusal")
    func learnt() async throws {
        let executor = FakeExecutor { _ in ToolResult(.done, text: Self.long, summary: "shell") }
        let bench = Bench(inputLimit: 60_000, executor: executor) { request in
            if TokenEstimator.tokens(in: request.messages) > 5000 {
                return [.fail(ModelError(.tooLong, "Too long.", inputLimit: 5000))]
            }
            return request.messages.count { $0.role == .tool } < 12
                ? Bench.calls(#"shell {"n":\#(request.messages.count)}"#)
                : ScriptedModel.answer("Done.")
        }
        try await expectEqual(bench.run(), .complete)
        expectEqual(bench.executor.executed.count, 12)
    }

    @Test("a summary that was of no use is not made again")
    func uselessSummary() {
        func records(_ summary: AgentEvent.Summary) -> [StepRecord] {
            let result = ToolResult(.done, text: "r", summary: "s")
            let step: (Int) -> [AgentEvent] = { number in
                [
                    .answered(
                        AgentEvent.Answer(
                            model: "m", text: Self.long,
                            calls: [AgentCall(id: "\(number).1", wireID: "c", name: "read", arguments: "{}")],
                            finish: .stop)),
                    .finished(AgentEvent.Finish(call: "\(number).1", result: result)),
                ]
            }
            let events = step(1) + step(2) + [.summarised(summary)] + step(3) + step(4)
            return events.enumerated().map { StepRecord(number: $0 + 1, elapsed: 0, event: $1) }
        }
        func summary(after: Int) -> AgentEvent.Summary {
            AgentEvent.Summary(
                through: 2, text: "", people: [], tasks: nil, files: [], tally: AgentTally(), before: 1000, after: after
            )
        }
        expectEqual(ContextPlan.plan(records(summary(after: 400)), tokens: 1900, budget: 2000), .summarise(through: 7))
        expectEqual(ContextPlan.plan(records(summary(after: 980)), tokens: 1900, budget: 2000), .ready)
        expectEqual(ContextPlan.plan(records(summary(after: 980)), tokens: 2100, budget: 2000), .full)
        let twice = Array(records(summary(after: 400)).prefix(5))
        expectEqual(ContextPlan.plan(twice, tokens: 2100, budget: 2000), .full)
    }
}

@Suite("The line of steps", .timeLimit(.minutes(1)))
struct StepLinesTests {
    private func result(_ summary: String, _ outcome: ToolResult.Outcome = .done) -> ToolResult {
        ToolResult(outcome, text: "", summary: summary)
    }

    @Test("shows the last eight steps, and counts the others")
    func lastEight() {
        var lines = StepLines()
        for number in 1...22 { lines.end("\(number)", self.result("step \(number)")) }
        lines.begin("23", title: "swift test")
        let shown = lines.shown.split(separator: "\n").map(String.init)
        #expect(shown.count == 11 && shown[1] == "+15 steps")
        #expect(shown[2] == "ok step 16" && shown[9] == "… swift test")
        lines.end("23", self.result("swift test, exit 1, 12 s"))
        #expect(lines.shown.contains("ok swift test, exit 1, 12 s"))
    }

    @Test("folds to one line")
    func folded() {
        var lines = StepLines(earlier: 11)
        lines.begin("1", title: "edit", files: ["a", "b"])
        expectEqual(lines.folded(seconds: 80, tokens: 30_600), "12 steps, 2 files, 80 s, 31 k tokens")
        expectEqual(
            lines.folded(seconds: 80, tokens: 812, changes: GitStat(files: 3, additions: 40, deletions: 8)),
            "12 steps, 3 files +40 −8, 80 s, 812 tokens")
        // What was changed back, or only written where Git does not look, is no change.
        expectEqual(
            lines.folded(seconds: 80, tokens: 812, changes: GitStat(files: 0, additions: 0, deletions: 0)),
            "12 steps, 80 s, 812 tokens")
    }

    @Test("a name cannot end the block, begin a line or turn its letters")
    func safeNames() {
        var lines = StepLines()
        lines.end("1", self.result("a```\n@all \u{202E}txt\u{1B}[31m", .failed))
        expectEqual(lines.shown, "```\nfailed a''' @all  txt [31m\n```")
        lines.end("2", self.result(String(repeating: "x", count: 500)))
        #expect(lines.shown.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }
}
