internal import JSON
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Proxy
internal import Sessions

/// Adds up what answers through the proxy cost, and stores it as fast as the store takes it.
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
        // A change says "look again": one that waits is enough.
        (self.changes, self.change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func record(_ usage: ProxyUsage) {
        let input = Int64(usage.tokens.input), output = Int64(usage.tokens.output)
        self.metrics?.count("model_tokens", ["model": usage.model, "direction": "in"], by: UInt64(input))
        self.metrics?.count("model_tokens", ["model": usage.model, "direction": "out"], by: UInt64(output))
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
            // Counting must not stop the answers; what is lost is told.
            self.logger.error("the tokens used could not be stored", ["error": .string("\(error)")])
        }
    }
}
