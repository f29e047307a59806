import Agent
import Chat
import Models
import Primitives
import TestSupport
import Testing

@Suite("When the model of work with tools does not answer", .timeLimit(.minutes(1)))
struct AgentFallbackTests {
    private typealias Bench = LoopBench

    private static let down: [ScriptedModel.Step] = [.fail(ModelError(.unavailable, "It failed (503).", status: 503))]

    /// A turn of `work/a`, and of the scripts of `local/b` if that does not answer.
    private static func bench(
        _ scripts: [[ScriptedModel.Step]], others: [[ScriptedModel.Step]] = [], tools: Bool? = nil
    ) -> (bench: Bench, other: ScriptedModel) {
        var bench = Bench(scripts)
        let other = ScriptedModel(
            others,
            listing: {
                [ModelInfo(id: "b", name: "b", inputLimit: 32_000, outputLimit: 1_000, supportsTools: tools)]
            })
        let sources: [(String, ScriptedModel)] = [("work", bench.model), ("local", other)]
        bench.router = ModelRouter(
            sources.map { id, client in ModelRouter.Source(id: id, client, catalog: ModelCatalog(client)) },
            default: "work/a", fallbacks: ["local/b"])
        return (bench, other)
    }

    private static func notices(_ bench: Bench) -> [String] {
        bench.events.withLock { $0 }.compactMap { if case .notice(let line) = $0 { line } else { nil } }
    }

    @Test("before its first answer the next one works, with the same words, and keeps the turn")
    func first() async throws {
        let (bench, other) = Self.bench(
            [Self.down, ScriptedModel.answer("never")],
            others: [Bench.calls("shell {}"), Bench.calls("read {}"), ScriptedModel.answer("Done.")])
        try await expectEqual(bench.run(), .complete)
        expectEqual(bench.text, "Done.")
        expectEqual(Self.notices(bench), ["work/a answered 503; local/b answers instead."])
        expectEqual(bench.model.requests.count, 1)
        expectEqual(other.requests.map(\.model), ["b", "b", "b"])
        expectEqual(other.requests.first?.messages, bench.model.requests.first?.messages)
        let models = try await bench.records().compactMap {
            if case .answered(let answer) = $0.event { answer.model } else { nil }
        }
        expectEqual(models, ["local/b", "local/b", "local/b"])
        let calls = bench.events.withLock { $0 }.compactMap { if case .usage(let call) = $0 { call } else { nil } }
        expectEqual(calls.map(\.asked), ["work/a", "local/b", "local/b", "local/b"])
        expectEqual(calls.map(\.state), [.failed, .complete, .complete, .complete])
    }

    @Test("after its first call the turn stays with its model, and so does its resumption")
    func later() async throws {
        let (bench, other) = Self.bench([Bench.calls("shell {}"), Self.down, Self.down])
        try await expectEqual(bench.run(), .cut("the model failed: It failed (503)"))
        await #expect { try await bench.run(isResumed: true) } throws: {
            ($0 as? TurnFailure)?.message == "It failed (503)."
        }
        #expect(other.requests.isEmpty && Self.notices(bench).isEmpty)
        let (changed, second) = Self.bench(
            [Self.down], others: [Bench.calls("shell {}"), Self.down, ScriptedModel.answer("Done.")])
        try await expectEqual(changed.run(), .cut("the model failed: It failed (503)"))
        try await expectEqual(changed.run(isResumed: true), .complete)
        #expect(changed.model.requests.count == 1 && second.requests.count == 3)
    }

    @Test("if none answers, the turn fails for the last one's reason, and asks all of them again when it is resumed")
    func none() async throws {
        let (bench, other) = Self.bench(
            [Self.down], others: [[.fail(ModelError(.unreachable, "It cannot be reached."))]])
        await #expect { try await bench.run() } throws: { ($0 as? TurnFailure)?.message == "It cannot be reached." }
        try await expectEqual(bench.run(isResumed: true), .complete)
        #expect(bench.model.requests.count == 2 && other.requests.count == 1)
    }

    @Test("a model that cannot call tools is passed over")
    func withoutTools() async throws {
        let (bench, other) = Self.bench([Self.down], tools: false)
        await #expect { try await bench.run() } throws: { ($0 as? TurnFailure)?.message == "It failed (503)." }
        #expect(other.requests.isEmpty && Self.notices(bench).isEmpty)
    }

    @Test("a thread's model comes before its persona's, and that before the default")
    func precedence() async throws {
        for (persona, thread, asked) in [
            ("small", "large", "large"), ("small", nil, "small"), (nil, "large", "large"), (nil, nil, "scripted"),
        ] {
            var bench = Bench()
            bench.models = (persona, thread)
            try await expectEqual(bench.run(), .complete)
            expectEqual(bench.model.requests.map(\.model), [asked])
        }
    }
}
