internal import JSON
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Proxy
internal import Sessions

/// Sums the tokens of answers through the proxy, and stores the sums as fast as the store accepts them.
final class ProxyUsageRecorder: Service {
    private struct Client: Hashable {
        let id: String
        let model: String
    }

    private struct State {
        var waiting: [Client: ProxyUsageRecord] = [:]
        var isStopping = false
    }

    let name = "proxy usage"
    private let store: SessionStore
    private let metrics: Metrics?
    private let logger: Logger
    private let state = Protected(State())
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    init(store: SessionStore, metrics: Metrics?, logger: Logger) {
        self.store = store
        self.metrics = metrics
        self.logger = logger
        // A change only says "look again", so one buffered change is enough.
        (self.changes, self.change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func record(_ usage: ProxyUsage) {
        let input = Int64(usage.tokens.input), output = Int64(usage.tokens.output)
        self.metrics?.count(.modelTokens, ["model": usage.model, "direction": "in"], by: UInt64(input))
        self.metrics?.count(.modelTokens, ["model": usage.model, "direction": "out"], by: UInt64(output))
        let client = Client(id: usage.key.id, model: usage.model)
        self.state.withLock { state in
            var record =
                state.waiting[client]
                ?? ProxyUsageRecord(client: client.id, model: client.model, requests: 0, input: 0, output: 0)
            record.requests += 1
            record.input += input
            record.output += output
            state.waiting[client] = record
        }
        self.change.yield()
    }

    func run() async throws {
        for await _ in self.changes {
            await self.save()
            if self.state.withLock({ $0.isStopping && $0.waiting.isEmpty }) { return }
        }
        throw CancellationError()
    }

    func stop() async {
        self.state.withLock { $0.isStopping = true }
        self.change.yield()
    }

    private func save() async {
        let waiting = self.state.withLock { state in
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        guard !waiting.isEmpty else { return }
        do {
            try await self.store.write { ledger in for record in waiting { try ledger.add(record) } }
        } catch {
            // Counting must not stop the answers, so the loss is only logged.
            self.logger.error("could not store the tokens used", ["error": .string("\(error)")])
        }
    }
}
