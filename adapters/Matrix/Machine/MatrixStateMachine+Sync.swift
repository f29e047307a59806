internal import Chat
internal import JSON
internal import Kit
internal import Logging
internal import Primitives

/// Reads one sync after the other. Each is handled completely before the next one acknowledges it.
extension MatrixStateMachine {
    /// A sync that is being handled.
    struct Batch: Sendable {
        var sync: MatrixSync
        let since: String?
        /// It contains what was said while the bot was disconnected.
        let isBacklog: Bool
        /// The ids of the joined rooms.
        var rooms: Set<String>
        /// The rooms that upgrades lead to, and those among them whose upgrades are due: so nothing looks through all
        /// upgrades for each room.
        var replacements: Set<String>
        var due: Set<String>
        /// The index of the current room.
        var place = 0
        var work: Work?
        /// The last event of each room, remembered once all are delivered.
        var lasts: [String: String] = [:]
        /// Events that were looked up, by the person whose messages and reactions named them. Each look-up keeps all rooms
        /// waiting.
        var lookups: [String: Int] = [:]
        /// People for whom nothing is looked up.
        var strangers: Set<String> = []

        /// The room to handle next; nil after the last one.
        var next: MatrixSync.Joined? { self.place < self.sync.joined.count ? self.sync.joined[self.place] : nil }

        /// Whether the target of a person's message or reaction is looked up; otherwise it counts as unknown.
        func mayLookUp(for user: String) -> Bool {
            !self.strangers.contains(user) && self.lookups[user, default: 0] < MatrixStateMachine.lookupLimit
                && self.work?.lookups ?? 0 < MatrixStateMachine.roomLookupLimit
        }

        mutating func countLookup() {
            guard let user = self.work?.next?.sender else { return }
            self.lookups[user, default: 0] += 1
            self.work?.lookups += 1
        }

        /// Leaves out what has not been handled of a room.
        mutating func drop(_ room: String) {
            self.rooms.remove(room)
            if self.work?.room == room {
                self.work = nil
                self.place += 1
            }
            let later = self.sync.joined[self.place...].firstIndex { $0.id == room }
            if let later { self.sync.joined.remove(at: later) }
        }
    }

    /// A room of a batch.
    struct Work: Sendable {
        let room: String
        /// The events being handled.
        var events: [MatrixEvent] { didSet { self.edits = Self.edits(in: self.events) } }
        var place = 0
        /// The token of the gap's next page.
        var gap: String?
        let gapEnd: String?
        var pages = 0
        /// Events that were looked up.
        var lookups = 0
        /// The events after the gap.
        var rest: [MatrixEvent] { didSet { self.laterEdits = Self.edits(in: self.rest) } }
        /// The edits among ``events`` and among ``rest``, by the event that they replace.
        private(set) var edits: [String: [MatrixEvent]]
        private(set) var laterEdits: [String: [MatrixEvent]]
        /// The ids of handled events, since pages may overlap.
        var seen: Set<String> = []
        /// The last message for the bot, which will be marked as read.
        var read: (event: String, thread: String?)?

        init(room: String, events: [MatrixEvent], gap: String?, gapEnd: String?, rest: [MatrixEvent]) {
            self.room = room
            self.events = events
            self.gap = gap
            self.gapEnd = gapEnd
            self.rest = rest
            self.edits = Self.edits(in: events)
            self.laterEdits = Self.edits(in: rest)
        }

        /// The event to handle next; nil after the last one.
        var next: MatrixEvent? { self.place < self.events.count ? self.events[self.place] : nil }

        private static func edits(in events: [MatrixEvent]) -> [String: [MatrixEvent]] {
            Dictionary(grouping: events.filter { $0.replaced != nil }) { $0.replaced ?? "" }
        }
    }

    /// After this many pages of 100 events, the rest of a gap is skipped with a warning.
    private static let pageLimit = 100

    /// The events of a batch that are looked up for one person, and in one room.
    static let lookupLimit = 50
    static let roomLookupLimit = 100

    /// The delay before messages are marked as read, in milliseconds.
    private static let receiptDelay: Int64 = 1_000

