package import Chat
internal import JSON
internal import Lifecycle
internal import Logging
internal import Primitives

/// Between the networks and the model: takes events in, keeps one conversation a thread and one lane a room.
package final class Bridge: MessageSink, Service {
    package let name = "bridge"
    package let store: SessionStore
    package let hub: LiveHub
    package let access: AccessControl
    package let adapters: AdapterRegistry
    package let environment: BridgeEnvironment
    private let context: Protected<ConversationContext?> = Protected(nil)
    let state = Protected(State())
    private let workers: [String: any TurnWorker]
    private let models: ModelDirectory

    struct State {
        var conversations: [ThreadKey: Conversation] = [:]
        var lanes: [RoomID: Lane] = [:]
        /// What places are called now, by what they were called.
        var renamed: [RoomID: RoomID] = [:]
        var isStopping = false
        var onStop: CheckedContinuation<Void, Never>?
    }

    /// Conversations beyond this many are asked to retire when they are idle.
    private static let conversationLimit = 4_096

    package init(
        store: SessionStore, adapters: AdapterRegistry, workers: [String: any TurnWorker], models: ModelDirectory,
        policy: AccessPolicy, environment: BridgeEnvironment
    ) {
        self.store = store
        self.adapters = adapters
        self.workers = workers
        self.models = models
        self.environment = environment
        self.hub = LiveHub(store: store, now: environment.now)
        self.access = AccessControl(policy: policy, store: store, now: environment.now)
    }

    package var modelDirectory: ModelDirectory { self.models }

    /// The metrics in Prometheus' text form, with what has to be looked up first.
    package func exposition() async -> String {
        if let pending = try? await self.store.read({ ledger in try ledger.outboxPending() }) {
            self.environment.metrics.set("outbox_pending", to: Double(pending))
        }
        return self.environment.metrics.text()
    }

    // MARK: In

    @discardableResult
    package func deliver(_ event: InboundEvent) async throws -> Delivery {
        let delivery = try await self.take(event, reply: nil)
        let result =
            switch delivery {
            case .stored: "stored"
            case .duplicate: "duplicate"
            case .ignored(let reason): reason
            }
        self.environment.metrics.count("inbound_events", ["adapter": event.adapter.rawValue, "result": result])
        return delivery
    }

    /// Delivers a message and waits for what it leads to. A repeat of an event returns what the first one led to; nil
    /// when the message is not for us.
    package func submit(_ event: InboundEvent) async throws -> Submission? {
        // The continuation is resumed by the conversation once the message is handled.
        let box = ReplyBox()
        let delivery = try await self.take(event, reply: box)
        self.environment.metrics.count(
            "inbound_events",
            ["adapter": event.adapter.rawValue, "result": "\(delivery == .stored ? "stored" : "duplicate")"])
        switch delivery {
        case .stored: return try await box.value()
        case .ignored: return nil
        case .duplicate:
            let turn = try await self.store.read { ledger in try ledger.turn(ofEvent: event.id, adapter: event.adapter)
            }
            return turn.map { Submission(message: $0.message ?? 0, operation: $0.id) }
        }
    }

    package func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async {
        self.environment.logger.info(
            "the connection is \(status.state.rawValue)",
            ["adapter": .string(adapter.rawValue), "detail": status.detail.map { .string($0) } ?? .null])
        guard status.state == .up else { return }
        for (room, lane) in self.state.withLock({ $0.lanes }) where room.adapter == adapter { await lane.wake() }
    }

    private func take(_ event: InboundEvent, reply: ReplyBox?) async throws -> Delivery {
        switch event.kind {
        case .message(let message): return try await self.take(message, event: event, reply: reply)
        case .threadRenamed(let from, let to):
            try await self.store.write { ledger in try ledger.rename(from, to: to) }
            return .stored
        case .identityEnded(let identity):
            try await self.access.end(identity)
            return .stored
        case .messageEdited(let edit): return try await self.take(.edit(edit), event: event)
        case .messageDeleted(let reference): return try await self.take(.deletion(reference), event: event)
        case .choice(let choice): return try await self.take(choice, event: event)
        case .roomRenamed(let from, let to): return try await self.rename(from, to: to)
        }
    }

    // MARK: Conversations and lanes

    func conversation(for key: ThreadKey) -> Conversation {
        let context = self.sharedContext
        let (conversation, isCrowded) = self.state.withLock { state -> (Conversation, Bool) in
            if let conversation = state.conversations[key] { return (conversation, false) }
            let conversation = Conversation(key: key, context: context)
            state.conversations[key] = conversation
            return (conversation, state.conversations.count % Self.conversationLimit == 0)
        }
        // Tidying asks each conversation, so it goes beside the message that caused it.
        if isCrowded { Task { await self.retireIdle() } }
        return conversation
    }

    private func retireIdle() async {
        for (key, conversation) in self.state.withLock({ $0.conversations }) where await conversation.retire() {
            self.state.withLock { state in
                if state.conversations[key] === conversation { state.conversations[key] = nil }
            }
        }
    }

    private var sharedContext: ConversationContext {
        self.context.withLock { stored in
            if let context = stored { return context }
            let context = ConversationContext(
                store: self.store, hub: self.hub, adapters: self.adapters, workers: self.workers, models: self.models,
                access: self.access, environment: self.environment,
                gate: TurnGate(
                    perHost: self.environment.settings.turnsPerHost,
                    perPerson: self.environment.settings.turnsPerPerson),
                histories: HistoryCache(entryLimit: Conversation.historyLimit),
                marks: QueueMarks(adapters: self.adapters),
                dispatch: { [weak self] items in await self?.dispatch(items) },
                reserve: { [weak self] room in await self?.lane(for: room)?.reserve() ?? false },
                dispatchReserved: { [weak self] room, items in await self?.lane(for: room)?.enqueueReserved(items) },
                preview: { [weak self] turn, poster, answer in
                    await self?.lane(for: turn.route.room)?.show(answer, of: turn, rendering: poster)
                },
                endPreview: { [weak self] turn in
                    await self?.lane(for: turn.route.room)?.endPreview(of: turn.id) ?? false
                })
            stored = context
            return context
        }
    }

    private func dispatch(_ items: [OutboxItem]) async {
        for (room, items) in Dictionary(grouping: items, by: \.route.room) {
            await self.lane(for: room)?.enqueue(items)
        }
    }

    func lane(for room: RoomID) -> Lane? {
        guard let adapter = self.adapters[room.adapter] else { return nil }
        return self.state.withLock { state in
            let room = state.renamed[room] ?? room
            if let lane = state.lanes[room] { return lane }
            let lane = Lane(room: room, adapter: adapter, store: self.store, environment: self.environment)
            state.lanes[room] = lane
            return lane
        }
    }

    // MARK: Life

    /// Puts in order what the last run left: connection grants end, cut sends become unknown, cut turns are begun again
    /// when nobody has seen anything of them and closed with one note otherwise. Call it once, before adapters run.
    package func recover() async throws {
        try await self.access.load()
        let renamed = try await self.store.read { ledger in try ledger.renamedRooms() }
        self.state.withLock { $0.renamed = renamed }
        let recovery = Recovery(environment: self.environment, adapters: self.adapters)
        let resumed = try await self.store.write { ledger in try recovery.run(in: ledger) }
        for room in try await self.store.read({ ledger in try ledger.roomsWithOutbox() }) {
            await self.lane(for: room)?.wake()
        }
        for turn in resumed {
            await self.conversation(for: turn.key).restore(turn.turn)
        }
        try await self.takeUpInbox()
    }

    private func takeUpInbox() async throws {
        var last: Int64 = 0
        while true {
            let after = last
            let events = try await self.store.read { ledger in try ledger.newEvents(after: after, limit: 256) }
            // Before anybody is served, so that a client's repeat of a message finds what it led to.
            var replies: [ReplyBox] = []
            for event in events {
                let reply = ReplyBox()
                await self.hand(.message(event), of: event.message.thread, reply: reply)
                replies.append(reply)
            }
            for reply in replies { _ = try? await reply.value() }
            guard let number = events.last?.number else { return }
            last = number
        }
    }

    /// Keeps the tables small until ``stop()``.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "housekeeping") { try await self.keepHouse() }
            group.addTask(name: "stop") {
                await withTaskCancellationHandler {
                    await withCheckedContinuation { continuation in
                        let isStopped = self.state.withLock { state in
                            if state.isStopping { return true }
                            state.onStop = continuation
                            return false
                        }
                        if isStopped { continuation.resume() }
                    }
                } onCancel: {
                    self.release()
                }
            }
            // Whichever ends first: a stop, or housekeeping that was cancelled.
            try await group.next()
            group.cancelAll()
        }
    }

    /// Lets running turns end within the drain time, closes the rest as interrupted, and lets the outbox run empty.
    package func stop() async {
        self.state.withLock { $0.isStopping = true }
        let conversations = self.state.withLock { Array($0.conversations.values) }
        let deadline = ContinuousClock.now + self.environment.settings.drainTimeout
        // All of them before one is waited for: a turn that began meanwhile would only be cut.
        for conversation in conversations { await conversation.beginNoMore() }
        for conversation in conversations { await conversation.close(by: deadline) }
        let lanes = self.state.withLock { Array($0.lanes.values) }
        let flush = ContinuousClock.now + .seconds(5)
        for lane in lanes { await lane.drain(until: flush) }
        self.release()
    }

    private func release() {
        self.state.withLock { $0.onStop.take() }?.resume()
    }

    private func keepHouse() async throws {
        while true {
            let now = self.environment.now()
            do {
                try await self.store.write { ledger in
                    try ledger.pruneFrames(before: now - 3_600_000)
                    try ledger.pruneInbox(before: now - 30 * 24 * 3_600_000)
                    try ledger.pruneOutbox(before: now - 30 * 24 * 3_600_000)
                }
            } catch {
                // It has time until the next round.
                self.environment.logger.warning("old entries could not be deleted", ["error": .string("\(error)")])
            }
            try await Task.sleep(for: .seconds(600))
        }
    }
}
