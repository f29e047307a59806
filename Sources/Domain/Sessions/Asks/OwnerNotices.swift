internal import Chat
internal import EventLoop
internal import JSON
internal import Logging
internal import People
internal import Primitives
internal import Store
internal import Threads

/// Tells owners in a direct message of approvals that wait for them in other threads.
///
/// Whom to tell is stored with the ask, so a crash forgets nobody and tells nobody twice. A burst makes one message: what
/// arrives shortly after the first, and within a minute of a message, is gathered for the next.
final class OwnerNotices: Sendable {
    private let store: SessionStore
    private let hub: LiveHub
    private let lanes: Lanes
    private let adapters: AdapterRegistry
    private let access: AccessControl
    private let environment: BridgeEnvironment
    private let next = Protected<Next?>(nil)

    private struct Next {
        let at: Int64
        let alarm: Alarm
    }

    /// Milliseconds, like all times here.
    private static let gathering: Int64 = 2_000
    private static let interval: Int64 = 60_000

    init(posts: ThreadPosts, access: AccessControl) {
        self.store = posts.store
        self.hub = posts.hub
        self.lanes = posts.lanes
        self.adapters = posts.adapters
        self.access = access
        self.environment = posts.environment
    }

    /// Stores whom to tell of a new ask, in the transaction that stores it.
    func note(_ ask: AskRecord, in ledger: Ledger) throws {
        guard self.environment.settings.notifiesOwners, ask.kind == .approval,
            ask.rule == .otherOwners || ask.rule == .owners
        else { return }
        let writers = try Set(ledger.senders(in: ask.session).map(\.id))
        for sighting in try ledger.sightings() {
            // The role first: only of the few owners are threads looked up.
            guard let direct = sighting.direct, self.access.role(of: sighting.sender) == .owner,
                ask.rule.allows(sighting.sender, as: .owner, askedBy: ask.requester),
                try self.isAway(sighting, direct, from: ask, writers, in: ledger)
            else { continue }
            try ledger.insertNotice(of: ask.id, for: sighting.sender.id)
        }
    }

    /// Whether somebody has a direct conversation on the ask's network (for an ask of the web chat: on any), and does not
    /// see the ask in a thread of their own.
    private func isAway(
        _ sighting: Sighting, _ direct: Sighting.Direct, from ask: AskRecord, _ writers: Set<String>, in ledger: Ledger
    ) throws -> Bool {
        let (room, traits) = (ask.route.room, self.adapters.traits(of: ask.route.room))
        guard self.adapters[direct.route.room.adapter] != nil, direct.route.room != room,
            traits.capabilities.contains(.transcript) || direct.route.room.adapter == room.adapter,
            !writers.contains(sighting.sender.id)
        else { return false }
        // Where there are no threads, everybody in the room sees everything.
        if traits.capabilities.contains(.threads) { return true }
        return try !ledger.hasSession(of: sighting.sender.id, in: room)
    }

    /// An ask was stored; tells those who are to be told, soon.
    func askWasStored() { self.tell(after: Self.gathering) }

    private func tell(after delay: Int64) {
        let at = self.environment.now() + delay
        self.next.withLock { next in
            // Asks that keep coming must not put it off.
            if let next, next.at <= at { return }
            next = Next(at: at, alarm: Alarm(after: .milliseconds(delay)) { [weak self] in await self?.tell() })
        }
    }

    /// Sends what is due.
    func tell() async {
        self.next.withLock { $0 = nil }
        let now = self.environment.now()
        do {
            let (notices, wait) = try await self.store.write { ledger in try self.write(to: ledger, at: now) }
            for notice in notices {
                let hold = self.store.held.hold(of: notice.place)
                await self.hub.begin(notice.turn, session: notice.session, in: hold)
                await self.hub.publish(notice.frames)
                await self.lanes.dispatch(notice.items)
            }
            if let wait { self.tell(after: wait) }
        } catch {
            self.environment.logger.error(
                "owners could not be told of what waits; retrying", ["error": .string("\(error)")])
            self.tell(after: Self.interval)
        }
    }