    mutating func requestSync(isWaiting: Bool) {
        if let refresh = self.dueRefresh { return self.request(.refresh(refresh.reveal())) }
        let limit = self.memory.since == nil && self.memory.rooms.isEmpty ? 1 : 50
        self.request(
            .sync(since: self.memory.since, wait: isWaiting ? self.pollTime : 0, limit: limit))
    }

    mutating func receiveSync(_ answer: MatrixAnswer, since: String?) {
        switch answer {
        case .success(let json):
            guard let sync = MatrixSync(json) else {
                return self.retry("The homeserver answered a sync without a valid next_batch or prev_batch")
            }
            self.begin(sync, since: since)
        case .refused(let refusal):
            if self.handleRejection(refusal) { return }
            if refusal.status == 400, since != nil {
                self.log(.warning, "The homeserver rejected the sync position: \(refusal.summary); starting a new sync")
                self.memory.since = nil
                return self.requestSync(isWaiting: false)
            }
            // A proxy times out before the server answers.
            if refusal.status == 504 { self.pollTime = max(5_000, self.pollTime / 2) }
            self.retry(self.text(refusal), after: refusal.retryAfter)
        case .failed(let reason, _): self.retry(reason)
        }
    }

    private mutating func begin(_ sync: MatrixSync, since: String?) {
        let sync = self.reading(self.limited(sync))
        let isBacklog = !self.isInSync || self.failures > 0
        self.failures = 0
        // First of all: from here on, nothing is sent into these rooms.
        for room in sync.joined {
            for event in room.state + room.timeline where event.type == .encryption && event.stateKey == "" {
                self.noteEncryption(of: room.id, isNew: self.memory.rooms[room.id] == nil)
            }
        }
        if let direct = sync.direct { self.memory.direct = direct }
        for room in sync.left { self.leave(room) }
        for room in sync.invited { self.receiveInvitation(room) }
        // An incremental sync leaves all other rooms unchanged; after a full one they are known only at the end.
        if since != nil { self.isInSync = true }
        let upgrades = self.memory.upgrades
        self.batch = Batch(
            sync: sync, since: since, isBacklog: isBacklog, rooms: Set(sync.joined.map { $0.id }),
            replacements: Set(upgrades.values),
            due: Set(upgrades.filter { self.isDue($0.key, to: $0.value) }.values))
        self.processBatch()
    }

    /// The sync without new rooms beyond ``MatrixMemory/roomLimit``.
    private mutating func limited(_ sync: MatrixSync) -> MatrixSync {
        let isNew = sync.joined.map { self.memory.rooms[$0.id] == nil }
        var room = max(0, MatrixMemory.roomLimit - self.memory.rooms.count)
        guard isNew.count(where: \.self) > room else { return sync }
        var sync = sync
        sync.joined = zip(sync.joined, isNew).compactMap { joined, isNew in
            guard isNew else { return joined }
            room -= 1
            return room >= 0 ? joined : nil
        }
        self.log(
            .warning, "The bot is in more than \(MatrixMemory.roomLimit) rooms; it does not read the newest ones")
        return sync
    }

    /// The sync with its encrypted events replaced by what they contain, and with those whose keys came late.
    private func reading(_ sync: MatrixSync) -> MatrixSync {
        var sync = sync
        let places = Dictionary(sync.joined.indices.map { (sync.joined[$0].id, $0) }) { first, _ in first }
        for index in sync.joined.indices {
            sync.joined[index].timeline = sync.joined[index].timeline.map { self.opened.events[$0.id] ?? $0 }
        }
        for (room, events) in self.opened.late where self.memory.rooms[room] != nil {
            if let index = places[room] {
                sync.joined[index].late = events
            } else {
                sync.joined.append(
                    MatrixSync.Joined(id: room, timeline: [], isLimited: false, state: [], late: events))
            }
        }
        return sync
    }

