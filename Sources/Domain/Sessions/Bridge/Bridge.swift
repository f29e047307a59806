internal import Attention
package import Chat
package import Delivery
internal import Etiquette
package import Files
internal import JSON
internal import Lifecycle
internal import Logging
internal import Metrics
package import Models
package import People
package import Posts
internal import Primitives
package import Store
internal import Surroundings
package import Telemetry
package import Threads

/// Connects networks and models: stores incoming events and hands them to the conversations of their threads.
package final class Bridge: MessageSink, Service {
    package let name = "bridge"
    package let posts: ThreadPosts
    package let store: SessionStore
    package let hub: LiveHub
    package let access: AccessControl
    package let shares: ShareDesk
    package let adapters: AdapterRegistry
    package let environment: BridgeEnvironment
    let lanes: Lanes
    let conversations: Conversations
    let questions = OpenQuestions()
    let mutes = MutedThreads()
    let notices: AskNotices
    let strangers: Strangers
    let lost: LostAnswers
    private let trials: InboxTrials
    package let askChanges = ChangeSignals()
    let indexer: MessageIndexer
    /// Admits people's files.
    package let fileQuota: FileQuota
    /// Jobs and files of sessions; nil on a host without workspaces.
    package let desk: (any CommandDesk)?
    let accounts: (any PersonalAccounts)?
    package let modelDirectory: ModelDirectory
    /// Nil on a host without tools.
    package let agent: AgentDirectory?
    let state = Protected(State())

    struct State {
        var isStopping = false
        var isHandingOver = false
        var onStop: CheckedContinuation<Void, Never>?
        /// Places that another host gets soon: the inbox keeps their events for it.
        var leaving: Set<Place> = []
        /// Places whose recovery has not ended.
        var arriving: Set<Place> = []
        /// Who waits for the end of a recovery.
        var takers: [Signal] = []
        /// When it last looked.
        var pulse: Pulse?
        /// The last cleaning up after lost places.
        var sweep: Task<Void, Never>?
        /// Repeats that wait for the first submission of an event, while that is being handled.
        var submissions: [EventKey: [ReplyBox]] = [:]
        /// Time of the last quota notice in each thread, in milliseconds since 1970.
        var refused: [ThreadKey: Int64] = [:]

        /// The recovery of places has ended, or they are lost.
        mutating func arrived(_ places: Set<Place>) {
            self.arriving.subtract(places)
            for taker in self.takers { taker.signal() }
            self.takers = []
        }
    }

    struct EventKey: Hashable {
        let adapter: AdapterID
        let id: String
    }

    package init(
        _ posts: ThreadPosts, access: AccessControl, workers: [TurnKind: any TurnWorker], models: ModelDirectory,
        repositories: RepositoryDirectory = RepositoryDirectory(), desk: (any CommandDesk)? = nil,
        agent: AgentDirectory? = nil, accounts: (any PersonalAccounts)? = nil
    ) {
        let environment = posts.environment
        self.posts = posts
        self.desk = desk
        self.accounts = accounts
        self.store = posts.store
        self.trials = InboxTrials(store: posts.store)
        self.adapters = posts.adapters
        self.modelDirectory = models
        self.agent = agent
        self.environment = environment
        self.indexer = MessageIndexer(store: posts.store, logger: environment.logger)
        self.fileQuota = FileQuota(
            store: posts.store, limits: environment.settings.quota, files: environment.settings.files,
            now: environment.now)
        self.hub = posts.hub
        self.access = access
        self.shares = ShareDesk(store: posts.store, access: access, environment: environment)
        self.lanes = posts.lanes
        self.notices = AskNotices(
            store: posts.store, hub: posts.hub, lanes: posts.lanes, adapters: posts.adapters, access: access,
            questions: self.questions, changes: self.askChanges, environment: environment)
        self.strangers = Strangers(
            store: posts.store, adapters: posts.adapters, access: access, notices: self.notices,
            environment: environment)
        let lost = LostAnswers(
            store: posts.store, hub: posts.hub, lanes: posts.lanes, adapters: posts.adapters, access: access,
            environment: environment)
        self.lost = lost
        posts.lanes.refusing.observe { [weak lost] room in await lost?.bring(from: room) }
        self.conversations = Conversations(
            context: ConversationContext(
                store: posts.store, hub: posts.hub, adapters: posts.adapters, lanes: posts.lanes, workers: workers,
                models: models, repositories: repositories, access: access, shares: self.shares,
                environment: environment,
                gate: TurnGate(
                    perHost: environment.settings.turnsPerHost, perPerson: environment.settings.turnsPerPerson),
                histories: HistoryCache(entryLimit: Conversation.historyLimit),
                questions: self.questions, mutes: self.mutes, notices: self.notices, askChanges: self.askChanges,
                indexer: self.indexer, fileQuota: self.fileQuota, desk: desk, agent: agent, accounts: accounts,
                schedules: posts.schedules))
        access.observe { [weak self] change in await self?.apply(change) }
        access.observeLinks { link in
            _ = try? await posts.tell { ledger in
                let session = try ledger.session(for: link.thread)
                return session.map { [ThreadNews(session: $0.id, markdown: LinkTexts.told(link))] } ?? []
            }
        }
        posts.store.held.observe { [weak self] in self?.beginSweep() }
    }

    /// A bridge whose parts nothing else needs.
    package convenience init(
        store: SessionStore, adapters: AdapterRegistry, workers: [TurnKind: any TurnWorker], models: ModelDirectory,
        policy: AccessPolicy, environment: BridgeEnvironment, desk: (any CommandDesk)? = nil,
        agent: AgentDirectory? = nil, accounts: (any PersonalAccounts)? = nil
    ) {
        self.init(
            ThreadPosts(store: store, adapters: adapters, environment: environment),
            access: AccessControl(
                policy: policy, store: store, audit: environment.auditDecision, now: environment.now), workers: workers,
            models: models, desk: desk, agent: agent, accounts: accounts)
    }

    /// The metrics in Prometheus' text form, including those that are read from the store.
    package func exposition() async -> String {
        await self.refreshMetrics()
        return self.environment.metrics.text()
    }

    /// Sends metrics and traces; nil without telemetry.
    package func exporter(version: String) -> TelemetryExporter? {
        self.environment.tracer.map { tracer in
            self.environment.metrics.exporter(for: tracer, version: version) { await self.refreshMetrics() }
        }
    }

    private func refreshMetrics() async {
        if let pending = try? await self.store.read({ ledger in try ledger.outboxPending() }) {
            self.environment.metrics.set(.outboxPending, to: Double(pending))
        }
    }

    // MARK: In

    @discardableResult
    package func deliver(_ event: InboundEvent) async throws -> Delivery {
        let delivery = try await self.take(event, reply: nil)
        self.count(delivery, of: event)
        return delivery
    }

    /// Delivers a message and waits until it is handled; while the host stops, its turn waits for the next start. A
    /// repeat of an event waits for the first one, and returns its submission; nil if a former run of the host took that,
    /// and its message is still in the inbox. Throws ``IgnoredEvent`` if the message is not for the bot.
    package func submit(_ event: InboundEvent) async throws -> Submission? {
        let key = EventKey(adapter: event.adapter, id: event.id)
        while true {
            let box = ReplyBox()
            let isFirst = self.state.withLock { state -> Bool in
                guard state.submissions[key] != nil else {
                    state.submissions[key] = []
                    return true
                }
                state.submissions[key]?.append(box)
                return false
            }
            guard !isFirst else { return try await self.submit(event, first: key) }
            self.count(.duplicate, of: event)
            do {
                return try await box.value()
            } catch is CancellationError {
                // The caller of the first one has left.
                try Task.checkCancellation()
            }
        }
    }

    /// Submits an event, and passes the result on to its repeats.
    private func submit(_ event: InboundEvent, first key: EventKey) async throws -> Submission? {
        let result: Result<Submission?, any Error>
        do {
            result = .success(try await self.handled(event))
        } catch {
            result = .failure(error)
        }
        let repeats = self.state.withLock { $0.submissions.removeValue(forKey: key) ?? [] }
        for box in repeats { box.resume(with: result) }
        return try result.get()
    }

    private func handled(_ event: InboundEvent) async throws -> Submission? {
        // The continuation is resumed by the conversation once the message is handled.
        let box = ReplyBox()
        let delivery = try await self.take(event, reply: box)
        self.count(delivery, of: event)
        switch delivery {
        case .stored: return try await box.value()
        case .ignored(let reason):
            // A repeat may come after the thread was muted.
            guard let earlier = try await self.submission(of: event) else { throw IgnoredEvent(reason: reason) }
            return earlier
        case .duplicate: return try await self.submission(of: event)
        }
    }

    /// What an event has become that was handled earlier.
    private func submission(of event: InboundEvent) async throws -> Submission? {
        let turn = try await self.store.read { ledger in try ledger.turn(ofEvent: event.id, adapter: event.adapter) }
        return turn.map { Submission(message: $0.message ?? 0, operation: $0.id) }
    }

    private func count(_ delivery: Delivery, of event: InboundEvent) {
        let result =
            switch delivery {
            case .stored: "stored"
            case .duplicate: "duplicate"
            case .ignored(let reason): reason
            }
        self.environment.metrics.count(.inboundEvents, ["adapter": event.adapter.rawValue, "result": result])
    }

    package func statusChanged(_ status: AdapterStatus, of adapter: AdapterID) async {
        self.environment.logger.info(
            "the connection is \(status.state.rawValue)",
            ["adapter": .string(adapter.rawValue), "detail": status.detail.map { .string($0) } ?? .null])
        guard status.state == .up else { return }
        await self.lanes.tryAgain(all: adapter)
    }

    /// A message begins a trace, or continues that of the request that brought it.
    private func take(_ event: InboundEvent, reply: ReplyBox?) async throws -> Delivery {
        guard let tracer = self.environment.tracer, case .message = event.kind else {
            return try await self.handle(event, reply: reply)
        }
        let span = tracer.span(
            "receive \(event.adapter.rawValue)", .consumer,
            attributes: ["jetbridge.network": .string(event.adapter.rawValue), "jetbridge.event": .string(event.id)],
            parent: Span.current?.context)
        do {
            let delivery = try await Span.$current.withValue(span) { try await self.handle(event, reply: reply) }
            // What was not for the bot leaves no trace.
            if delivery == .stored { span.end() }
            return delivery
        } catch {
            span.fail("\(type(of: error))", "\(error)")
            span.end()
            throw error
        }
    }

    private func handle(_ event: InboundEvent, reply: ReplyBox?) async throws -> Delivery {
        try self.checkServes(event)
        switch event.kind {
        case .message(let message):
            await self.lanes.heard(in: message.route.room)
            return try await self.take(message, event: event, reply: reply)
        case .roomReturned(let room):
            await self.lanes.tryAgain(room)
            return .stored
        case .identityEnded(let identity):
            try await self.end(identity)
            return .stored
        case .messageEdited(let edit): return try await self.take(.edit(edit), event: event)
        case .messageDeleted(let reference): return try await self.take(.deletion(reference), event: event)
        case .choice(let choice): return try await self.take(choice, event: event)
        case .roomRenamed(let from, let to): return try await self.rename(from, to: to)
        }
    }

    /// Stops a turn of `thread` that runs or waits. Unlike the command `stop`, it leaves no message in the thread.
    package func stop(_ turn: String, in thread: ThreadKey, by sender: Sender? = nil) async throws {
        try await self.conversations.conversation(for: thread).stop(turn, by: sender)
    }

    // MARK: Life

    /// Cleans up after the last run: connection grants end, interrupted sends become unknown, interrupted turns are
    /// restarted if they showed nothing and closed with one note otherwise. Call it once, before adapters run.
    ///
    /// - Parameter places: Those that belong to this host from the start.
    package func recover(_ places: Places = .all) async throws {
        if case .some(let places) = places { self.store.held.take(places) }
        try await self.recover(places, after: .restart)
    }

    func recover(_ places: Places, after interruption: Interruption) async throws {
        let deadline = ContinuousClock.now + self.environment.settings.inboxPatience
        try await self.access.load(places)
        for places in places.batches {
            try await Recovery(
                store: self.store, environment: self.environment, adapters: self.adapters, access: self.access,
                lanes: self.lanes, conversations: self.conversations, questions: self.questions,
                accounts: self.accounts, places: places, interruption: interruption, trials: self.trials,
                deadline: deadline
            ).run()
        }
        for places in places.batches { try await self.loadMutes(of: places) }
        try await self.notices.load()
        if try await self.store.read({ ledger in try ledger.hasUnindexedMessages() }) {
            self.indexer.messagesWereStored()
        }
    }

    /// The host is stopping: the inbox keeps new events for the next start.
    package var isStopping: Bool { self.state.withLock { $0.isStopping } }

    /// Another program takes over this process: until then requests are served, and the next one serves those that wait.
    package var isHandingOver: Bool { self.state.withLock { $0.isHandingOver } }

    /// Whether a place's events are for its next host.
    func isStopping(_ place: Place) -> Bool {
        self.state.withLock { $0.isStopping || $0.leaving.contains(place) }
    }

    /// The time by which stored data expires; see ``Ledger/expiryTime(at:)``.
    package func expiryTime() async throws -> Int64 {
        let now = self.environment.now()
        return try await self.store.read { ledger in try ledger.expiryTime(at: now) }
    }

    /// Deletes expired data until ``stop()``.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "janitor") {
                try await Janitor(store: self.store, environment: self.environment).run()
            }
            group.addTask(name: "reports") { try await ReportPosting(posts: self.posts).run() }
            group.addTask(name: "schedules") { try await SchedulePosting(bridge: self).run() }
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
            // Whichever ends first: the stop, or one of the others when it is cancelled.
            try await group.next()
            group.cancelAll()
        }
    }

    /// Another program is to take over: turns that ``stop()`` would interrupt are left to it.
    package func handOver() { self.state.withLock { $0.isHandingOver = true } }

    /// Lets running turns end within the drain time, closes the rest as interrupted, and flushes the outbox.
    package func stop() async {
        let cut: RunningTurn.Cut = self.state.withLock { state in
            state.isStopping = true
            return state.isHandingOver ? .handedOver : .shutdown
        }
        await self.conversations.close(by: .now + self.environment.settings.drainTimeout, because: cut)
        await self.lanes.drain(until: .now + .seconds(5))
        await self.trials.close()
        self.release()
    }

    private func release() {
        self.state.withLock { $0.onStop.take() }?.resume()
    }
}
