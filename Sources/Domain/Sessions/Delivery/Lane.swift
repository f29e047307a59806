internal import Chat
internal import JSON
internal import Logging
internal import Primitives

/// The single writer of one room: takes the outbox in order, one message at a time.
///
/// A message is marked as *sending* before it is sent and as *sent* afterwards; a crash or a lost connection in between
/// makes it *unknown*, and an unknown one is looked for on the platform or repeated with a mark.
actor Lane {
    let room: RoomID
    let adapter: any ChatAdapter
    let store: SessionStore
    let environment: BridgeEnvironment
    let reactions: BotReactions
    var queue: [OutboxItem] = []
    /// Storage may hold more than `queue`, which is bounded.
    private var hasMore = false
    private var isRunning = false
    /// Nothing is sent until ``enqueueReserved(_:)`` brings the messages that the lane is reserved for.
    private var isReserved = false
    /// The message that was stored and marked as being sent in one transaction.
    private var markedBefore: Int64?
    /// Storage is being read: messages enqueued in the meantime are found by the next read.
    private var isRefilling = false
    private var retryDelay: Duration = .milliseconds(500)
    /// The message whose search keeps failing, and since when.
    private var search: (item: Int64, since: ContinuousClock.Instant)?
    /// The lane that took over the room.
    private var successor: Lane?
    var wakeUp: CheckedContinuation<Void, Never>?
    private var onDrained: CheckedContinuation<Void, Never>?
    /// A message is being sent or its platform id recorded.
    private var isSending = false
    private var sendWaiters: [Signal] = []
    /// Growing answers by turn; the queue goes first.
    var previews: [String: Preview] = [:]
    var isShowingPreview = false
    var previewTimer: (due: ContinuousClock.Instant, task: Task<Void, Never>)?
    var previewWaiters: [CheckedContinuation<Void, Never>] = []
    /// Recent posts, for the room's pace: after the burst, one post per `postInterval`.
    var sentTimes: [ContinuousClock.Instant] = []
    /// The platform throttles the room until then.
    var blockedUntil: ContinuousClock.Instant?
    /// When growing messages were last sent, by platform id.
    var touched: [String: ContinuousClock.Instant] = [:]
    /// The first message waits for its time, and another one may overtake it.
    var isHolding = false
    /// Turns whose end is being stored: what divides their answers waits, because the end may put text above it.
    var closing: Set<String> = []

    /// Checked again after that; ``endClosing(of:)`` comes much earlier.
    static let closingTime: Duration = .seconds(1)
    static let queueLimit = 256
    /// Longer than a network takes to answer a post, and bounded because its own events wait for as long.
    private static let sendWait: Duration = .seconds(10)

    init(
        room: RoomID, adapter: any ChatAdapter, store: SessionStore, environment: BridgeEnvironment,
        reactions: BotReactions
    ) {
        self.room = room
        self.adapter = adapter
        self.store = store
        self.environment = environment
        self.reactions = reactions
    }

    /// The room was renamed and has another lane.
    var isHandedOver: Bool { self.successor != nil }
    /// Whether it waits for a time or for ``wake()``; for tests.
    var isPausing: Bool { self.wakeUp != nil }
    /// Whether somebody waits for the message that is being sent; for tests.
    var isAwaited: Bool { !self.sendWaiters.isEmpty }

    /// Takes messages that were just committed to the outbox. Two threads of a room may enqueue theirs out of id order,
    /// and a read of storage may have found one already: marking skips those that were sent.
    func enqueue(_ items: [OutboxItem]) async {
        if let successor = self.successor { return await successor.enqueue(items) }
        // An edit of a posted message has an old id and must not wait behind messages in storage.
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

    /// Reserves the lane for messages that are about to be stored, so that the transaction that stores them can mark
    /// the first as being sent. False when something else goes first or nothing can be sent now. After true,
    /// ``enqueueReserved(_:)`` must follow.
    func reserve() -> Bool {
        guard !self.isRunning, self.queue.isEmpty, !self.hasMore, self.previews.isEmpty,
            !self.isGrowing, self.adapter.status.state == .up, self.nextFreePace == nil, self.blockedUntil == nil
        else { return false }
        self.isRunning = true
        self.isReserved = true
        return true
    }

    /// Takes the messages that the lane was reserved for, possibly none, the first already marked; others queue behind
    /// them.
    func enqueueReserved(_ items: [OutboxItem]) async {
        guard self.isReserved else {
            // The room was renamed in between, so another lane was reserved.
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

    /// Reads the outbox, after a restart or when the network is back.
    func wake() {
        self.hasMore = true
        self.wakeUp.take()?.resume()
        self.start()
    }

    /// Waits until the message that is being sent has its platform id recorded, at most ``sendWait``. False if none is.
    func waitForSend() async -> Bool {
        guard self.isSending else { return false }
        let sent = Signal()
        self.sendWaiters.append(sent)
        await sent.wait(upTo: Self.sendWait)
        return true
    }

    private func endSend() {
        self.isSending = false
        for waiter in self.sendWaiters { waiter.signal() }
        self.sendWaiters = []
    }

    /// Waits until everything is sent, or until `deadline`.
    func drain(until deadline: ContinuousClock.Instant) async {
        guard self.isRunning else { return }
        // Enforces the deadline; cancelled below.
        let timer = Task {
            do { try await Task.sleep(until: deadline, clock: .continuous) } catch { return }
            self.releaseDrain()
        }
        await withCheckedContinuation { self.onDrained = $0 }
        timer.cancel()
    }

    private func releaseDrain() { self.onDrained.take()?.resume() }

    /// Gives up the renamed room: `next` finds the unsent messages in storage.
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
        // The lane's writer: it ends when the room's outbox is empty, and there is never more than one.
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
            // A message that is already marked as being sent has nothing above it, see `isDue`.
            if !isMarked, await !self.settlePreview(before: item) || self.holdTime(of: item) != nil { continue }
            // The room's pace applies to posts only; beyond the edit interval, edits are the adapter's concern.
            if item.isPost { await self.pace() }
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

    /// Sends the first item of the queue. Returns whether the next one is already marked.
    private func send(_ item: OutboxItem) async -> Bool {
        self.isSending = true
        defer { self.endSend() }
        do {
            let reference = try await self.transmit(item)
            FaultPoint.sendDone.hit()
            self.retryDelay = .milliseconds(500)
            self.queue.removeFirst()
            self.environment.metrics.count(
                .outbound, ["adapter": self.adapter.id.rawValue, "kind": item.kind.rawValue, "result": "sent"])
            if let reference = item.reference { self.touched[reference] = nil }
            let isMarked = await self.record(item, reference: reference)
            FaultPoint.sendRecorded.hit()
            if item.kind == .ask { self.offerReactions(item, on: reference) }
            return isMarked
        } catch let error as AdapterError {
            self.endSend()
            await self.handle(error, for: item)
        } catch {
            // Cancelled or unexpected: the outcome is unknown.
            await self.handle(AdapterError(.timedOut, "\(error)", isCertain: false), for: item)
        }
        return false
    }

    private func transmit(_ item: OutboxItem) async throws -> MessageReference {
        var item = item
        // It was stored under the room's former id.
        if item.route.room != self.room { item.route = item.route.moved(to: self.room) }
        if item.kind == .removal { return try await self.remove(item) }
        if item.kind == .withdrawal { return try await self.withdrawButtons(item) }
        if item.kind == .outcome, let shown = try await self.showOutcome(item) { return shown }
        let hasButtons = self.adapter.traits(of: self.room).capabilities.contains(.buttons) && !item.isWithdrawn
        let buttons = hasButtons ? item.buttons : []
        var isRepeat = item.state == .unknown
        if isRepeat, item.reference == nil, let reconciling = self.adapter as? any ReconcilingAdapter {
            switch try await self.find(item, by: reconciling) {
            case .found(let found):
                // The message that arrived may be an earlier state of a growing answer.
                guard item.kind != .file, let editing = self.adapter as? any EditingAdapter else { return found }
                try await editing.replace(
                    found,
                    with: OutgoingMessage(text: item.text, route: item.route, token: item.token, buttons: buttons))
                return found
            case .missing: isRepeat = false
            case .unknown: break
            }
        }
        if item.kind == .file { return try await self.upload(item, isRepeat: isRepeat) }
        let text = isRepeat ? TurnTexts.repeatMark + item.text : item.text
        let message = OutgoingMessage(
            text: text, route: item.route, token: item.token, isRepeat: isRepeat, buttons: buttons)
        if let id = item.reference, let editing = self.adapter as? any EditingAdapter {
            // Repeating an edit is harmless, so it is never marked as a repeat.
            let reference = MessageReference(room: item.route.room, id: id)
            let edit = OutgoingMessage(text: item.text, route: item.route, token: item.token, buttons: buttons)
            try await editing.replace(reference, with: edit)
            return reference
        }
        return try await self.adapter.post(message)
    }

    private enum Search {
        case found(MessageReference)
        case missing
        /// The network does not let us search (a missing permission, a history that never arrives): a marked repeat is
        /// better than nothing.
        case unknown
    }

    private func find(_ item: OutboxItem, by reconciling: any ReconcilingAdapter) async throws -> Search {
        do {
            let found = try await reconciling.find(token: item.token, isFile: item.kind == .file, in: item.route)
            self.search = nil
            return found.map { .found($0) } ?? .missing
        } catch let error as AdapterError {
            switch error.code {
            case .forbidden, .notFound, .invalid: break
            case .rateLimited, .unauthorized: throw error
            case .disconnected, .timedOut:
                // All other messages of the room wait behind it.
                guard self.noteFailedSearch(for: item) >= self.environment.settings.searchLimit else { throw error }
            }
            self.environment.logger.warning(
                "a message of unknown outcome cannot be searched for",
                ["room": "\(self.room)", "error": .string(error.message)])
            return .unknown
        }
    }

    /// How long the search for `item` has been failing while the network was connected.
    private func noteFailedSearch(for item: OutboxItem) -> Duration {
        guard self.adapter.status.state == .up else {
            self.search = nil
            return .zero
        }
        let now = ContinuousClock.now
        if let search = self.search, search.item == item.id { return now - search.since }
        self.search = (item.id, now)
        return .zero
    }

    /// Keeps a message for another attempt. A later refusal does not settle the unknown outcome of an earlier attempt.
    private func keep(_ item: OutboxItem, after error: AdapterError) async {
        let isUnknown = !error.isCertain || item.state == .unknown
        await self.set(item, isUnknown ? .unknown : .pending)
        if isUnknown, self.queue.first?.id == item.id { self.queue[0].state = .unknown }
    }

    private func handle(_ error: AdapterError, for item: OutboxItem) async {
        let labels = ["adapter": self.adapter.id.rawValue, "kind": item.kind.rawValue, "result": error.code.rawValue]
        self.environment.metrics.count(.outbound, labels)
        if let successor = self.successor {
            // The old room's refusal says nothing about the new one. Changes to messages of the old room are dropped.
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

    /// Marks `item` as being sent. False when it was dropped.
    private func mark(_ item: OutboxItem) async -> Bool {
        await self.persistently { ledger in try ledger.markSending(item.id, at: self.environment.now()) }
    }

    /// Records a sent message and marks the next one in the same transaction.
    private func record(_ item: OutboxItem, reference: MessageReference) async -> Bool {
        let now = self.environment.now()
        self.bringForward()
        // A message that has to wait is not marked early: another one may overtake it, and after a crash nobody would
        // know that it was never sent.
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
        // Edits that arrived during the read are kept; an entry in both is skipped the second time.
        self.queue = items + self.queue
        self.hasMore = self.hasMore || items.count == Self.queueLimit
    }

    /// While storage fails (a full disk) the lane waits, and no message is lost.
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

    /// Waits for `duration`, or until ``wake()``.
    func pause(_ duration: Duration) async {
        // Either the time or `wake()` resumes; cancelled below.
        let timer = Task {
            // A cancelled timer must not end the next wait.
            do { try await Task.sleep(for: duration) } catch { return }
            self.wakeUp.take()?.resume()
        }
        await withCheckedContinuation { self.wakeUp = $0 }
        timer.cancel()
    }
}
