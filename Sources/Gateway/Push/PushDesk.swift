internal import Chat
internal import Database
internal import EventLoop
internal import JSON
internal import Logging
internal import People
internal import Primitives
internal import Push
internal import Store
internal import Threads

/// Stores what is pushed to browsers, by what changes; a ``PushSender`` sends it. In a cluster, one host does.
final class PushDesk: Sendable {
    let presence = PagePresence()
    private let store: SessionStore
    private let access: AccessControl
    private let environment: BridgeEnvironment
    private let logger: Logger
    private let sender: PushSender
    private let state = Protected(State())
    private let stopping = Signal()

    /// What is known of the log of changes, besides the stored place.
    private struct State {
        /// The last change that was looked at; nil before the first look.
        var cursor: Int64?
        /// Numbers of the last seconds: on PostgreSQL they are read again.
        var recent: Set<Int64> = []
        /// When messages were stored lately, by browser.
        var times: [String: [Int64]] = [:]
        var isStopped = false
    }

    private static let batch = 500
    /// How late a transaction with a lower number may end, in milliseconds.
    private static let overlap: Int64 = 3_000
    private static let pause = Duration.milliseconds(10)
    private static let retryPause = Duration.seconds(5)
    /// What changed longer ago was not served for so long that it is no news, in milliseconds.
    private static let oldest: Int64 = 24 * 3_600_000
    /// Messages that one browser gets within ``interval``; further ones become one.
    private static let burst = 5
    private static let interval: Int64 = 60_000

