import Models
import Primitives
import TestSupport
import Testing

@Suite("The models of a provider", .timeLimit(.minutes(1)))
struct ModelCatalogTests {
    /// Returns the lists in order; nil fails.
    private final class Lists: ModelClient {
        let provider = "lists"
        let defaultModel = "a"
        private let lists: Protected<[[String]?]>
        let calls = Protected(0)

        init(_ lists: [[String]?]) { self.lists = Protected(lists) }

        func models() async throws -> [ModelInfo] {
            self.calls.withLock { $0 += 1 }
            let list = self.lists.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
            guard let list else { throw ModelError(.unavailable, "down") }
            return list.map { ModelInfo(id: $0, name: $0, inputLimit: 7, outputLimit: 7) }
        }

        func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
            ModelEventChannel.stream { _ in }
        }
        func check() async throws {}
    }

    @Test("a list is cached for ten minutes")
    func cached() async throws {
        let clock = ManualClock()
        let client = Lists([["a"], ["a", "b"]])
        let catalog = ModelCatalog(client, clock: ModelClock(clock))
        try await expectEqual(catalog.models().count, 1)
        clock.advance(by: .seconds(599))
        try await expectEqual(catalog.models().count, 1)
        clock.advance(by: .seconds(2))
        try await expectEqual(catalog.models().count, 2)
        expectEqual(client.calls.withLock { $0 }, 2)
    }

    @Test("the old list survives a failure to load; without an old list the failure is thrown")
    func failure() async throws {
        let clock = ManualClock()
        let catalog = ModelCatalog(Lists([["a"], nil]), clock: ModelClock(clock))
        _ = try await catalog.models()
        clock.advance(by: .seconds(700))
        try await expectEqual(catalog.models().map(\.id), ["a"])
        await #expect(throws: ModelError.self) { try await ModelCatalog(Lists([nil])).models() }
        await #expect(throws: ModelError.self) { try await ModelCatalog(Lists([[]])).models() }
    }

    /// Fails after a time, which passes at once.
    private final class SlowFailure: ModelClient {
        let provider = "slow"
        let defaultModel = "a"
        let calls = Protected(0)
        private let clock: ManualClock
        private let time: Duration

        init(_ clock: ManualClock, after time: Duration) {
            self.clock = clock
            self.time = time
        }

        func models() async throws -> [ModelInfo] {
            self.calls.withLock { $0 += 1 }
            self.clock.advance(by: self.time)
            throw ModelError(.unavailable, "down")
        }

        func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
            ModelEventChannel.stream { _ in }
        }
        func check() async throws {}
    }

    @Test(
        "a failure counts for as long as it took, at most a minute",
        arguments: [(0, 0), (30, 30), (200, 60)])
    func keptFailure(seconds: Int, kept: Int) async throws {
        let clock = ManualClock()
        let client = SlowFailure(clock, after: .seconds(seconds))
        let catalog = ModelCatalog(client, clock: ModelClock(clock))
        for _ in 0..<50 { await #expect(throws: ModelError.self) { try await catalog.models() } }
        expectEqual(client.calls.withLock { $0 }, kept == 0 ? 50 : 1)
        clock.advance(by: .seconds(kept))
        let before = client.calls.withLock { $0 }
        await #expect(throws: ModelError.self) { try await catalog.models() }
        expectEqual(client.calls.withLock { $0 }, before + 1)
    }

    @Test("a caller that is cancelled does not wait for the list, and the others get it")
    func cancelled() async throws {
        let gate = Gate(isOpen: false)
        let catalog = ModelCatalog(GatedList(gate))
        let patient = Task { try await catalog.models().count }
        try await gate.reached()
        let cancelled = Task { try await catalog.models().count }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        gate.setOpen(true)
        try await expectEqual(patient.value, 1)
    }

    /// Lists one model once its gate is open.
    private struct GatedList: ModelClient {
        let provider = "gated"
        let defaultModel = "a"
        private let gate: Gate

        init(_ gate: Gate) { self.gate = gate }

        func models() async throws -> [ModelInfo] {
            await self.gate.pass()
            return [ModelInfo(id: "a", name: "a", inputLimit: 7, outputLimit: 7)]
        }

        func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
            ModelEventChannel.stream { _ in }
        }
        func check() async throws {}
    }

    @Test("simultaneous callers share one request")
    func shared() async throws {
        let client = Lists([["a"]])
        let catalog = ModelCatalog(client)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { try await catalog.models().count } }
            for try await count in group { expectEqual(count, 1) }
        }
        expectEqual(client.calls.withLock { $0 }, 1)
    }

    @Test("without a list the limits of the family are assumed")
    func assumed() {
        let catalog = ModelCatalog(Lists([nil]))
        expectEqual(catalog.assumed("openai/gpt-4o-mini").inputLimit, 111_000)
        expectEqual(catalog.assumed("my-own").inputLimit, 64_000)
    }

    @Test("limits come from the list, if there is one")
    func listed() async throws {
        let catalog = ModelCatalog(Lists([["gpt-4o"]]))
        _ = try await catalog.models()
        expectEqual(catalog.assumed("gpt-4o").inputLimit, 7)
    }

    @Test("a configured window applies to every model, a quarter of it for the answer")
    func configured() async throws {
        let catalog = ModelCatalog(Lists([["a"]]), contextTokens: 8000)
        expectEqual(catalog.assumed("gpt-4o").inputLimit, 6000)
        try await expectEqual(catalog.models(), [ModelInfo(id: "a", name: "a", inputLimit: 7993, outputLimit: 7)])
    }
}
