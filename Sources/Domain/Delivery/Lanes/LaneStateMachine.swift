internal import Chat
internal import Threads

/// What a room's lane sends next: the loaded part of its outbox, and the order in which it may leave. Pure.
struct LaneStateMachine {
    private enum Phase {
        case idle
        /// Nothing is sent until ``takeReserved(_:)`` brings the messages that the lane is reserved for.
        case reserved
        case running
    }

    /// What the lane does next.
    enum Step {
        /// The platform throttles the room.
        case pause(Duration)
        /// The first message waits for its time, and another one may overtake it.
        case hold(Duration)
        case send(OutboxItem)
        /// Storage has more; ``refilled(with:refusedAfter:)`` must follow.
        case refill
        /// Nothing is left; previews may be shown.
        case preview
    }

    private var phase = Phase.idle
    private(set) var queue: [OutboxItem] = []
    /// Storage may hold more than `queue`, which is bounded.
    private var hasMore = false
    /// Storage is being read: messages enqueued in the meantime are found by the next read.
    private var isRefilling = false
    /// Reads of what waits for the room, to be tried again, go on behind this entry; nil if none is to be read.
    private var refusedAfter: Int64?
    /// The first message is marked as being sent.
    private var isMarked = false
    /// The message that was stored and marked as being sent in one transaction.
    private var markedBefore: Int64?
    /// The first message waits for its time.
    private(set) var isHolding = false
    /// Turns whose end is being stored: what divides their answers waits, because the end may put text above it.
    private var closing: Set<String> = []
    var pace = LanePace()
    private var retryDelay: Duration = .milliseconds(500)
    /// The message whose search keeps failing, and since when.
    private var search: (item: Int64, since: LanePace.Instant)?
    /// The message that choices wait for, and until when.
    private var awaited: (item: Int64, until: LanePace.Instant)?

    /// Longer than a network takes to answer a post, and bounded because its own events wait for as long.
    static let sendWait: Duration = .seconds(10)

    /// Checked again after that; ``endClosing(of:)`` comes much earlier.
    static let closingTime: Duration = .seconds(1)
    static let queueLimit = 256

    // MARK: In

    /// Takes messages that were just committed to the outbox. Two threads of a room may enqueue theirs out of id order,
    /// and a read of storage may have found one already: marking skips those that were sent.
    mutating func enqueue(_ items: [OutboxItem]) {
        // An edit of a posted message has an old id and must not wait behind messages in storage.
        self.queue += items.filter { $0.reference != nil }
        for item in items where item.reference == nil {
            if self.hasMore || self.isRefilling || self.queue.count >= Self.queueLimit {
                self.hasMore = true
                break
            }
            self.queue.insert(item, at: self.place(of: item))
        }
    }

    /// Where a message goes: a note or an ask goes before what waits of other threads' answers, which may be long and the
    /// room slow, and an answer before their documents. Within a thread the order stays, and the first message may be
    /// marked already.
    private func place(of item: OutboxItem) -> Int {
        let isNote = [.note, .waiting, .ask].contains(item.kind)
        guard isNote || item.isAnswer && !item.isDocument else { return self.queue.endIndex }
        let own = self.queue.lastIndex { $0.session == item.session } ?? 0
        let place = self.queue.indices.dropFirst(own + 1).first { index in
            let other = self.queue[index]
            return other.reference == nil && other.isAnswer && (isNote || other.isDocument)
        }
        return place ?? self.queue.endIndex
    }

    /// Storage has messages that were not enqueued.
    mutating func wake() { self.hasMore = true }

    /// What waits for the room is tried again, in order.
    mutating func tryRefused() {
        self.hasMore = true
        self.refusedAfter = 0
    }

    /// Behind which entry the read that begins now also finds what waits for the room; nil if it does not. Not known later:
    /// the room may return meanwhile, and then all of it is to be read again.
    mutating func beginRead() -> Int64? { self.refusedAfter.take() }

    /// Reserves the lane for messages that are about to be stored. False when something else goes first or nothing can be
    /// sent now.
    mutating func reserve(in traits: RoomTraits, at now: LanePace.Instant) -> Bool {
        guard case .idle = self.phase, self.queue.isEmpty, !self.hasMore, !self.pace.isGrowing(in: traits, at: now),
            self.pace.nextPost(in: traits, at: now) == nil, !self.pace.isBlocked
        else { return false }
        self.phase = .reserved
        return true
    }

    /// Takes the messages that the lane was reserved for, the first already marked; others queue behind them. False if it
    /// was not reserved.
    mutating func takeReserved(_ items: [OutboxItem]) -> Bool {
        guard case .reserved = self.phase else { return false }
        self.phase = .idle
        self.markedBefore = items.first?.id
        self.hasMore = self.hasMore || items.count > Self.queueLimit
        self.queue = items.prefix(Self.queueLimit) + self.queue
        return true
    }

    /// Returns whether the lane is to run from now on: false while it does, or is reserved.
    mutating func start() -> Bool {
        guard case .idle = self.phase else { return false }
        self.phase = .running
        return true
    }

    /// The lane has nothing to do.
    mutating func rest() { self.phase = .idle }

    var isIdle: Bool {
        if case .idle = self.phase { true } else { false }
    }

    /// Gives up all messages but the one that is being sent: the room has another lane.
    mutating func handOver() {
        self.hasMore = false
        if case .running = self.phase {
            self.queue = Array(self.queue.prefix(1))
        } else {
            self.queue = []
        }
    }

    // MARK: Out

