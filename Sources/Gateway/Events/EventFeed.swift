internal import Chat
internal import Database
internal import EventLoop
internal import HTTPServer
internal import JSON
internal import Logging
internal import People
internal import Primitives
internal import Store

/// The changes of the store, read once for all streams, as long as there are any.
final class EventFeed: Sendable {
    private struct State {
        /// The last changes, in the order in which they were seen.
        var rows: [ChangeRow] = []
        /// How many were seen before ``rows``.
        var dropped = 0
        /// The highest number seen; nil while nobody listens.
        var last: Int64?
        /// Those of the last seconds, by number: on PostgreSQL they are read again.
        var recent: Set<Int64> = []
        var listeners = 0
        /// Wakes the reader.
        var written: Signal?
        var isStopped = false
    }

    /// Documents that several streams of a credential show.
    private struct Shared {
        struct Key: Hashable {
            let credential: String
            let role: Role
            let number: Int64
        }

        struct Document {
            /// Nil for what the credential may not see.
            let json: JSON?
        }

        var documents: [Key: Document] = [:]
        /// Oldest first, with their sizes.
        var order: [(key: Key, bytes: Int)] = []
        var bytes = 0
    }

    private let store: SessionStore
    private let logger: Logger
    private let state = Protected(State())
    private let shared = Protected(Shared())
    /// One read at a time for all streams of one person: each holds up the reads of others.
    private let turns = RequestBudget(limit: 1, waiting: 10_000, patience: .seconds(600))
    /// Somebody listens, or the feed stops.
    private let woken = Signal()
    /// Of new rows.
    let changes = ChangeSignals()

    /// Rows that are kept for streams that fall behind.
    private static let kept = 2_000
    private static let batch = 500
    /// Bytes in memory of documents that are kept for other streams.
    private static let keptBytes = 8 << 20
    /// How late a transaction with a lower number may end.
    private static let overlap: Int64 = 3_000
    /// Between two looks, so that many writes make one.
    private static let pause = Duration.milliseconds(10)
    private static let retryPause = Duration.seconds(1)

