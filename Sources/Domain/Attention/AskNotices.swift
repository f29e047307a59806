internal import Chat
package import Delivery
internal import EventLoop
internal import JSON
internal import Logging
package import People
internal import Primitives
package import Store
package import Threads

/// Tells people in direct messages of asks in other threads that they may decide: with the ask, its link and its buttons,
/// which decide it there. Also of texts that name them.
///
/// The people to notify are stored with the ask, so a crash neither misses anybody nor notifies anybody twice. Each person
/// hears of a few asks a minute at most; the rest wait for the next minute, and some may have ended by then.
package final class AskNotices: Sendable {
    let store: SessionStore
    let hub: LiveHub
    let lanes: Lanes
    let adapters: AdapterRegistry
    let access: AccessControl
    let questions: OpenQuestions
    /// Of what waits for people.
    let changes: ChangeSignals
    let environment: BridgeEnvironment
    private let state = Protected(State())

    private struct State {
        var next: Next?
        /// Conversations that were begun, by identity.
        var opened: [String: DirectConversation] = [:]
    }

    private struct Next {
        let at: Int64
        let alarm: Alarm
    }

    /// Somebody to notify.
    struct Person: Sendable {
        let standing: Standing
        /// Nil if nobody knows them any more.
        let sender: Sender?
    }

    /// Where somebody can be reached.
    enum Standing: Sendable {
        case at(DirectConversation)
        case unreachable
        /// Not at the moment.
        case later
        /// The host that has their network tells them.
        case elsewhere
    }

    /// Milliseconds, like all times here: asks that arrive together are all stored before anybody hears of the first.
    static let gathering: Int64 = 500
    static let interval: Int64 = 60_000
    /// The most asks that one person hears of within ``interval``, and the most mentions.
    static let burst = 5
    /// For beginning a conversation.
    private static let patience: Duration = .seconds(10)

    package init(
        store: SessionStore, hub: LiveHub, lanes: Lanes, adapters: AdapterRegistry, access: AccessControl,
        questions: OpenQuestions, changes: ChangeSignals, environment: BridgeEnvironment
    ) {
        self.store = store
        self.hub = hub
        self.lanes = lanes
        self.adapters = adapters
        self.access = access
        self.questions = questions
        self.changes = changes
        self.environment = environment
        for texts in [store.commentChanges, store.namedTexts] { texts.observe { [weak self] in self?.askWasStored() } }
    }

    var notifiesPeople: Bool { self.environment.settings.notifiesOwners }

    /// Takes up what was stored before, at start or with the places of another host.
    package func load() async throws {
        let (rooms, isDue) = try await self.store.read { ledger in
            try (ledger.roomsOfNotices(), ledger.hasNamedTexts() || !ledger.peopleToTell().isEmpty)
        }
        for room in rooms { self.questions.add(room) }
        if isDue { self.askWasStored() }
    }

    /// An ask or a text was stored; notifies the people concerned soon.
    package func askWasStored() { self.tell(after: Self.gathering) }

    func tell(after delay: Int64) {
        let at = self.environment.now() + delay
        self.state.withLock { state in
            // Asks that keep coming must not put it off.
            if let next = state.next, next.at <= at { return }
            state.next = Next(at: at, alarm: Alarm(after: .milliseconds(delay)) { [weak self] in await self?.tell() })
        }
    }

    /// Sends what is due.
    package func tell() async {
        self.state.withLock { $0.next = nil }
        let now = self.environment.now()
        await self.readNames(at: now)
        do {
            let people = try await self.peopleToNotify()
            guard !people.isEmpty else { return }
            let (notices, wait) = try await self.store.write { ledger in
                let (asks, mentions) = try (
                    self.write(to: ledger, people, at: now), self.writeMentions(to: ledger, people, at: now)
                )
                return (asks.0 + mentions.0, [asks.1, mentions.1].compactMap(\.self).min())
            }
            for notice in notices {
                let hold = self.store.held.hold(of: notice.place)
                await self.hub.begin(notice.turn, session: notice.session, in: hold)
                await self.hub.publish(notice.frames)
                await self.lanes.dispatch(notice.items)
            }
            if let wait { self.tell(after: wait) }
        } catch {
            self.environment.logger.error(
                "people could not be told of what waits; retrying", ["error": .string("\(error)")])
            self.tell(after: Self.interval)
        }
    }

    // MARK: Where people are

    /// By identity.
    private func peopleToNotify() async throws -> [String: Person] {
        let (people, sightings) = try await self.store.read { ledger in
            let people = try Set(ledger.peopleToTell())
            // Everybody who was ever seen is read only if there is somebody to notify.
            return try (people, people.isEmpty ? [] : ledger.sightings().filter { people.contains($0.sender.id) })
        }
        let senders = Dictionary(
            (sightings.map(\.sender) + self.access.listedOwners).map { ($0.id, $0) },
            uniquingKeysWith: { first, _ in first })
        let directs = Dictionary(
            sightings.compactMap { sighting in sighting.direct.map { (sighting.sender.id, $0) } },
            uniquingKeysWith: { first, _ in first })
        return await withTaskGroup(of: (String, Standing).self) { group in
            for person in people {
                if let direct = directs[person], self.isServed(direct) {
                    group.addTask { (person, .at(direct)) }
                } else {
                    group.addTask { (person, await self.begun(with: person)) }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = Person(standing: $1.1, sender: senders[$1.0]) }
        }
    }

    private func begun(with person: String) async -> Standing {
        guard let adapter = self.adapter(reaching: person) else { return .unreachable }
        guard self.store.held.contains(.network(adapter.id)) else { return .elsewhere }
        if let opened = self.state.withLock({ $0.opened[person] }) { return .at(opened) }
        do {
            let found = try await withDeadline(Self.patience) { () async throws(any Error) in
                try await adapter.direct(with: person)
            }
            guard let found else { return .later }
            guard let direct = found else { return .unreachable }
            self.state.withLock { state in
                if state.opened.count >= 1_000 { state.opened = [:] }
                state.opened[person] = direct
            }
            return .at(direct)
        } catch {
            self.environment.logger.info(
                "a direct conversation could not be started; retrying",
                ["person": .string(person), "error": .string("\(error)")])
            return .later
        }
    }

    // MARK: What is stored

    /// Returns the stored messages, and after what time to look again.
    private func write(
        to ledger: Ledger, _ people: [String: Person], at now: Int64
    ) throws -> ([StoredNotice], Int64?) {
        try ledger.deleteNotices(toldBefore: now - 10 * Self.interval)
        var notices: [StoredNotice] = []
        var unreachable: [String: (ask: AskRecord, people: [Sender])] = [:]
        let wait = try self.tellEach(of: ledger.peopleToNotify(), people, in: ledger, at: now) { person, known in
            try self.asks(for: known.sender, of: person, in: ledger, at: now)
        } heard: { person in
            try ledger.noticeTimes(of: person, since: now - Self.interval, until: now)
        } drop: { person, known, asks in
            for ask in asks { unreachable[ask.id, default: (ask, [])].people += known.sender.map { [$0] } ?? [] }
            try ledger.deleteNotices(untoldTo: person)
        } tell: { ask, person, _, direct in
            let notice = try self.environment.speaking(to: person, in: ledger) {
                try self.notice(of: ask, to: person, at: direct, in: ledger, now)
            }
            try ledger.setNotice(of: ask.id, for: person, item: notice.items.last?.id, at: now)
            notices.append(notice)
        }
        for (ask, people) in unreachable.sorted(by: { $0.key < $1.key }).map(\.value) {
            notices += try self.call(people, to: ask, in: ledger, now).map { [$0] } ?? []
        }
        return (notices, wait)
    }

    /// Sends people what waits for them, at most ``burst`` messages each within ``interval``. Returns when to look again,
    /// in milliseconds from now.
    ///
    /// - Parameters:
    ///   - items: What waits for a person.
    ///   - heard: The times of a person's messages within the last ``interval``, oldest first.
    ///   - drop: Called for a person who cannot be reached, or for whom nothing is left.
    func tellEach<Item>(
        of waiting: [String], _ people: [String: Person], in ledger: Ledger, at now: Int64,
        _ items: (String, Person) throws -> [Item], heard: (String) throws -> [Int64],
        drop: (String, Person, [Item]) throws -> Void,
        tell: (Item, String, Person, DirectConversation) throws -> Void
    ) throws -> Int64? {
        var wait: Int64?
        func look(after time: Int64) { wait = min(wait ?? time, time) }
        for id in waiting {
            guard let person = people[id] else {
                look(after: Self.gathering)
                continue
            }
            let items = try items(id, person)
            switch person.standing {
            case .elsewhere: continue
            case _ where items.isEmpty: try drop(id, person, items)
            case .later: look(after: Self.interval)
            case .unreachable: try drop(id, person, items)
            case .at(let direct):
                // The host that has the person's network tells them.
                let hold = self.store.held.hold(of: Place(of: direct.thread))
                guard self.store.held.isCurrent(hold) else { continue }
                let times = try heard(id)
                let allowed = max(0, Self.burst - times.count)
                if items.count > allowed { look(after: (times.first ?? now) + Self.interval - now) }
                if allowed > 0 { try self.store.held.enter([hold], in: ledger) }
                for item in items.prefix(allowed) { try tell(item, id, person, direct) }
            }
        }
        return wait
    }

    /// What a person has not heard of yet, and may still decide.
    private func asks(for sender: Sender?, of person: String, in ledger: Ledger, at now: Int64) throws -> [AskRecord] {
        guard let sender else { return [] }
        let (role, whole) = (self.access.role(of: sender), self.access.person(sender))
        return try ledger.asksToNotify(person).filter { ask in
            ask.state == .open && ask.expiresAt > now && ask.rule.allows(whole, as: role, askedBy: ask.requester)
        }
    }

    private func notice(
        of ask: AskRecord, to person: String, at direct: DirectConversation, in ledger: Ledger, _ now: Int64
    ) throws -> StoredNotice {
        let route = self.adapters.apart(direct.route)
        var session = try ledger.session(for: direct.thread, route: direct.route, owner: person, title: "", at: now)
        session.route = route
        let entry = try Self.entry(of: ask, for: route.room, in: ledger, self.adapters)
        let url = self.environment.settings.publicURL
        let traits = self.adapters.traits(of: route.room)
        let message = AskMessage(
            ask: ask.told(NoticeTexts.place(entry, url), sign: traits.sign), traits: traits,
            renderer: self.adapters[route.room.adapter]?.renderer, at: now)
        guard !entry.isHidden, let texts = message.messages else {
            return try NoticeWriting(
                session: session, text: NoticeTexts.waiting(entry, at: url), role: .note, kind: .note,
                adapters: self.adapters, at: now
            ).write(to: ledger)
        }
        self.questions.add(route.room)
        var writing = NoticeWriting(
            session: session, text: message.transcript, role: .note, kind: .ask, adapters: self.adapters, at: now)
        writing.messages = (texts, AskTexts.buttons(of: ask))
        return try writing.write(to: ledger)
    }

    /// Names people in the ask's thread whom no direct message reaches.
    private func call(
        _ people: [Sender], to ask: AskRecord, in ledger: Ledger, _ now: Int64
    ) throws -> StoredNotice? {
        // Neither a stranger's thread nor one that nobody has begun is the owners' place.
        guard ask.kind != .access, ask.kind != .extension else { return nil }
        let mentions = people.filter { Self.isOfNetwork($0, ask.route.room) }.prefix(Attention.mentionLimit).map {
            Mention(person: $0.person, name: AskTexts.plainName(of: $0))
        }
        guard !mentions.isEmpty, var session = try ledger.session(id: ask.session) else { return nil }
        let hold = self.store.held.hold(of: Place(of: session.key))
        if self.store.held.isCurrent(hold) { try self.store.held.enter([hold], in: ledger) }
        session.route = ask.route.mentioning(mentions)
        return try NoticeWriting(
            session: session, text: NoticeTexts.waitsHere(ask), role: .note, kind: .note, adapters: self.adapters,
            at: now
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

    // MARK: The outcome

    /// Changes the messages that told of an ask which has ended, in the transaction that ends it. Where messages cannot be
    /// changed, a line says so.
    package static func end(_ ask: AskRecord, in ledger: Ledger, _ adapters: AdapterRegistry, at now: Int64) throws
        -> [OutboxItem]
    {
        try ledger.deleteNotices(untoldOf: ask.id)
        return try ledger.noticeItems(of: ask.id).compactMap { id in
            guard let item = try ledger.outboxItem(id: id) else { return nil }
            let room = item.route.room
            let entry = try Self.entry(of: ask, for: room, in: ledger, adapters)
            let traits = adapters.traits(of: room)
            let message = AskMessage(ask: ask, traits: traits, renderer: adapters[room.adapter]?.renderer)
            let isEdited = message.isEditable && adapters[room.adapter] is any EditingAdapter
            try ledger.withdraw([item])
            let outcome = item.kind == .ask ? message.outcome : message.composed(NoticeTexts.decided(entry))
            guard let outcome, isEdited || item.kind == .ask else { return nil }
            return try ledger.insertOutbox(
                session: item.session, turn: nil, kind: isEdited ? .outcome : .note, route: item.route, text: outcome,
                message: isEdited ? id : nil, at: now)
        }
    }
}
