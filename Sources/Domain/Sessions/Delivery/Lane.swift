internal import Chat
internal import JSON
internal import Logging
internal import Primitives

/// The single writer of one room: takes the outbox in order, one message at a time.
///
/// A message is marked as being sent before it is, and as sent afterwards; a crash or a lost connection in between
/// makes it *unknown*, and an unknown one is looked for on the platform or repeated with a mark.
actor Lane {
    let room: RoomID
    let adapter: any ChatAdapter
    let store: SessionStore
    let environment: BridgeEnvironment
    var queue: [OutboxItem] = []
    /// More may be in storage than in `queue`, which is bounded.
    private var hasMore = false
    private var isRunning = false
    /// Nothing is sent until the messages come that the lane was reserved for.
    private var isReserved = false
    /// The message that was marked as being sent by the transaction that stored it.
    private var markedBefore: Int64?
    /// Storage is being read: what is enqueued meanwhile is found by the next reading.
    private var isRefilling = false
    private var retryDelay: Duration = .milliseconds(500)
    /// The message that is looked for in vain, and since when.
    private var search: (item: Int64, since: ContinuousClock.Instant)?
    /// The lane that has taken over the room.
    private var successor: Lane?
    private var wakeUp: CheckedContinuation<Void, Never>?
    private var onDrained: CheckedContinuation<Void, Never>?
    /// Growing answers by turn; they give way to whatever is in the queue.
    var previews: [String: Preview] = [:]
    var isShowingPreview = false
    var previewTimer: (due: ContinuousClock.Instant, task: Task<Void, Never>)?
    var previewWaiters: [CheckedContinuation<Void, Never>] = []
    /// Tokens of the room's pace: when the burst is used up, one comes back each `postInterval`.
    var sentTimes: [ContinuousClock.Instant] = []
    /// The platform has told us to be silent until then.
    var blockedUntil: ContinuousClock.Instant?
    /// When messages that still grow were sent last, by the platform's ids.
    var touched: [String: ContinuousClock.Instant] = [:]
    /// The first message waits for its time, and another one may go before it.
    var isHolding = false

    static let queueLimit = 256

    init(room: RoomID, adapter: any ChatAdapter, store: SessionStore, environment: BridgeEnvironment) {
        self.room = room
        self.adapter = adapter
        self.store = store
        self.environment = environment
    }

    var isIdle: Bool { !self.isRunning }
    /// The room goes by another name.
    var isHandedOver: Bool { self.successor != nil }
    /// It waits for a time or for ``wake()``.
    var isPausing: Bool { self.wakeUp != nil }

    /// Takes messages that were just committed to the outbox. Two threads of a room may report theirs in another order
    /// than that of their ids, and a reading of storage may have found one before: the mark skips what is sent already.
    func enqueue(_ items: [OutboxItem]) async {
        if let successor = self.successor { return await successor.enqueue(items) }
        // An edit of a message that stands there already has an old id, and must not wait behind what is in storage.
        self.queue += items.filter { $0.reference != nil }
        for item in items where item.reference == nil {
            if self.hasMore || self.isRefilling || self.queue.count >= Self.queueLimit {
                self.hasMore = true
                break
            }
            self.queue.append(item)
        }
        if self.isHolding { self.wakeUp.take()?.resume() }
        self.start()
    }

    /// Keeps the lane for messages that are about to be stored, so that the first of them can be marked as being sent by
    /// the transaction that stores it. False when something else goes first, or nothing can be sent now. After true
    /// ``enqueueReserved(_:)`` has to follow.
    func reserve() -> Bool {
        guard !self.isRunning, self.queue.isEmpty, !self.hasMore, self.previews.isEmpty,
            !self.isGrowing, self.adapter.status.state == .up, self.nextFreePace == nil, self.blockedUntil == nil
        else { return false }
        self.isRunning = true
        self.isReserved = true
        return true
    }

    /// Takes the messages that the lane was reserved for, the first one marked, or none; what came meanwhile follows.
    func enqueueReserved(_ items: [OutboxItem]) async {
        guard self.isReserved else {
            // Another lane was, before the room got another name.
            if let first = items.first { await self.set(first, .pending) }
            return await self.enqueue(items)
        }
        self.isReserved = false
        self.isRunning = false
        self.markedBefore = items.first?.id
        self.hasMore = self.hasMore || items.count > Self.queueLimit
        self.queue = items.prefix(Self.queueLimit) + self.queue
        self.start()
    }

    /// Looks into storage: after a restart, or when the network is back.
    func wake() {
        self.hasMore = true
        self.wakeUp.take()?.resume()
        self.start()
    }

    /// Waits until everything is sent, or until `deadline`.
    func drain(until deadline: ContinuousClock.Instant) async {
        guard self.isRunning else { return }
        // A deadline beside the writer that is waited for; cancelled below.
        let timer = Task {
            do { try await Task.sleep(until: deadline, clock: .continuous) } catch { return }
            self.releaseDrain()
        }
        await withCheckedContinuation { self.onDrained = $0 }
        timer.cancel()
    }

    private func releaseDrain() { self.onDrained.take()?.resume() }

    /// Gives up the room, which goes by another name: what is not sent yet is found in storage by `next`.
    func hand(over next: Lane) {
        self.successor = next
        self.previews = [:]
        self.hasMore = false
        self.queue = Array(self.queue.prefix(self.isRunning && !self.isReserved ? 1 : 0))
        self.wakeUp.take()?.resume()
    }

    func start() {
        guard !self.isRunning else { return }
        self.isRunning = true
        // The lane's own writer: it ends when the room's outbox is empty, and there is never more than one.
        Task { await self.run() }
    }

    private func run() async {
        var isMarked = false
        while true {
            await self.waitWhileBlocked()
            if !isMarked { self.bringForward() }
            guard let item = self.queue.first else {
                if self.hasMore {
                    await self.refill()
                } else if await !self.showPreview() {
                    break
                }
                continue
            }
            if await self.holdFirst() { continue }
            await self.settleDraft(before: item)
            // The room's pace is that of posts; what edits cost beyond their interval is the adapter's to know.
            if item.reference == nil { await self.pace() }
            if !isMarked, item.id != self.markedBefore {
                guard await self.mark(item) else {
                    self.queue.removeFirst()
                    continue
                }
            }
            self.markedBefore = nil
            FaultPoint.sendMarked.hit()
            isMarked = await self.send(item)
        }
        self.isRunning = false
        self.releaseDrain()
    }

    /// Sends the first item of the queue. Returns whether the next one is marked already.
    private func send(_ item: OutboxItem) async -> Bool {
        do {
            let reference = try await self.transmit(item)
            FaultPoint.sendDone.hit()
            self.retryDelay = .milliseconds(500)
            self.queue.removeFirst()
            self.environment.metrics.count(
                "outbound", ["adapter": self.adapter.id.rawValue, "kind": item.kind.rawValue, "result": "sent"])
            if let reference = item.reference { self.touched[reference] = nil }
            let isMarked = await self.record(item, reference: reference)
            FaultPoint.sendRecorded.hit()
            return isMarked
        } catch let error as AdapterError {
            await self.handle(error, for: item)
        } catch {
            // Cancelled or unexpected: what became of the message is not known.
            await self.handle(AdapterError(.timedOut, "\(error)", isCertain: false), for: item)
        }
        return false
    }

    private func transmit(_ item: OutboxItem) async throws -> MessageReference {
        var item = item
        // It was stored when the room went by another name.
        if item.route.room != self.room { item.route = item.route.moved(to: self.room) }
        if item.kind == .removal { return try await self.remove(item) }
        let buttons = self.adapter.traits(of: self.room).capabilities.contains(.buttons) ? item.buttons : []
        var isRepeat = item.state == .unknown
        if isRepeat, item.reference == nil, let reconciling = self.adapter as? any ReconcilingAdapter {
            switch try await self.find(item, by: reconciling) {
            case .there(let found):
                // What arrived may have been an earlier state of a growing answer.
                guard item.kind != .file, let editing = self.adapter as? any EditingAdapter else { return found }
                try await editing.replace(
                    found,
                    with: OutgoingMessage(text: item.text, route: item.route, token: item.token, buttons: buttons))
                return found
            case .notThere: isRepeat = false
            case .cannotBeTold: break
            }
        }
        if item.kind == .file { return try await self.upload(item, isRepeat: isRepeat) }
        let text = isRepeat ? Composer.repeatMark + item.text : item.text
        let message = OutgoingMessage(
            text: text, route: item.route, token: item.token, isRepeat: isRepeat, buttons: buttons)
        if let id = item.reference, let editing = self.adapter as? any EditingAdapter {
            // Putting the same text there twice is harmless, so an edit is never marked as a repeat.
            let reference = MessageReference(room: item.route.room, id: id)
            let edit = OutgoingMessage(text: item.text, route: item.route, token: item.token, buttons: buttons)
            try await editing.replace(reference, with: edit)
            return reference
        }
        return try await self.adapter.post(message)
    }

    private enum Search {
        case there(MessageReference)
        case notThere
        /// The network does not let us look (a right that is missing, a history that never comes): a repeat with its
        /// mark is better than nothing.
        case cannotBeTold
    }

    private func find(_ item: OutboxItem, by reconciling: any ReconcilingAdapter) async throws -> Search {
        do {
            let found = try await reconciling.find(token: item.token, in: item.route)
            self.search = nil
            return found.map { .there($0) } ?? .notThere
        } catch let error as AdapterError {
            switch error.code {
            case .forbidden, .notFound, .invalid: break
            case .rateLimited, .unauthorized: throw error
            case .disconnected, .timedOut:
                // Everything else in the room waits behind it.
                guard self.noteVainSearch(for: item) >= self.environment.settings.searchLimit else { throw error }
            }
            self.environment.logger.warning(
                "a message of unknown fate cannot be looked for",
                ["room": "\(self.room)", "error": .string(error.message)])
            return .cannotBeTold
        }
    }

    /// How long `item` has been looked for in vain while the network was there.
    private func noteVainSearch(for item: OutboxItem) -> Duration {
        guard self.adapter.status.state == .up else {
            self.search = nil
            return .zero
        }
        let now = ContinuousClock.now
        if let search = self.search, search.item == item.id { return now - search.since }
        self.search = (item.id, now)
        return .zero
    }

    /// Keeps a message for another try. What is not known about an earlier try is not learned by a later one's refusal.
    private func keep(_ item: OutboxItem, after error: AdapterError) async {
        let isUnknown = !error.isCertain || item.state == .unknown
        await self.set(item, isUnknown ? .unknown : .pending)
        if isUnknown, self.queue.first?.id == item.id { self.queue[0].state = .unknown }
    }

    private func handle(_ error: AdapterError, for item: OutboxItem) async {
        let labels = ["adapter": self.adapter.id.rawValue, "kind": item.kind.rawValue, "result": error.code.rawValue]
        self.environment.metrics.count("outbound", labels)
        if let successor = self.successor {
            // Whatever the old place says of it, the new one has not been asked yet; what was to be done to a message of
            // the old place is done with it.
            self.queue = []
            if item.isOfItsPlace {
                await self.set(item, .dropped, error: error.message)
            } else {
                await self.keep(item, after: error)
            }
            return await successor.wake()
        }
        switch error.code {
        case .forbidden, .notFound, .invalid:
            if item.kind == .removal, self.adapter is any EditingAdapter { return await self.blank(item) }
            if item.reference != nil, error.code == .notFound, item.kind == .final, item.text != OutboxItem.blank {
                return await self.postAnew(item)
            }
            if item.kind == .file { return await self.replaceFile(item) }
            self.queue.removeFirst()
            self.environment.logger.warning(
                "a message was refused by the network", ["room": "\(self.room)", "error": .string(error.message)])
            await self.set(item, .failed, error: error.message)
        case .rateLimited:
            self.countRefusal(error)
            await self.keep(item, after: error)
            self.block(for: error.retryAfter ?? .seconds(5))
        case .disconnected, .unauthorized, .timedOut:
            await self.keep(item, after: error)
            await self.pause(error.retryAfter ?? self.retryDelay)
            self.retryDelay = min(self.retryDelay * 2, .seconds(30))
        }
    }

    /// Marks `item` as being sent. False when it is not to be sent any more.
    private func mark(_ item: OutboxItem) async -> Bool {
        await self.persistently { ledger in try ledger.markSending(item.id, at: self.environment.now()) }
    }

    /// Records a sent message and marks the next one in the same transaction.
    private func record(_ item: OutboxItem, reference: MessageReference) async -> Bool {
        let now = self.environment.now()
        self.bringForward()
        // What has to wait is not marked before its time: something else may come meanwhile, or the end of the process,
        // after which nobody would know that it was never sent.
        let next = self.queue.first.flatMap { self.isDue($0) ? $0 : nil }
        let isNextMarked = await self.persistently { ledger in
            try ledger.setOutbox(item.id, .sent, reference: reference.id, at: now)
            guard let next else { return false }
            return try ledger.markSending(next.id, at: now)
        }
        if next != nil, !isNextMarked { self.queue.removeFirst() }
        return isNextMarked
    }

    private func set(_ item: OutboxItem, _ state: OutboxItem.State, error: String? = nil) async {
        let now = self.environment.now()
        await self.persistently { ledger in try ledger.setOutbox(item.id, state, error: error, at: now) }
    }

    private func refill() async {
        self.hasMore = false
        self.isRefilling = true
        let room = self.room
        let items = await self.persistently { ledger in
            try ledger.openOutbox(of: room, after: 0, limit: Self.queueLimit)
        }
        self.isRefilling = false
        // Edits that arrived meanwhile are kept; an entry in both is skipped when it comes up again.
        self.queue = items + self.queue
        self.hasMore = self.hasMore || items.count == Self.queueLimit
    }

    /// Storage that does not answer (a full disk) stops the lane, it does not lose the message.
    @discardableResult
    func persistently<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async -> T {
        var pause = StoragePause()
        while true {
            do {
                return try await self.store.write(body)
            } catch {
                self.environment.logger.error("the outbox cannot be stored", ["error": .string("\(error)")])
                await pause.wait()
            }
        }
    }

    /// Waits, or until ``wake()``.
    func pause(_ duration: Duration) async {
        // Either the time or `wake()` resumes; cancelled below.
        let timer = Task {
            // A cancelled one must not wake the next wait.
            do { try await Task.sleep(for: duration) } catch { return }
            self.wakeUp.take()?.resume()
        }
        await withCheckedContinuation { self.wakeUp = $0 }
        timer.cancel()
    }
}