    init(store: SessionStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Reads while somebody listens, until ``stop()``.
    func run() async {
        while !Task.isCancelled, !self.state.withLock({ $0.isStopped }) {
            await self.woken.wait()
            guard self.isNeeded else { continue }
            await self.store.writes.watch { written in
                self.state.withLock { $0.written = written }
                // What was written before.
                written.signal()
                while self.isNeeded {
                    await written.wait()
                    var pause = Self.pause
                    do { try await self.look() } catch {
                        self.logger.warning("changes cannot be read; retrying", ["error": .string("\(error)")])
                        pause = Self.retryPause
                        written.signal()
                    }
                    try? await EventLoop.shared.sleep(for: pause)
                }
                self.state.withLock { $0.written = nil }
            }
        }
    }

    private var isNeeded: Bool {
        !Task.isCancelled && self.state.withLock { !$0.isStopped && $0.listeners > 0 }
    }

    func stop() {
        let written = self.state.withLock { state in
            state.isStopped = true
            return state.written
        }
        written?.signal()
        self.woken.signal()
    }

    /// Calls `body` with the place of the next row, and keeps the rows that come while it runs.
    func listen(_ body: (_ position: Int, _ last: Int64) async throws -> Void) async throws {
        let current = try await self.store.read { ledger in try ledger.lastChange() }
        let (position, last) = self.state.withLock { state in
            state.listeners += 1
            if state.last == nil { state.last = current }
            return (state.dropped + state.rows.count, state.last ?? current)
        }
        defer {
            let written = self.state.withLock { state -> Signal? in
                state.listeners -= 1
                guard state.listeners == 0 else { return nil }
                state.dropped += state.rows.count
                (state.rows, state.recent, state.last) = ([], [], nil)
                return state.written
            }
            if written != nil { self.shared.withLock { $0 = Shared() } }
            written?.signal()
        }
        self.woken.signal()
        // What was written between the two.
        try await self.look()
        try await body(position, min(last, current))
    }

    /// The rows from a place on, and the place after them; nil if some are not kept any more.
    func rows(from position: Int) -> (rows: [ChangeRow], next: Int)? {
        self.state.withLock { state in
            guard position >= state.dropped else { return nil }
            let rows = Array(state.rows.dropFirst(position - state.dropped))
            return (rows, state.dropped + state.rows.count)
        }
    }

    // MARK: Documents

    /// Waits for the reads of the person's other streams.
    func inTurn<Value>(of principal: Principal, _ body: () async throws -> Value) async throws -> Value {
        let turn = try await self.turns.reserve(1, for: principal.identity)
        defer { withExtendedLifetime(turn) {} }
        return try await body()
    }

    /// The documents of changes, in order; nil for what the principal may not see.
    ///
    /// - Parameter isShared: other streams of the credential need the same documents, which are made once for all.
    func documents(
        of rows: [ChangeRow], for principal: Principal, isShared: Bool,
        _ make: ([ChangeRow]) async throws -> [JSON?]
    ) async throws -> [JSON?] {
        guard isShared else { return try await self.inTurn(of: principal) { try await make(rows) } }
        let keys = rows.map {
            Shared.Key(credential: principal.credential.id, role: principal.role, number: $0.number)
        }
        var found = self.found(keys)
        if found.count < rows.count {
            try await self.inTurn(of: principal) {
                found = self.found(keys)
                let missing = zip(keys, rows).filter { found[$0.0] == nil }
                guard !missing.isEmpty else { return }
                let made = try await make(missing.map { $0.1 })
                for (place, json) in zip(missing, made) {
                    found[place.0] = Shared.Document(json: json)
                    self.keep(json, as: place.0)
                }
            }
        }
        return keys.map { found[$0]?.json }
    }

    private func found(_ keys: [Shared.Key]) -> [Shared.Key: Shared.Document] {
        self.shared.withLock { shared in
            var found: [Shared.Key: Shared.Document] = [:]
            for key in keys { found[key] = shared.documents[key] }
            return found
        }
    }

    private func keep(_ json: JSON?, as key: Shared.Key) {
        self.shared.withLock { shared in
            guard shared.documents.updateValue(Shared.Document(json: json), forKey: key) == nil else { return }
            let bytes = 256 + (json.map(Self.bytes) ?? 0)
            shared.order.append((key, bytes))
            shared.bytes += bytes
            guard shared.bytes > Self.keptBytes else { return }
            var old = 0
            // Half of them at once.
            while shared.bytes > Self.keptBytes / 2 {
                shared.documents[shared.order[old].key] = nil
                shared.bytes -= shared.order[old].bytes
                old += 1
            }
            shared.order.removeFirst(old)
        }
    }

    /// About what a value takes in memory.
    private static func bytes(of json: JSON) -> Int {
        switch json {
        case .string(let text): 32 + text.utf8.count
        case .array(let values): values.reduce(32) { $0 + self.bytes(of: $1) }
        case .object(let members):
            members.keys.reduce(64) { $0 + 32 + $1.utf8.count + (members[$1].map(self.bytes) ?? 0) }
        default: 24
        }
    }

    // MARK: Changes

    private func look() async throws {
        let isShared = self.store.database.dialect != .sqlite
        while true {
            guard let last = self.state.withLock({ $0.last }) else { return }
            let since = isShared ? (self.state.withLock { $0.rows.last?.at } ?? .max) : .max
            let found = try await self.store.read { ledger in
                // Up to a thousand are read again.
                try ledger.changes(
                    after: last, since: since == .max ? .max : since - Self.overlap,
                    limit: isShared ? 1_000 + Self.batch : Self.batch)
            }
            let new = self.state.withLock { state in
                let new = found.filter { !state.recent.contains($0.number) && ($0.number > last || isShared) }
                state.rows += new
                state.last = max(state.last ?? last, found.last?.number ?? last)
                state.recent.formUnion(new.map(\.number))
                if state.recent.count > 2 * Self.kept, let end = state.last {
                    state.recent = state.recent.filter { $0 > end - Int64(Self.kept) }
                }
                let surplus = state.rows.count - Self.kept
                if surplus > 0 {
                    state.rows.removeFirst(surplus)
                    state.dropped += surplus
                }
                return new
            }
            if !new.isEmpty { self.changes.note() }
            guard new.count >= Self.batch else { return }
        }
    }
}
