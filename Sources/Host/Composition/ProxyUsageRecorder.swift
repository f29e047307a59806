internal import Analytics
internal import JSON
internal import Lifecycle
internal import Logging
internal import Metrics
internal import Primitives
internal import Proxy
internal import Store

/// Sums the tokens of answers through the proxy, and stores the sums as fast as the store accepts them.
final class ProxyUsageRecorder: Service {
    private struct Client: Hashable {
        let id: String
        let model: String
        let day: Int64
    }

    private struct State {
        var waiting: [Client: ProxyUsageRecord] = [:]
        var records: [UsageRecord] = []
        var failures = FailedUsage()
        var isStopping = false
        /// The day on which old days were last deleted.
        var tidied: Int64?
    }

    let name = "proxy usage"
    private let store: SessionStore
    private let metrics: Metrics?
    /// Counts for all workers, instead of ``metrics``.
    private let board: WorkerBoard?
    private let logger: Logger
    private let now: @Sendable () -> Int64
    /// Marks the tokens of this process in the store, see ``othersUse(of:on:)``.
    private let process = Identifier.make("u")
    private let state = Protected(State())
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    /// While the store does not accept them, more records are dropped; the sums stay exact.
    private static let maximumRecords = 10_000

    /// For how many days the tokens of a day are kept.
    private static let days: Int64 = 40

    init(
        store: SessionStore, metrics: Metrics?, board: WorkerBoard? = nil, logger: Logger,
        now: @escaping @Sendable () -> Int64 = WallClock.now
    ) {
        self.board = board
        self.store = store
        self.metrics = metrics
        self.logger = logger
        self.now = now
        // A change only says "look again", so one buffered change is enough.
        (self.changes, self.change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The tokens of a client on a day, without those that this process recorded. They are exact whether or not this
    /// process has stored its own yet.
    func othersUse(of client: String, on day: Int64) async throws -> Int {
        let process = self.process
        return Int(try await self.store.read { try $0.tokens(of: client, on: day, withoutThoseOf: process) })
    }

    func record(_ usage: ProxyUsage) {
        let record = UsageRecord(proxied: usage, at: self.now())
        if usage.error != nil { return self.keep { $0.failures.add(record, of: usage.key.id) } }
        let input = Int64(usage.tokens.input), output = Int64(usage.tokens.output)
        self.count(input, usage.model, "in")
        self.count(output, usage.model, "out")
        let client = Client(id: usage.key.id, model: usage.model, day: ProxyUsageRecord.day(of: self.now()))
        self.state.withLock { state in
            var sum =
                state.waiting[client]
                ?? ProxyUsageRecord(client: client.id, model: client.model, requests: 0, input: 0, output: 0)
            sum.requests += 1
            sum.input += input
            sum.output += output
            state.waiting[client] = sum
        }
        self.keep { _ in [record] }
    }

    private func keep(_ more: (inout State) -> [UsageRecord]) {
        self.state.withLock { state in
            let records = more(&state)
            if state.records.count < Self.maximumRecords { state.records += records }
        }
        self.change.yield()
    }

    private func count(_ tokens: Int64, _ model: String, _ direction: String) {
        guard let board = self.board else {
            self.metrics?.count(.modelTokens, ["model": model, "direction": direction], by: UInt64(tokens))
            return
        }
        board.count(ProxySetup.counter(of: model, direction: direction), by: UInt64(tokens))
    }

    func run() async throws {
        for await _ in self.changes {
            await self.save()
            if self.state.withLock({ $0.isStopping && $0.waiting.isEmpty && $0.records.isEmpty }) { return }
        }
        throw CancellationError()
    }

    func stop() async {
        self.state.withLock { $0.isStopping = true }
        self.change.yield()
    }

    private func save() async {
        let now = self.now(), today = ProxyUsageRecord.day(of: now), process = self.process
        let (waiting, records, isNewDay) = self.state.withLock { state in
            state.records += state.failures.take(at: now, isLast: state.isStopping)
            guard !state.waiting.isEmpty || !state.records.isEmpty else { return (state.waiting, state.records, false) }
            defer { (state.waiting, state.records, state.tidied) = ([:], [], today) }
            return (state.waiting, state.records, state.tidied != today)
        }
        guard !waiting.isEmpty || !records.isEmpty else { return }
        do {
            try await self.store.write { ledger in
                for (client, record) in waiting {
                    try ledger.add(record)
                    try ledger.add(record.input + record.output, to: client.id, on: client.day, by: process)
                }
                for record in records { try ledger.insert(record) }
                if isNewDay { try ledger.deleteProxyDays(before: today - Self.days) }
            }
        } catch {
            // Counting must not stop the answers, so the loss is only logged.
            self.logger.error("could not store the tokens used", ["error": .string("\(error)")])
        }
    }
}

extension UsageRecord {
    /// Of a request through the proxy. A key's person is the one that it is signed in as.
    fileprivate init(proxied usage: ProxyUsage, at now: Int64) {
        self.init("proxy", began: now - usage.duration, at: now)
        self.person = usage.key.person
        (self.network, self.provider, self.model) = ("proxy", "copilot", usage.model)
        (self.state, self.error) = (usage.error == nil ? "complete" : "failed", usage.error)
        self.firstToken = usage.firstByte.map { self.began + $0 }
        (self.calls, self.input, self.output) = (1, Int64(usage.tokens.input), Int64(usage.tokens.output))
        (self.cached, self.written) = (Int64(usage.tokens.cached), Int64(usage.tokens.written))
    }
}