    /// Handles the batch until it ends or a request has to be answered first.
    mutating func processBatch() {
        // Not with a copy of the batch, of which each change would copy all lists.
        while self.batch != nil {
            if let room = self.batch?.due.first { return self.request(.creation(of: room)) }
            if self.batch?.work == nil {
                if let joined = self.batch?.next {
                    self.open(joined, since: self.batch?.since)
                } else if let batch = self.batch {
                    return self.finish(batch)
                }
                continue
            }
            guard self.processRoom() else { return }
        }
    }

    private mutating func finish(_ batch: Batch) {
        for (room, last) in batch.lasts { self.memory.rooms[room]?.last = last }
        self.sayNotices()
        if self.encrypts { self.act(.settle) }
        self.batch = nil
        self.batchFailures = 0
        self.memory.since = batch.sync.next
        self.memory.pace = self.budget.pace
        self.memory.isWide = self.budget.isWide
        let hasRooms = !(batch.sync.joined.isEmpty && batch.sync.invited.isEmpty && batch.sync.left.isEmpty)
        self.act(.remember(self.memory, isUrgent: batch.since == nil || (hasRooms && batch.isBacklog)))
        self.refusal = nil
        self.isInSync = true
        self.hasWorked = true
        self.act(.status(.up, detail: self.statusDetail))
        self.resume()
        self.requestSync(isWaiting: true)
    }

    // MARK: A room

    private mutating func open(_ joined: MatrixSync.Joined, since: String?) {
        let known = self.memory.rooms[joined.id]
        var room = known ?? self.newRoom(joined.id)
        room.joined = joined.joinedCount ?? room.joined
        self.memory.rooms[joined.id] = room
        for event in joined.state { self.apply(event, in: joined.id) }
        if known == nil, self.lost[joined.id] != nil {
            self.lost[joined.id] = nil
            let back = RoomID(adapter: self.adapter, name: joined.id)
            self.act(
                .deliver(InboundEvent(id: "returned:\(joined.id)", adapter: self.adapter, kind: .roomReturned(back))))
        }
        self.reconsiderUpgrades(to: joined.id, isNew: known == nil)
        let start = self.firstNew(joined, known: known, since: since)
        for event in joined.timeline[..<start] { self.skip(event, in: joined.id) }
        let rest = joined.late + joined.timeline[start...]
        let hasGap = joined.isLimited && known != nil && since != nil && joined.previous != nil
        self.batch?.work = Work(
            room: joined.id, events: hasGap ? [] : rest, gap: hasGap ? since : nil, gapEnd: joined.previous,
            rest: hasGap ? rest : [])
        if let last = joined.timeline.last { self.batch?.lasts[joined.id] = last.id }
    }

    /// The index of the first event that is new and meant for the bot.
    private func firstNew(_ joined: MatrixSync.Joined, known: MatrixRoom?, since: String?) -> Int {
        if since == nil {
            // Skip messages from before the first sync; after a lost token, deliver only new ones.
            let last = known?.last.flatMap { last in joined.timeline.lastIndex { $0.id == last } }
            return last.map { $0 + 1 } ?? joined.timeline.count
        }
        guard known == nil else { return 0 }
        // In a new room, everything since the invitation is meant for the bot.
        return joined.firstSinceInvitation(of: self.settings.user)
    }

    /// Handles the current room; returns false when a request has to be answered first.
    private mutating func processRoom() -> Bool {
        while let room = self.batch?.work?.room {
            if let event = self.batch?.work?.next {
                if let id = self.unknownTarget(of: event, in: room) {
                    self.request(.event(room: room, id: id))
                    return false
                }
                self.batch?.work?.place += 1
                if event.id.isEmpty || self.batch?.work?.seen.insert(event.id).inserted == true {
                    self.receive(event, in: room)
                }
            } else if let from = self.batch?.work?.gap {
                let end = self.batch?.work?.gapEnd
                self.request(.gap(room: room, from: from, to: end, without: self.settings.user))
                return false
            } else if let rest = self.batch?.work?.rest, !rest.isEmpty {
                self.batch?.work?.events = rest
                self.batch?.work?.place = 0
                self.batch?.work?.rest = []
            } else if let work = self.batch?.work {
                self.close(work)
                return true
            }
        }
        return true
    }

