import Chat
import Logging
import Models
import Primitives
import TestSupport
import Testing

@Suite("When a model does not answer", .timeLimit(.minutes(1)))
struct ModelFallbackTests {
    private struct Bench {
        let work: ScriptedModel
        let local: ScriptedModel
        let router: ModelRouter

        /// - Parameter inputLimit: Of the models of `local`.
        init(
            _ first: [ScriptedModel.Step]..., others: [[ScriptedModel.Step]] = [], inputLimit: Int = 64_000,
            fallbacks: [String] = ["local/b", "local/c"]
        ) {
            let work = ScriptedModel(first, names: ["a"])
            let local = ScriptedModel(others, inputLimit: inputLimit, names: ["b", "c"])
            (self.work, self.local) = (work, local)
            self.router = ModelRouter(
                [("work", work), ("local", local)].map { id, client in
                    ModelRouter.Source(id: id, client, catalog: ModelCatalog(client))
                }, default: "work/a", fallbacks: fallbacks)
        }

        func run(_ request: TurnRequest = Requests.turn("Hello")) async throws -> [TurnEvent] {
            _ = try await self.router.models()
            let turn = ChatTurn(self.router, catalog: ModelCatalog(self.router), logger: Logger(label: "test"))
            let events = Protected<[TurnEvent]>([])
            do { _ = try await turn.run(request) { event in events.withLock { $0.append(event) } } } catch let failure
                as TurnFailure
            { events.withLock { $0.append(.notice("failed: \(failure.message)")) } }
            return events.withLock { $0 }
        }
    }

    private static func notices(_ events: [TurnEvent]) -> [String] {
        events.compactMap { if case .notice(let line) = $0 { line } else { nil } }
    }

    private static func calls(_ events: [TurnEvent]) -> [String] {
        events.compactMap { if case .usage(let call) = $0 { "\(call.asked) \(call.state.rawValue)" } else { nil } }
    }

    @Test(
        "the next one answers, the thread reads one line, and each request counts for the model that was asked",
        arguments: [
            (ModelError(.rateLimited, "busy", status: 429), "work/a answered 429; local/b answers instead."),
            (ModelError(.rateLimited, "busy"), "work/a is busy; local/b answers instead."),
            (ModelError(.unavailable, "down", status: 503), "work/a answered 503; local/b answers instead."),
            (ModelError(.unavailable, "closed"), "work/a broke off; local/b answers instead."),
            (ModelError(.unreachable, "gone"), "work/a cannot be reached; local/b answers instead."),
        ])
    func answers(_ error: ModelError, _ line: String) async throws {
        let bench = Bench([.fail(error)])
        let events = try await bench.run()
        expectEqual(Self.notices(events), [line])
        expectEqual(Self.calls(events), ["work/a failed", "local/b complete"])
        #expect(events.contains(.text("ok")))
        expectEqual(bench.local.requests.map(\.messages), bench.work.requests.map(\.messages))
    }

    @Test(
        "nothing else makes another one answer",
        arguments: [
            [.fail(ModelError(.refused, "refused", status: 400))],
            [.fail(ModelError(.filtered, "filtered", status: 400))],
            [.fail(ModelError(.unauthorized, "wrong key", status: 401))],
            [.fail(ModelError(.unknownModel, "unknown", status: 404))],
            [.fail(ModelError(.unavailable, "a conflict", status: 409))],
            [.fail(ModelError(.timedOut, "silent"))], [.fail(ModelError(.invalidResponse, "no API"))],
            [.event(.delta("A word")), .fail(ModelError(.unavailable, "down", status: 503))],
            [.event(.delta("A word")), .fail(ModelError(.interrupted, "broken"))],
        ] as [[ScriptedModel.Step]])
    func others(_ script: [ScriptedModel.Step]) async throws {
        let bench = Bench(script)
        _ = try await bench.run()
        expectEqual(bench.local.requests.count, 0)
    }

    @Test("each is asked once, and the failure of the last is that of the turn")
    func allFail() async throws {
        let down: (String) -> [ScriptedModel.Step] = { [.fail(ModelError(.unavailable, $0, status: 502))] }
        let events = try await Bench(down("one"), others: [down("two"), down("three")]).run()
        expectEqual(
            Self.notices(events),
            [
                "work/a answered 502; local/b answers instead.", "local/b answered 502; local/c answers instead.",
                "failed: three",
            ])
        expectEqual(Self.calls(events), ["work/a failed", "local/b failed", "local/c failed"])
    }

