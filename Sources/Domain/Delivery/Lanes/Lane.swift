internal import Chat
internal import EventLoop
internal import JSON
internal import Logging
internal import Metrics
internal import Primitives
internal import Store
internal import Telemetry
internal import Threads

/// The single writer of one room: takes the outbox in order, one message at a time.
///
/// A message is marked as *sending* before it is sent and as *sent* afterwards; a crash or a lost connection in between
/// makes it *unknown*, and an unknown one is looked for on the platform or repeated with a mark.
package actor Lane {
    private(set) var room: RoomID
    let adapter: any ChatAdapter
    let store: SessionStore
    let environment: BridgeEnvironment
    let reactions: BotReactions
    /// Of the room's place; the lane does nothing any more once it has ended.
    nonisolated let hold: PlaceHold
    /// What it sends next; this actor performs it.
    var state = LaneStateMachine()
    /// Growing answers by turn; the queue goes first.
    var previews: [String: Preview] = [:]
    /// The current text of messages that are growing or waiting for their final text, by outbox entry; bounded.
    var shown: [Int64: (turn: String, text: String)] = [:]
    /// Where the room accepts nothing.
    var refusals = LaneRefusals()
    let refusing: RefusingRooms
    /// Tries again what the room refused.
    var refusalTimer: Alarm?
    /// How many times the room may have begun to accept messages again.
    var returns = 0
    /// Starts the lane when the next preview is due.
    var previewTimer: (due: ContinuousClock.Instant, alarm: Alarm)?
    /// Who waits for the preview that is being sent; nil when none is.
    var previewWaiters: [CheckedContinuation<Void, Never>]?
    /// Who waits for the message that is being sent, or for its platform id to be recorded; nil when none is.
    private var sendWaiters: [Signal]?
    /// Ends the wait for a time.
    private var wakeUp: Signal?
    private var drained: Signal?
    /// The lane that took over the room.
    private var successor: Lane?
    /// Another host may have the room.
    private var isDropped = false

    init(
        room: RoomID, adapter: any ChatAdapter, store: SessionStore, environment: BridgeEnvironment,
        reactions: BotReactions, refusing: RefusingRooms = RefusingRooms()
    ) {
        self.refusing = refusing
        self.room = room
        self.adapter = adapter
        self.store = store
        self.environment = environment
        self.reactions = reactions
        self.hold = store.held.hold(of: Place(of: room))
    }

    /// The room was renamed and has another lane.
    var isHandedOver: Bool { self.successor != nil }
    /// Whether it waits for a time or for ``wake()``; for tests.
    var isPausing: Bool { self.wakeUp != nil }
    /// Whether somebody waits for the message that is being sent; for tests.
    var isAwaited: Bool { self.sendWaiters?.isEmpty == false }

    var traits: RoomTraits { self.adapter.traits(of: self.room) }

    /// Takes messages that were just committed to the outbox.
    func enqueue(_ items: [OutboxItem]) async {
        if let successor = self.successor { return await successor.enqueue(items) }
        self.state.enqueue(items)
        self.wakeHolding()
        self.start()
    }

    /// Reserves the lane for messages that are about to be stored, so that the transaction that stores them can mark
    /// the first as being sent. False when something else goes first or nothing can be sent now. After true,
    /// ``enqueueReserved(_:)`` must follow.
    func reserve() -> Bool {
        !self.isDropped && self.previews.isEmpty && self.refusals.isEmpty && self.adapter.status.state == .up
            && self.state.reserve(in: self.traits, at: .now)
    }

    /// Takes the messages that the lane was reserved for, possibly none, the first already marked; others queue behind
    /// them.
    func enqueueReserved(_ items: [OutboxItem]) async {
        guard self.state.takeReserved(items) else {
            // The room was renamed in between, so another lane was reserved.
            if let first = items.first { try? await self.set(first, .pending) }
            return await self.enqueue(items)
        }
        self.start()
    }

    /// Reads the outbox, after a restart or when the network is back.
    func wake() {
        self.state.wake()
        self.wakeUp?.signal()
        self.start()
    }

    /// Ends the wait for a time.
    func wakeUpNow() { self.wakeUp?.signal() }

    /// Another message may overtake the one that waits for its time.
    func wakeHolding() {
        if self.state.isHolding { self.wakeUp?.signal() }
    }

    /// Waits until the message that is being sent has its platform id recorded, see ``LaneStateMachine/awaited(at:)``.
    func waitForSend() async {
        guard self.sendWaiters != nil, let limit = self.state.awaited(at: .now) else { return }
        let sent = Signal()
        self.sendWaiters?.append(sent)
        await sent.wait(upTo: limit)
    }

    private func endSend() {
        for waiter in self.sendWaiters.take() ?? [] { waiter.signal() }
    }

    /// Waits until everything is sent, or until `deadline`.
    func drain(until deadline: ContinuousClock.Instant) async {
        guard !self.state.isIdle, !self.isDropped else { return }
        let drained = Signal()
        self.drained = drained
        await drained.wait(upTo: deadline - .now)
    }

    /// The room has another id, and the same messages.
    func rename(to room: RoomID) {
        self.room = room
        self.previews = self.previews.mapValues { preview in
            var preview = preview
            preview.route = preview.route.moved(to: room, keepsMessages: true)
            return preview
        }
    }

    /// Gives up the renamed room: `next` finds the unsent messages in storage.
    func hand(over next: Lane) {
        self.successor = next
        self.previews = [:]
        self.refusalTimer = nil
        self.state.handOver()
        self.wakeUp?.signal()
    }

    /// Sends and stores nothing any more: another host may have the room.
    func drop() {
        self.isDropped = true
        self.previews = [:]
        self.previewTimer = nil
        self.refusalTimer = nil
        self.wakeUp?.signal()
        self.drained.take()?.signal()
        self.endSend()
    }

    func start() {
        guard !self.isDropped, self.state.start() else { return }
        // The lane's writer: it ends when the room's outbox is empty, and there is never more than one.
        Task { await self.run() }
    }

    private func run() async {
        while !self.isDropped {
            do {
                guard try await self.step() else { return }
            } catch {
                // Another host has the room.
                return self.drop()
            }
        }
    }

    /// Returns whether there may be more to do. Throws ``PlaceLost``.
    private func step() async throws -> Bool {
        switch self.state.next(in: self.traits, at: .now) {
        case .pause(let time), .hold(let time): await self.pause(time)
        case .refill: try await self.refill()
        case .send(let item): try await self.take(item)
        case .preview:
            if await self.showPreview() { return true }
            self.state.rest()
            self.drained.take()?.signal()
            return false
        }
        return true
    }

    /// Throws unless something may leave for the room now. Called directly before it does: no transaction can take it
    /// back.
    func checkMayPost() throws {
        guard self.store.held.isCurrent(self.hold) else { throw PlaceLost([self.hold.place]) }
        guard self.store.held.mayPost(self.hold) else {
            throw AdapterError(.disconnected, "this host cannot be sure that the room is still its own")
        }
    }

    /// Sends the first message, unless something has to go above it or it has to wait after all.
    private func take(_ item: OutboxItem) async throws {
        if self.refusals.reason(for: item.route) == nil, self.state.mayBeOvertaken {
            guard await self.settlePreview(before: item),
                self.state.holdTime(of: item, in: self.traits, at: .now) == nil
            else { return }
        }
        if let reason = self.refusals.reason(for: item.route) { return try await self.park(item, because: reason) }
        // The room's pace applies to posts only; beyond the edit interval, edits are the adapter's concern.
        if item.isPost { await self.waitForPace() }
        if self.state.needsMark(item), try await !self.mark(item) { return self.state.removeFirst() }
        self.state.began()
        FaultPoint.sendMarked.hit()
        try await self.send(item)
    }

    private func send(_ item: OutboxItem) async throws {
        self.sendWaiters = []
        self.state.beginWait(for: item, at: .now)
        defer { self.endSend() }
        let (room, returns) = (self.room, self.returns)
        do {
            let reference = try await self.posting(
                item.reference == nil ? "post" : "edit", item.kind.rawValue, of: item.turn
            ) { try await self.transmit(item) }
            FaultPoint.sendDone.hit()
            self.state.sent(item)
            self.noteAccepted(item)
            self.environment.metrics.count(
                .outbound, ["adapter": self.adapter.id.rawValue, "kind": item.kind.rawValue, "result": "sent"])
            try await self.record(item, reference: reference)
            FaultPoint.sendRecorded.hit()
            if item.kind == .ask { self.offerReactions(item, on: reference) }
        } catch let lost as PlaceLost {
            throw lost
        } catch let error as AdapterError {
            self.endSend()
            // The refusal of a room's former id says nothing about its new one.
            if self.room != room || error.isOfRoom && self.returns != returns {
                return try await self.keep(item, after: error)
            }
            try await self.handle(error, for: item)
        } catch {
            // Cancelled or unexpected: the outcome is unknown.
            try await self.handle(AdapterError(.timedOut, "\(error)", isCertain: false), for: item)
        }
    }

    /// Runs `body` within a span of the turn that the message belongs to.
    func posting<Result: Sendable>(
        _ action: String, _ kind: String, of turn: String?, _ body: () async throws -> Result
    ) async throws -> Result {
        guard let tracer = self.environment.tracer, let turn, let parent = tracer.context(for: turn) else {
            return try await body()
        }
        let network = self.adapter.id.rawValue
        let span = tracer.span(
            "\(action) \(network)", .producer,
            attributes: [
                "jetbridge.network": .string(network), "jetbridge.message.kind": .string(kind),
                "jetbridge.operation": .string(turn),
            ], parent: parent)
        defer { span.end() }
        do { return try await body() } catch {
            span.fail((error as? AdapterError)?.code.rawValue ?? "\(type(of: error))", "\(error)")
            throw error
        }
    }

    private func transmit(_ item: OutboxItem) async throws -> MessageReference {
        var item = item
        if item.route.room != self.room {
            // It was stored under the room's former id.
            let keepsMessages = self.traits.capabilities.contains(.lastingIDs)
            item.route = item.route.moved(to: self.room, keepsMessages: keepsMessages)
        }
        if item.kind == .removal { return try await self.remove(item) }
        if item.kind == .withdrawal { return try await self.withdrawButtons(item) }
        if item.kind == .outcome, let shown = try await self.showOutcome(item) { return shown }
        let hasButtons = self.traits.capabilities.contains(.buttons) && !item.isWithdrawn
        let buttons = hasButtons ? item.buttons : []
        var isRepeat = item.state == .unknown
        if isRepeat, item.reference == nil, let reconciling = self.adapter as? any ReconcilingAdapter {
            switch try await self.find(item, by: reconciling) {
            case .found(let found):
                // The message that arrived may be an earlier state of a growing answer.
                guard item.kind != .file, let editing = self.adapter as? any EditingAdapter else { return found }
                try self.checkMayPost()
                try await editing.replace(
                    found,
                    with: OutgoingMessage(text: item.text, route: item.route, token: item.token, buttons: buttons))
                return found
            // A host that only hangs may still post it.
            case .missing: isRepeat = item.mayStillArrive && !reconciling.recognisesRepeats
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
            try self.checkMayPost()
            try await editing.replace(reference, with: edit)
            return reference
        }
        try self.checkMayPost()
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
            self.state.searched()
            return found.map { .found($0) } ?? .missing
        } catch let error as AdapterError {
            switch error.code {
            case .forbidden, .notFound, .invalid, .uneditable: break
            case .rateLimited, .unauthorized: throw error
            case .disconnected, .timedOut:
                // All other messages of the room wait behind it.
                let isUp = self.adapter.status.state == .up
                let time = self.state.searchFailed(for: item, isConnected: isUp, at: .now)
                guard time >= self.environment.settings.searchLimit else { throw error }
            }
            self.environment.logger.warning(
                "a message of unknown outcome cannot be searched for",
                ["room": "\(self.room)", "error": .string(error.message)])
            return .unknown
        }
    }

    /// Keeps a message for another attempt. A later refusal does not settle the unknown outcome of an earlier attempt.
    private func keep(_ item: OutboxItem, after error: AdapterError) async throws {
        let isUnknown = !error.isCertain || item.state == .unknown
        try await self.set(
            item, isUnknown ? .unknown : .pending, error: item.mayStillArrive ? Ledger.late : nil)
        if isUnknown, self.state.queue.first?.id == item.id { self.state.changeFirst { $0.state = .unknown } }
    }

    private func handle(_ error: AdapterError, for item: OutboxItem) async throws {
        let labels = ["adapter": self.adapter.id.rawValue, "kind": item.kind.rawValue, "result": error.code.rawValue]
        self.environment.metrics.count(.outbound, labels)
        if let successor = self.successor {
            // The old room's refusal says nothing about the new one. Changes to messages of the old room are dropped.
            self.state.removeAll()
            if item.isOfItsPlace {
                try await self.set(item, .dropped, error: error.message)
            } else {
                try await self.keep(item, after: error)
            }
            return await successor.wake()
        }
        if error.isOfRoom { return try await self.park(item, after: error) }
        switch error.code {
        case .forbidden, .notFound, .invalid, .uneditable:
            if item.kind == .removal, self.adapter is any EditingAdapter { return try await self.blank(item) }
            if item.reference != nil, item.kind == .final, item.text != OutboxItem.blank {
                if error.code == .notFound { return try await self.postUnseen(item) }
                if error.code == .uneditable { return try await self.postAnew(item, item.text) }
            }
            if item.kind == .file { return try await self.replaceFile(item) }
            self.state.removeFirst()
            self.environment.logger.warning(
                "a message was refused by the network", ["room": "\(self.room)", "error": .string(error.message)])
            try await self.set(item, .failed, error: error.message)
        case .rateLimited:
            self.countRefusal(error)
            try await self.keep(item, after: error)
            self.state.pace.block(for: error.retryAfter ?? .seconds(5), at: .now)
        case .disconnected, .unauthorized, .timedOut:
            try await self.keep(item, after: error)
            let delay = self.state.nextRetry()
            await self.pause(error.retryAfter ?? delay)
        }
    }

    /// Marks `item` as being sent. False when it was dropped.
    private func mark(_ item: OutboxItem) async throws -> Bool {
        try await self.persistently { ledger in try ledger.markSending(item.id, at: self.environment.now()) }
    }

    /// Records a sent message and marks the next one in the same transaction.
    private func record(_ item: OutboxItem, reference: MessageReference) async throws {
        let now = self.environment.now()
        let next = self.state.nextToMark(in: self.traits, at: .now) { item in
            self.refusals.reason(for: item.route) != nil
                || item.dividesAnswer && item.turn.map { self.previews[$0] != nil } ?? false
        }
        let isNextMarked = try await self.persistently { ledger in
            try ledger.setOutbox(item.id, .sent, reference: reference.id, at: now)
            if item.refusedAt != nil { try ledger.noteReturn(of: item, at: now) }
            guard let next else { return false }
            return try ledger.markSending(next.id, at: now)
        }
        if next != nil { self.state.marked(isNextMarked) }
    }

    private func set(_ item: OutboxItem, _ state: OutboxItem.State, error: String? = nil) async throws {
        let now = self.environment.now()
        try await self.persistently { ledger in try ledger.setOutbox(item.id, state, error: error, at: now) }
    }

    private func refill() async throws {
        let (room, refusedAfter) = (self.room, self.state.beginRead())
        // Not earlier: messages that arrived in the meantime belong below the waiting ones and are read with them.
        if refusedAfter == 0 { self.refusals.tryAgain() }
        let items = try await self.persistently { ledger in
            try ledger.openOutbox(
                of: room, after: refusedAfter ?? 0, limit: LaneStateMachine.queueLimit, all: refusedAfter != nil)
        }
        self.state.refilled(with: items, refusedAfter: refusedAfter)
    }

    /// While storage fails (a full disk) the lane waits, and no message is lost. Throws ``PlaceLost``.
    @discardableResult
    func persistently<T: Sendable>(_ body: @escaping @Sendable (Ledger) throws -> T) async throws -> T {
        var pause = StoragePause()
        while true {
            do {
                return try await self.store.write(of: self.hold, body)
            } catch let lost as PlaceLost {
                self.drop()
                throw lost
            } catch {
                self.environment.logger.error("the outbox cannot be stored", ["error": .string("\(error)")])
                await pause.wait()
            }
        }
    }

    /// Waits for `duration`, or until ``wake()``.
    func pause(_ duration: Duration) async {
        let wakeUp = Signal()
        self.wakeUp = wakeUp
        await wakeUp.wait(upTo: duration)
        self.wakeUp = nil
    }

    /// Waits until the room's pace allows a post, and counts it.
    func waitForPace() async {
        if let free = self.state.pace.nextPost(in: self.traits, at: .now) { await self.pause(free - .now) }
        self.state.pace.post(in: self.traits, at: .now)
    }

    /// Counts throttling by the network; messages that the adapter itself held back do not count.
    func countRefusal(_ error: AdapterError) {
        guard !error.isOwnPace else { return }
        self.environment.metrics.count(.rateLimited, ["adapter": self.adapter.id.rawValue])
    }
}
