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
        let day: Int64
    }

    private struct State {
        var waiting: [Client: ProxyUsageRecord] = [:]
        /// One of each request, but for ``failures``.
        var records: [UsageRecord] = []
        /// Further failures of the minute, by client and model.
        var failures: [String: [String: UsageRecord]] = [:]
        var minute: Int64 = 0
        var isStopping = false
        /// The day on which old days were last deleted.
        var tidied: Int64?

        mutating func keep(_ record: UsageRecord) {
            if self.records.count < ProxyUsageRecorder.maximumRecords { self.records.append(record) }
        }

        mutating func begin(_ minute: Int64) {
            for record in self.failures.values.flatMap(\.values) where record.calls > 0 { self.keep(record) }
            (self.failures, self.minute) = ([:], minute)
        }
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

    /// Models of a client whose failures of a minute have records of their own: a client may invent any number.
    private static let failedModels = 10

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

    /// Days in UTC since 1970, from milliseconds.
    static func day(of time: Int64) -> Int64 { time / 86_400_000 }

    /// The tokens of a client on a day, without those that this process recorded. They are exact whether or not this
    /// process has stored its own yet.
    func othersUse(of client: String, on day: Int64) async throws -> Int {
        let process = self.process
        return Int(try await self.store.read { try $0.tokens(of: client, on: day, withoutThoseOf: process) })
    }

    func record(_ usage: ProxyUsage) {
        if usage.error != nil {
            return self.keep(failure: UsageRecord(proxied: usage, at: self.now()), of: usage.key.id)
        }
        let input = Int64(usage.tokens.input), output = Int64(usage.tokens.output)
        self.count(input, usage.model, "in")
        self.count(output, usage.model, "out")
        let client = Client(id: usage.key.id, model: usage.model, day: Self.day(of: self.now()))
        self.state.withLock { state in
            var record =
                state.waiting[client]
                ?? ProxyUsageRecord(client: client.id, model: client.model, requests: 0, input: 0, output: 0)
            record.requests += 1
            record.input += input
            record.output += output
            state.waiting[client] = record
        }
        self.keep(UsageRecord(proxied: usage, at: self.now()))
    }

    private func keep(_ record: UsageRecord) {
        self.state.withLock { $0.keep(record) }
        self.change.yield()
    }

    /// Keeps the first failure of a model in a minute. The others are one record, or a client could add any number without
    /// cost: it is stored after the minute, with the next request of anybody.
    private func keep(failure record: UsageRecord, of client: String) {
        self.state.withLock { state in
            let minute = record.at / 60_000
            if minute != state.minute { state.begin(minute) }
            var record = record
            var models = state.failures[client] ?? [:]
            if models[record.model] == nil, models.count >= Self.failedModels { record.model = "other" }
            if let earlier = models[record.model] {
                record.calls += earlier.calls
            } else {
                state.keep(record)
                record.calls = 0
            }
            models[record.model] = record
            state.failures[client] = models
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
            let isDone = self.state.withLock {
                $0.isStopping && $0.waiting.isEmpty && $0.records.isEmpty && $0.failures.isEmpty
            }
            if isDone { return }
        }
        throw CancellationError()
    }

    func stop() async {
        self.state.withLock { $0.isStopping = true }
        self.change.yield()
    }

    private func save() async {
        let now = self.now()
        let today = Self.day(of: now), process = self.process
        let (waiting, records, isNewDay) = self.state.withLock { state in
            if state.isStopping || state.minute != now / 60_000 { state.begin(now / 60_000) }
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

extension ClientKey {
    /// The identity of whoever uses the key.
    var person: String { self == .local ? "local" : "web:\(self.id)" }
}