    private mutating func close(_ work: Work) {
        if let read = work.read { self.markRead(read.event, in: ReadMark.Place(room: work.room, thread: read.thread)) }
        self.batch?.work = nil
        self.batch?.place += 1
    }

    // MARK: Receipts

    /// Marks a message as read in a moment, together with those that follow until then.
    private mutating func markRead(_ event: String, in place: ReadMark.Place) {
        if self.unmarked[place] != nil {
            self.unmarked[place]?.event = event
            return
        }
        self.lastMark += 1
        let mark = ReadMark(place: place, number: self.lastMark)
        self.unmarked[place] = (event, mark)
        self.act(.markRead(mark, after: Self.receiptDelay))
    }

    /// The request for a mark that is due. Nil when the bot has written there since: clients take that for a receipt, and
    /// a server has less to do.
    package mutating func takeReceipt(_ mark: ReadMark) -> MatrixRequest? {
        guard let unmarked = self.unmarked[mark.place], unmarked.mark == mark else { return nil }
        self.unmarked[mark.place] = nil
        return .receipt(room: mark.place.room, event: unmarked.event, thread: mark.place.thread)
    }

    // MARK: Gaps and lookups

    /// How often a batch is repeated because a request of it failed. A server may fail at what somebody has sent, each
    /// time; the delays before add up to some twenty seconds.
    private static let batchFailureLimit = 5

    /// Why a request of the batch will have no answer. Nil when the batch is repeated, or the bot has to sign in again.
    mutating func lastingFailure(_ answer: MatrixAnswer) -> String? {
        let failure: (reason: String, retryAfter: Int64?)
        switch answer {
        case .success: return nil
        case .refused(let refusal) where !refusal.isPassing && !refusal.isStray:
            return self.handleRejection(refusal) ? nil : refusal.summary
        case .refused(let refusal): failure = (self.text(refusal), refusal.retryAfter)
        case .failed(let reason, _): failure = (reason, nil)
        }
        // Syncs succeed in between, so all failures in the batch count together: each may have another cause.
        guard self.batchFailures < Self.batchFailureLimit else { return failure.reason }
        // The sync has reset it, and the delay shall grow.
        self.failures = self.batchFailures
        self.batchFailures += 1
        self.retry(failure.reason, after: failure.retryAfter)
        return nil
    }

    mutating func receiveGap(_ answer: MatrixAnswer, in room: String) {
        guard let work = self.batch?.work, work.room == room else { return }
        if case .success(let json) = answer {
            let events = MatrixEvent.list(json["chunk"]).map { self.opened.events[$0.id] ?? $0 }
            for event in MatrixEvent.list(json["state"]) { self.apply(event, in: room) }
            self.batch?.work?.events = events
            self.batch?.work?.place = 0
            self.batch?.work?.pages += 1
            let end = json["end"]?.stringValue
            let isLast = end == nil || end == work.gapEnd || end == work.gap
            self.batch?.work?.gap = isLast ? nil : end
            if !isLast, work.pages + 1 >= Self.pageLimit {
                self.log(.warning, "Too many events in \(room) while the bot was disconnected; the rest is skipped")
                self.batch?.work?.gap = nil
            }
        } else {
            guard let reason = self.lastingFailure(answer) else { return }
            self.log(.warning, "The missed events in \(room) cannot be read: \(reason)")
            self.batch?.work?.gap = nil
        }
        self.processBatch()
    }

    /// Whose message or reaction a look-up of ``batch`` is made for.
    var asker: String? { self.batch?.work?.next?.sender }

    /// Goes on without the look-up. What the event is stays open: somebody else may name it.
    mutating func skipLookups(for user: String) {
        self.batch?.strangers.insert(user)
        self.processBatch()
    }

    mutating func receiveLookup(_ answer: MatrixAnswer, of id: String) {
        if case .success(let json) = answer {
            self.batch?.countLookup()
            self.notes[id] = self.note(of: MatrixEvent(json))
        } else {
            guard let reason = self.lastingFailure(answer) else { return }
            self.batch?.countLookup()
            self.log(.debug, "The event \(id) cannot be read: \(reason)")
            self.notes[id] = self.note(of: nil)
        }
        self.processBatch()
    }
}