    mutating func next(in traits: RoomTraits, at now: LanePace.Instant) -> Step {
        self.isHolding = false
        if let time = self.pace.blockedTime(at: now) { return .pause(time) }
        if !self.isMarked { self.bringForward(in: traits, at: now) }
        guard let first = self.queue.first else {
            guard self.hasMore else { return .preview }
            self.hasMore = false
            self.isRefilling = true
            return .refill
        }
        guard let time = self.holdTime(of: first, in: traits, at: now) else { return .send(first) }
        self.isHolding = true
        return .hold(time)
    }

    /// What was read from storage. Edits that arrived during the read are kept; an entry in both is skipped the second
    /// time.
    ///
    /// - Parameter refusedAfter: What ``beginRead()`` returned for it.
    mutating func refilled(with items: [OutboxItem], refusedAfter: Int64? = nil) {
        self.isRefilling = false
        self.queue = items + self.queue
        let isFull = items.count == Self.queueLimit
        // What got a lower number while pages were read is found by another read.
        self.hasMore = self.hasMore || isFull || refusedAfter.map { $0 > 0 } ?? false
        // The room may have returned meanwhile, which begins anew.
        if refusedAfter != nil, isFull, self.refusedAfter == nil { self.refusedAfter = items.last?.id }
    }

    /// Whether the first message is still to be marked as being sent.
    func needsMark(_ item: OutboxItem) -> Bool { !self.isMarked && item.id != self.markedBefore }

    /// Whether something of its turn may have to go above the first message: not if that is marked already.
    var mayBeOvertaken: Bool { !self.isMarked }

    /// The first message is being sent.
    mutating func began() {
        self.markedBefore = nil
        self.isMarked = false
    }

    /// The first message was sent.
    mutating func sent(_ item: OutboxItem) {
        self.retryDelay = .milliseconds(500)
        self.queue.removeFirst()
        if let reference = item.reference { self.pace.forget(reference) }
    }

    /// Removes the first message: it was dropped or refused.
    mutating func removeFirst() {
        let item = self.queue.removeFirst()
        self.isMarked = false
        if self.markedBefore == item.id { self.markedBefore = nil }
    }

    /// Changes the first message.
    mutating func changeFirst(_ change: (inout OutboxItem) -> Void) { change(&self.queue[0]) }

    mutating func removeAll() { self.queue = [] }

    /// The message that may be marked in the transaction that records a sent one. One that has to wait is not marked
    /// early: another one may overtake it, and after a crash nobody would know that it was never sent.
    mutating func nextToMark(
        in traits: RoomTraits, at now: LanePace.Instant, isBelowPreview: (OutboxItem) -> Bool
    ) -> OutboxItem? {
        self.bringForward(in: traits, at: now)
        guard let first = self.queue.first, self.holdTime(of: first, in: traits, at: now) == nil,
            !isBelowPreview(first), !first.isPost || self.pace.nextPost(in: traits, at: now) == nil
        else { return nil }
        return first
    }

    /// The message that was to be marked is, or it was dropped in the meantime.
    mutating func marked(_ isMarked: Bool) {
        self.isMarked = isMarked
        if !isMarked { self.queue.removeFirst() }
    }

    /// `item` is being sent, perhaps again.
    mutating func beginWait(for item: OutboxItem, at now: LanePace.Instant) {
        if self.awaited?.item != item.id { self.awaited = (item.id, now + Self.sendWait) }
    }

    /// How long a choice may wait for the message that is being sent; nil once its time is over. All choices share it, also
    /// over repeated attempts: each of them holds up the network's other events.
    func awaited(at now: LanePace.Instant) -> Duration? {
        guard let awaited = self.awaited, awaited.until > now else { return nil }
        return awaited.until - now
    }

    // MARK: Failures

    /// The time before the next attempt: longer each time.
    mutating func nextRetry() -> Duration {
        defer { self.retryDelay = min(self.retryDelay * 2, .seconds(30)) }
        return self.retryDelay
    }

    /// How long the search for `item` has been failing while the network was connected.
    mutating func searchFailed(for item: OutboxItem, isConnected: Bool, at now: LanePace.Instant) -> Duration {
        guard isConnected else {
            self.search = nil
            return .zero
        }
        if let search = self.search, search.item == item.id { return now - search.since }
        self.search = (item.id, now)
        return .zero
    }

    /// A search has succeeded.
    mutating func searched() { self.search = nil }

    // MARK: Order

    /// The end of a turn is being stored until ``endClosing(of:)``.
    mutating func beginClosing(of turn: String) { self.closing.insert(turn) }

    mutating func endClosing(of turn: String) { self.closing.remove(turn) }

    /// How long `item` has to wait because the message that it completes was edited recently, or because the end of its
    /// turn is being stored, which may put it below other messages.
    func holdTime(of item: OutboxItem, in traits: RoomTraits, at now: LanePace.Instant) -> Duration? {
        if item.dividesAnswer, let turn = item.turn, self.closing.contains(turn) { return Self.closingTime }
        guard item.kind != .removal, let reference = item.reference else { return nil }
        return self.pace.finalTime(of: reference, in: traits, at: now)
    }

    /// Moves a message that is due ahead of one that has to wait, keeping the order within a turn.
    private mutating func bringForward(in traits: RoomTraits, at now: LanePace.Instant) {
        guard let first = self.queue.first, self.holdTime(of: first, in: traits, at: now) != nil else { return }
        var held: Set<String?> = []
        for (index, item) in self.queue.enumerated() {
            if held.contains(item.turn) { continue }
            if self.holdTime(of: item, in: traits, at: now) == nil {
                self.queue.insert(self.queue.remove(at: index), at: 0)
                return
            }
            held.insert(item.turn)
        }
    }
}
