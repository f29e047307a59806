internal import Chat
internal import Crypto
internal import Database
internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Logging
internal import People
internal import Primitives
internal import Schemas
internal import Store
internal import Threads

/// Tells the configured addresses what has changed: stores a delivery for each hook and change, which
/// ``WebhookSender`` sends. In a cluster, one host does.
final class Webhooks: Sendable {
    /// What is known of the log of changes, besides the stored place.
    private struct State {
        /// Numbers that were seen, of the last seconds: on PostgreSQL they are read again.
        var recent: Set<Int64> = []
        /// When the last one was written, by the store's clock.
        var last: Int64?
        /// Hooks of which it was said that their queue is full.
        var full: Set<String> = []
        /// Changes that were stored since the histories were last cut; the first ones cut them.
        var uncut = Webhooks.batch
        var isStopped = false
    }

    let senders: [WebhookSender]
    private let store: SessionStore
    private let environment: BridgeEnvironment
    private let logger: Logger
    private let cluster: @Sendable () async throws -> Set<IPAddress>
    /// The addresses of the other hosts.
    private let peers = Protected<Set<IPAddress>>([])
    private let state = Protected(State())
    /// Of what may be sent here.
    private let changed = ChangeSignals()
    private let stopping = Signal()

    /// Deliveries of a hook that may wait.
    static let limit = 5_000
    /// Deliveries of a hook that are kept, with those that wait.
    static let history = 10_000
    /// Of a body, in bytes: a longer document is reduced to its id.
    static let bodyLimit = 64 << 10
    private static let batch = 500
    /// How late a transaction with a lower number may end, in milliseconds.
    private static let overlap: Int64 = 3_000
    private static let pause = Duration.milliseconds(10)
    private static let retryPause = Duration.seconds(5)
    private static let peerInterval = Duration.seconds(60)

    init(settings: GatewaySettings, store: SessionStore, environment: BridgeEnvironment, logger: Logger) {
        self.store = store
        self.environment = environment
        self.logger = logger
        self.cluster = settings.hostAddresses
        var client = HTTPClientSettings()
        client.allowsPlainHTTP = true
        client.connectTimeout = .seconds(5)
        client.totalTimeout = .seconds(10)
        client.maxIdleConnections = 4
        client.userAgent = "jetbridge/\(settings.version)"
        let policy = AddressPolicy()
        let guarded = HTTPClient(client) { [peers] address, port in
            guard let own = IPAddress.ofThisMachine() else { return "this machine's addresses cannot be read" }
            if peers.withLock({ $0.contains(address) }) { return "it belongs to a host of the cluster" }
            return policy.refusal(of: address, port: port, own: own)
        }
        let free = HTTPClient(client)
        self.senders = settings.webhooks.map { hook in
            WebhookSender(
                hook, client: hook.allowsPrivate ? free : guarded, store: store, environment: environment,
                logger: logger)
        }
        store.held.observe { [weak self] in self?.wake() }
    }

    var hooks: [Webhook] { self.senders.map(\.hook) }