    /// Returns the stored messages, and after what time to look again.
    private func write(to ledger: Ledger, at now: Int64) throws -> ([StoredNotice], Int64?) {
        try ledger.deleteNotices(toldBefore: now - 10 * Self.interval)
        var notices: [StoredNotice] = []
        var wait: Int64?
        let sightings = try ledger.sightings()
        for person in try ledger.peopleToNotify() {
            let sighting = sightings.first { $0.sender.id == person }
            // The host that has the person's network tells them.
            let hold = sighting?.direct.map { self.store.held.hold(of: Place(of: $0.thread)) }
            if let hold, !self.store.held.isCurrent(hold) { continue }
            let last = try ledger.lastNotice(for: person, at: now)
            if let last, last > now - Self.interval {
                wait = min(wait ?? Self.interval, last + Self.interval - now)
                continue
            }
            let asks = try ledger.asksToNotify(person).filter { $0.state == .open && $0.expiresAt > now }
            guard !asks.isEmpty, let sighting, let direct = sighting.direct,
                self.access.role(of: sighting.sender) == .owner
            else {
                try ledger.deleteNotices(untoldTo: person)
                continue
            }
            if let hold { try self.store.held.enter([hold], in: ledger) }
            let notice = try self.notice(of: asks, to: person, at: direct, in: ledger, now)
            // What became several messages is not changed later.
            let item = notice.items.count == 1 ? notice.items.first?.id : nil
            for ask in asks { try ledger.setNotice(of: ask.id, for: person, item: item, at: now) }
            try ledger.deleteNotices(untoldTo: person)
            notices.append(notice)
        }
        return (notices, wait)
    }

    private func notice(
        of asks: [AskRecord], to person: String, at direct: Sighting.Direct, in ledger: Ledger, _ now: Int64
    ) throws -> StoredNotice {
        let route = direct.route
        var session = try ledger.session(for: direct.thread, route: route, owner: person, title: "", at: now)
        session.route = self.adapters.apart(route)
        let text = try NoticeTexts.waiting(
            asks.map { try Self.entry(of: $0, for: route.room, in: ledger, self.adapters) },
            at: self.environment.settings.publicURL)
        return try NoticeWriting(
            session: session, text: text, role: .note, kind: .note, adapters: self.adapters, at: now
        ).write(to: ledger)
    }

    private static func entry(
        of ask: AskRecord, for room: RoomID, in ledger: Ledger, _ adapters: AdapterRegistry
    ) throws -> NoticeTexts.Entry {
        let traits = adapters.traits(of: ask.route.room)
        return NoticeTexts.Entry(
            ask: ask, title: try ledger.session(id: ask.session)?.title ?? "", sign: traits.sign,
            isHidden: traits.capabilities.contains(.encrypted)
                && !adapters.traits(of: room).capabilities.contains(.encrypted))
    }

    /// Changes the messages that told of an ask which has ended, in the transaction that ends it. Where messages cannot be
    /// changed, they stay.
    static func end(_ ask: AskRecord, in ledger: Ledger, _ adapters: AdapterRegistry, at now: Int64) throws
        -> [OutboxItem]
    {
        try ledger.deleteNotices(untoldOf: ask.id)
        return try ledger.noticeItems(of: ask.id).compactMap { id in
            guard let item = try ledger.outboxItem(id: id), adapters[item.route.room.adapter] is any EditingAdapter,
                case let traits = adapters.traits(of: item.route.room), traits.capabilities.contains(.edits),
                traits.isMultiline
            else { return nil }
            let entries = try ledger.asks(ofNotice: id).map {
                try Self.entry(of: $0, for: item.route.room, in: ledger, adapters)
            }
            let renderer = adapters[item.route.room.adapter]?.renderer ?? PlainRenderer()
            let messages = Composer(traits: traits, renderer: renderer).messages(for: NoticeTexts.decided(entries))
            guard messages.count == 1 else { return nil }
            return try ledger.insertOutbox(
                session: item.session, turn: nil, kind: .outcome, route: item.route, text: messages[0], message: id,
                at: now)
        }
    }
}