    @Test("a thread with a model of the list continues behind it, and one with the last stays there")
    func chosen() async throws {
        let down: [ScriptedModel.Step] = [.fail(ModelError(.unreachable, "gone"))]
        let second = Bench(others: [down])
        try await expectEqual(
            Self.notices(second.run(Requests.turn("Hello", model: "b"))),
            ["local/b cannot be reached; local/c answers instead."])
        let last = Bench(others: [down])
        try await expectEqual(Self.notices(last.run(Requests.turn("Hello", model: "local/c"))), ["failed: gone"])
        #expect(second.work.requests.isEmpty && last.work.requests.isEmpty)
    }

    @Test("an answer that has begun is continued by another one, too")
    func continuing() async throws {
        let bench = Bench([.fail(ModelError(.unavailable, "down", status: 503))])
        let events = try await bench.run(Requests.turn("Hello", continuing: "It is"))
        expectEqual(Self.notices(events), ["work/a answered 503; local/b answers instead."])
        expectEqual(bench.local.requests.count, 1)
    }

    @Test("a question that only a fallback cannot take fails like its own model did, and can be asked again")
    func tooLong() async throws {
        let bench = Bench([.fail(ModelError(.unavailable, "down", status: 503))], inputLimit: 300)
        let events = try await bench.run(Requests.turn(String(repeating: "word ", count: 2_000)))
        expectEqual(
            Self.notices(events),
            [
                "work/a answered 503; local/b answers instead.", "local/b takes less text; local/c answers instead.",
                "failed: down",
            ])
        expectEqual(bench.local.requests.count, 0)
    }

    @Test("what a fallback's content filter stops, no further model answers")
    func filtered() async throws {
        let bench = Bench(
            [.fail(ModelError(.unavailable, "down", status: 503))], others: [[.event(.finished(.contentFilter))]])
        let notices = try await Self.notices(bench.run())
        expectEqual(notices.count, 2)
        expectEqual(notices.first, "work/a answered 503; local/b answers instead.")
        #expect(notices.last?.hasPrefix("failed: ") == true && notices.last?.contains("filter") == true, "\(notices)")
        expectEqual(bench.local.requests.map(\.model), ["b"])
    }

    @Test("the prompt is shortened to the limit of the model that answers, which summarises what it leaves out")
    func limits() async throws {
        let history = (1...20).map { number in
            HistoryEntry(
                id: Int64(number), role: number.isMultiple(of: 2) ? .assistant : .user, author: "alice",
                text: String(repeating: "word ", count: 200))
        }
        let bench = Bench([.fail(ModelError(.unavailable, "down", status: 503))], inputLimit: 2_000)
        let events = try await bench.run(Requests.turn("Hello", history: history))
        expectEqual(Self.notices(events), ["work/a answered 503; local/b answers instead."])
        #expect(bench.local.requests.count > 1 && bench.local.requests.allSatisfy { $0.model == "b" })
        #expect(!events.contains { if case .summary = $0 { true } else { false } })
        #expect(bench.local.requests.first?.purpose == .summary && bench.local.requests.last?.purpose == .chat)
        let last = bench.local.requests.last?.messages ?? []
        #expect(TokenEstimator.tokens(in: last) <= 2_000 && bench.work.requests.count == 1)
    }

    @Test("the host is ready if the default's provider answers, or else a fallback's")
    func readiness() async throws {
        let down = DownModel()
        let up = ScriptedModel(names: ["b"])
        let sources: [ModelRouter.Source] = [
            ModelRouter.Source(id: "work", down, catalog: ModelCatalog(down)),
            ModelRouter.Source(id: "local", up, catalog: ModelCatalog(up)),
        ]
        try await ModelRouter(sources, default: "work/a", fallbacks: ["local/b"]).check()
        for fallbacks in [[], ["work/b"]] {
            await #expect(throws: ModelError.self) {
                try await ModelRouter(sources, default: "work/a", fallbacks: fallbacks).check()
            }
        }
    }

    private struct DownModel: ModelClient {
        let provider = "down"
        let defaultModel = "a"
        func models() async throws -> [ModelInfo] { throw ModelError(.unreachable, "gone") }
        func check() async throws { throw ModelError(.unreachable, "gone") }
        func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
            ModelEventChannel.stream { _ in throw ModelError(.unreachable, "gone") }
        }
    }
}