    func wake() {
        for sender in self.senders { sender.wake() }
    }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "changes") { await self.follow() }
            guard !self.senders.isEmpty else { return }
            group.addTask(name: "peers") { await self.followPeers() }
            for sender in self.senders { group.addTask(name: "hook \(sender.hook.name)") { await sender.run() } }
            await group.waitForAll()
        }
    }

    func stop() {
        self.state.withLock { $0.isStopped = true }
        for sender in self.senders { sender.stop() }
        self.store.writes.note()
        self.stopping.signal()
    }

    private var isStopped: Bool { Task.isCancelled || self.state.withLock { $0.isStopped } }

    /// The addresses of other hosts, which no hook may lead to.
    private func followPeers() async {
        while !self.isStopped {
            if let found = try? await self.cluster() { self.peers.withLock { $0 = found } }
            await self.stopping.wait(upTo: Self.peerInterval)
        }
    }

    // MARK: From changes to deliveries

    /// A new hook hears of what changes from now on, so that the gateway listens after this.
    func start() async throws {
        guard !self.senders.isEmpty, self.store.held.contains(.webhooks) else { return }
        try await self.prepare()
    }

    private func prepare() async throws {
        let names = Set(self.hooks.map(\.name))
        try await self.store.write(of: .webhooks) { ledger in
            try ledger.keepWebhooks(names)
            guard !names.isEmpty else { return }
            // The numbers of a copied store begin anew.
            let last = try ledger.lastChange()
            try ledger.setWebhookCursor(min(try ledger.webhookCursor() ?? last, last))
        }
    }

    private func follow() async {
        await self.store.writes.watch { written in
            written.signal()
            var isPrepared = false
            while true {
                await written.wait()
                if self.isStopped { return }
                // Else another host does this.
                guard self.store.held.contains(.webhooks) else {
                    isPrepared = false
                    continue
                }
                do {
                    if !isPrepared {
                        try await self.prepare()
                        isPrepared = true
                        if self.senders.isEmpty { return }
                    }
                    while try await self.look() {}
                } catch is PlaceLost {
                    isPrepared = false
                } catch {
                    self.logger.error("webhooks cannot be stored; retrying", ["error": .string("\(error)")])
                    await self.stopping.wait(upTo: Self.retryPause)
                    written.signal()
                }
                try? await EventLoop.shared.sleep(for: Self.pause)
            }
        }
    }

    /// What one look at the store has found.
    private struct Found: Sendable {
        /// Hooks with a delivery that must go at once.
        var urgent: Set<String> = []
        var rows: [ChangeRow] = []
        var changes: [Change] = []
    }

    /// Stores the deliveries of new changes. Returns whether there may be more.
    private func look() async throws -> Bool {
        let hold = self.store.held.hold(of: .webhooks)
        let isShared = self.store.database.dialect != .sqlite
        let (known, now) = (self.state.withLock { $0 }, self.environment.now())
        let pages = self.environment.settings.pages
        let found = try await self.store.read { ledger in
            var found = Found(urgent: try ledger.urgentWebhooks())
            guard let cursor = try ledger.webhookCursor() else { return found }
            var since = Int64.max
            if isShared, let last = try known.last ?? ledger.change(number: cursor)?.at { since = last - Self.overlap }
            // Up to a thousand are read again.
            found.rows = try ledger.changes(after: cursor, since: since, limit: 1_000 + Self.batch)
                .filter { !known.recent.contains($0.number) }
            found.changes = try EventStream.latest(of: found.rows).compactMap {
                try Change($0, in: ledger, at: now, pages: pages)
            }
            return found
        }
        for sender in self.senders where found.urgent.contains(sender.hook.name) { sender.wake() }
        guard let last = found.rows.max(by: { $0.number < $1.number }) else { return false }
        try await self.store(found.changes, upTo: last.number, of: hold, at: now)
        FaultPoint.webhookStored.hit()
        self.state.withLock { state in
            state.last = max(state.last ?? 0, last.at)
            guard isShared else { return }
            state.recent.formUnion(found.rows.map(\.number))
            if state.recent.count > 5_000 { state.recent = state.recent.filter { $0 > last.number - 2_500 } }
        }
        self.wake()
        return found.rows.count >= Self.batch
    }

    private func store(_ changes: [Change], upTo end: Int64, of hold: PlaceHold, at now: Int64) async throws {
        let hooks = self.hooks
        let isDue = self.state.withLock { state in
            state.uncut += changes.count
            guard state.uncut >= Self.batch else { return false }
            state.uncut = 0
            return true
        }
        let full = try await self.store.write(of: hold) { ledger -> Set<String> in
            var full: Set<String> = []
            for hook in hooks where try ledger.lastWebhookTry(of: hook.name)?.status != HTTPStatus.gone.code {
                for change in changes where hook.events.contains(change.kind.rawValue) {
                    try ledger.insert(change.delivery(to: hook, at: now))
                }
                if try ledger.boundWebhookQueue(of: hook.name, to: Self.limit) > 0 { full.insert(hook.name) }
                // More than were added since the last time.
                if isDue { try ledger.boundWebhookHistory(of: hook.name, to: Self.history, batch: 4 * Self.batch) }
            }
            try ledger.setWebhookCursor(max(end, try ledger.webhookCursor() ?? 0))
            return full
        }
        let new = self.state.withLock { state in
            defer { state.full = full }
            return full.subtracting(state.full)
        }
        for name in new {
            self.logger.warning(
                "too many webhooks wait; the oldest are given up",
                ["hook": .string(name), "limit": .integer(Int64(Self.limit))])
        }
    }
}