    init(
        key: PushKey, allowsLoopback: Bool, publicURL: String, isSecure: Bool, store: SessionStore,
        access: AccessControl, environment: BridgeEnvironment, logger: Logger
    ) {
        (self.store, self.access, self.environment, self.logger) = (store, access, environment, logger)
        let (policy, presence) = (AddressPolicy(), self.presence)
        self.sender = PushSender(
            key: key, contact: isSecure ? publicURL : nil, store: store, now: environment.now, logger: logger,
            refused: { address, port in
                if allowsLoopback { return nil }
                guard let own = IPAddress.ofThisMachine() else { return "this machine's addresses cannot be read" }
                return policy.refusal(of: address, port: port, own: own)
            }, allowsPlain: allowsLoopback
        ) { ledger, note, subscription in
            let now = environment.now()
            guard let credential = try ledger.credential(id: subscription.credential, at: now) else { return false }
            let principal = Principal(
                credential: credential, identities: access.identities(of: credential.identity))
            // Whoever looks at a page sees what waited.
            if note.isHeld, presence.isLooking(principal) { return false }
            return try PushReader(subscription: subscription, principal: principal, choice: NotificationChoice())
                .isWanted(note, in: ledger, at: now)
        }
        store.held.observe { [sender = self.sender] in sender.wake() }
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask(name: "changes") { await self.follow() }
            group.addTask(name: "pushes") { await self.sender.run() }
        }
    }

    func stop() {
        self.state.withLock { $0.isStopped = true }
        self.sender.stop()
        self.store.writes.note()
        self.stopping.signal()
    }

    /// Looks for what is due.
    func wake() { self.sender.wake() }

    private var isStopped: Bool { Task.isCancelled || self.state.withLock { $0.isStopped } }

    private func follow() async {
        await self.store.writes.watch { written in
            written.signal()
            while true {
                await written.wait()
                if self.isStopped { return }
                // Else another host does this.
                guard self.store.held.contains(.webhooks) else {
                    self.state.withLock { $0.cursor = nil }
                    continue
                }
                do {
                    while try await self.look() {}
                } catch is PlaceLost {
                    self.state.withLock { $0.cursor = nil }
                } catch {
                    self.logger.error("pushes cannot be stored; retrying", ["error": .string("\(error)")])
                    await self.stopping.wait(upTo: Self.retryPause)
                    written.signal()
                }
                try? await EventLoop.shared.sleep(for: Self.pause)
            }
        }
    }

    /// Stores what new changes push. Returns whether there may be more.
    private func look() async throws -> Bool {
        let hold = self.store.held.hold(of: .webhooks)
        let isShared = self.store.database.dialect != .sqlite
        let (known, now) = (self.state.withLock { $0 }, self.environment.now())
        let (rows, cursor, isNeeded) = try await self.store.read { ledger -> ([ChangeRow], Int64, Bool) in
            let last = try ledger.lastChange()
            let cursor = try known.cursor ?? ledger.pushCursor() ?? last
            guard try ledger.hasPushSubscriptions() else { return ([], last, false) }
            var since = Int64.max
            if isShared, let at = try ledger.change(number: cursor)?.at { since = at - Self.overlap }
            // The numbers of a copied store begin anew.
            let rows = try ledger.changes(after: min(cursor, last), since: since, limit: 1_000 + Self.batch)
            return (rows.filter { !known.recent.contains($0.number) }, cursor, true)
        }
        let end = max(cursor, rows.map(\.number).max() ?? cursor)
        let due = EventStream.latest(of: rows).filter { row in
            row.at > now - Self.oldest && [.ask, .operation, .mention].contains(row.kind)
        }
        if isNeeded, !due.isEmpty || known.cursor == nil {
            let times = try await self.store.write(of: hold) { ledger in
                try ledger.setPushCursor(end)
                return try self.insert(due, in: ledger, known.times, at: now)
            }
            self.state.withLock { $0.times = times }
            self.sender.wake()
        }
        self.state.withLock { state in
            state.cursor = end
            guard isShared else { return }
            state.recent.formUnion(rows.map(\.number))
            if state.recent.count > 5_000 { state.recent = state.recent.filter { $0 > end - 2_500 } }
        }
        return rows.count >= Self.batch
    }

    /// Returns when messages were stored lately, by browser.
    private func insert(
        _ rows: [ChangeRow], in ledger: Ledger, _ times: [String: [Int64]], at now: Int64
    ) throws -> [String: [Int64]] {
        var times = times.mapValues { $0.filter { $0 > now - Self.interval && $0 <= now } }.filter { !$0.value.isEmpty }
        guard !rows.isEmpty else { return times }
        for (subscription, credential) in try ledger.pushSubscriptions(at: now) {
            let principal = Principal(
                credential: credential, identities: self.access.identities(of: credential.identity))
            // The page says it.
            if self.presence.isLooking(principal) { continue }
            let choice = NotificationChoice(stored: try ledger.preferences(of: principal.identity).notifications)
            let reader = PushReader(subscription: subscription, principal: principal, choice: choice)
            let quiet = choice.quietEnd(at: now)
            for row in rows where try ledger.isLast(row) {
                let recent = times[subscription.id] ?? []
                let crowded = recent.count >= Self.burst ? recent[0] + Self.interval : nil
                guard let note = try reader.note(of: row, in: ledger, at: now, heldUntil: quiet ?? crowded) else {
                    continue
                }
                try ledger.insert(note)
                if !note.isHeld { times[subscription.id, default: []].append(now) }
            }
        }
        return times
    }
}

extension Ledger {
    /// Whether nothing has changed about its subject since. What has is read again with that change, so that nobody hears of it
    /// twice.
    fileprivate func isLast(_ row: ChangeRow) throws -> Bool {
        guard let kind = row.kind else { return false }
        return try self.connection.first(
            "SELECT number FROM changes WHERE number > $1 AND kind = $2 AND subject = $3 LIMIT 1",
            [.integer(row.number), .text(kind.rawValue), .text(row.subject)]) == nil
    }

    private static let pushCursorName = "push"

    /// The number of the last change whose messages are stored; nil before the first browser.
    func pushCursor() throws -> Int64? {
        try self.connection.first("SELECT id FROM floors WHERE name = $1", [.text(Self.pushCursorName)])?
            .integer("id")
    }

    func setPushCursor(_ number: Int64) throws {
        try self.connection.execute(
            "INSERT INTO floors (name, id) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET id = excluded.id",
            .text(Self.pushCursorName), .integer(number))
    }
}