extension Webhooks {
    /// A change, and the document that all hooks get.
    private struct Change: Sendable {
        let row: ChangeRow
        let kind: ChangeRow.Kind
        /// Nil once the conversation is deleted, so that this is sent although the rest is not kept.
        let session: String?
        let document: JSON

        /// As an owner sees it who decides nothing.
        private static let owner = Principal(
            credential: CredentialRecord(
                id: "webhooks", kind: .token, name: "webhooks", identity: "host:webhooks", role: .owner,
                scopes: [Scope.read.rawValue], createdAt: 0))

        /// Nil for what is not reported.
        init?(_ row: ChangeRow, in ledger: Ledger, at now: Int64, pages: RepositoryPages) throws {
            guard let kind = row.kind,
                let document = try EventStream.document(
                    of: row, for: Self.owner, in: ledger, at: now, pages: pages)
            else { return nil }
            self.row = row
            self.kind = kind
            self.session = document["state"] == "deleted" ? nil : row.session
            self.document = document
        }

        func delivery(to hook: Webhook, at now: Int64) -> WebhookDelivery {
            Webhooks.delivery(
                to: hook, event: self.kind.rawValue, data: self.document, change: "\(self.row.number)@\(self.row.at)",
                session: self.session, changedAt: self.row.at, at: now)
        }
    }

    /// - Parameter changedAt: what `created_at` in the body says.
    private static func delivery(
        to hook: Webhook, event: String, data: JSON, change: String?, session: String?, changedAt: Int64, at now: Int64
    ) -> WebhookDelivery {
        let id = "\(hook.name)-\(hex(randomBytes(10)))"
        var body: JSON = [
            "id": .string(id), "event": .string(event),
            "created_at": .string(CivilTime(milliseconds: changedAt).rfc3339), "data": data,
        ]
        if body.bytes.count > Self.bodyLimit, var object = body.objectValue {
            object["data"] = ["id": data["id"] ?? .null]
            object["truncated"] = true
            body = .object(object)
        }
        return WebhookDelivery(
            id: id, hook: hook.name, change: change, session: session, event: event, body: body.text, createdAt: now,
            nextAt: change == nil ? WebhookDelivery.atOnce : 0)
    }

    // MARK: For people

    /// Sends a test at once and returns what became of it, or as it waits where nobody has tried it in time.
    func test(_ hook: Webhook) async throws -> WebhookDelivery {
        let now = self.environment.now()
        let delivery = Self.delivery(
            to: hook, event: Webhook.ping, data: ["hook": .string(hook.name)], change: nil, session: nil,
            changedAt: now, at: now)
        return try await self.tried { ledger in
            try ledger.insert(delivery)
            return delivery
        } ?? delivery
    }

    /// Sends a delivery again, at once. Nil if the hook has no such delivery.
    func resend(_ id: String, of hook: Webhook) async throws -> WebhookDelivery? {
        try await self.tried { ledger in try ledger.resendWebhookDelivery(id, of: hook.name) }
    }

    /// Longer than a try takes.
    private static let patience = Duration.seconds(15)

    private func tried(
        _ begin: @escaping @Sendable (Ledger) throws -> WebhookDelivery?
    ) async throws -> WebhookDelivery? {
        var result: WebhookDelivery?
        try await self.store.writes.watch { written in
            // Rows that every host may add.
            result = try await self.store.write(beside: .webhooks, begin)
            guard let id = result?.id else { return }
            self.wake()
            let deadline = ContinuousClock.now + Self.patience
            while result?.nextAt == WebhookDelivery.atOnce, ContinuousClock.now < deadline, !Task.isCancelled {
                await written.wait(upTo: deadline - ContinuousClock.now)
                result = try await self.store.read { ledger in try ledger.webhookDelivery(id) }
            }
        }
        return result
    }
}
