package import Chat
package import Delivery
internal import JSON
internal import Logging
package import People
internal import Primitives
package import Store
package import Threads

/// Brings answers directly to the people who asked when rooms have refused them for a day.
///
/// Only the answer goes, whole and once; whatever else has waited for as long is given up.
package final class LostAnswers: Sendable {
    private let store: SessionStore
    private let hub: LiveHub
    private let lanes: Lanes
    private let adapters: AdapterRegistry
    private let access: AccessControl
    private let environment: BridgeEnvironment

    /// Where somebody can be reached.
    private enum Standing: Sendable {
        case at(DirectConversation)
        case unreachable
        /// Not at the moment.
        case later
    }

    /// For beginning a conversation.
    private static let patience: Duration = .seconds(10)
    /// Entries of the outbox that one transaction takes, at least.
    private static let page = 500

    package init(
        store: SessionStore, hub: LiveHub, lanes: Lanes, adapters: AdapterRegistry, access: AccessControl,
        environment: BridgeEnvironment
    ) {
        self.store = store
        self.hub = hub
        self.lanes = lanes
        self.adapters = adapters
        self.access = access
        self.environment = environment
    }

    /// Handles what has waited long enough for a room. What cannot be sent now waits for the room's next try.
    package func bring(from room: RoomID) async {
        do {
            while try await self.bringSome(from: room) {}
        } catch is PlaceLost {
            // The room's next host does it.
        } catch {
            self.environment.logger.error(
                "answers that a room refuses could not be sent to the people who asked; retrying",
                ["room": "\(room)", "error": .string("\(error)")])
        }
    }

    /// Whether there may be more.
    private func bringSome(from room: RoomID) async throws -> Bool {
        let now = self.environment.now()
        let askers = try await self.store.read { ledger in
            try ledger.overdueOutbox(of: room, at: now, limit: Self.page).compactMap { item in
                try item.turn.flatMap { try ledger.turn(id: $0) }?.sender
            }
        }
        let standings = await self.standings(of: askers, from: room)
        let (count, notices) = try await self.store.write(of: Place(of: room)) { ledger in
            try self.settle(room, standings, in: ledger, at: now)
        }
        for notice in notices {
            await self.hub.begin(notice.turn, session: notice.session, in: self.store.held.hold(of: notice.place))
            await self.hub.publish(notice.frames)
            await self.lanes.dispatch(notice.items)
        }
        return count >= Self.page
    }

    // MARK: Where people are

    private func standings(of askers: [Sender], from room: RoomID) async -> [String: Standing] {
        var standings: [String: Standing] = [:]
        for asker in askers where standings[asker.id] == nil {
            standings[asker.id] = await self.standing(of: asker, from: room)
        }
        return standings
    }

    private func standing(of asker: Sender, from room: RoomID) async -> Standing {
        guard !asker.isSelf, !asker.isBot, self.access.role(of: asker) != nil,
            let adapter = self.adapters[room.adapter] as? any DirectAdapter, adapter.mayReach(asker.id)
        else { return .unreachable }
        do {
            let found = try await withDeadline(Self.patience) { () async throws(any Error) in
                try await adapter.direct(with: asker.id)
            }
            guard let found else { return .later }
            // Their direct room may be the one that refuses.
            guard let direct = found, direct.route.room != room else { return .unreachable }
            return .at(direct)
        } catch {
            self.environment.logger.info(
                "a direct conversation could not be started; retrying",
                ["person": .string(asker.id), "error": .string("\(error)")])
            return .later
        }
    }

    // MARK: What is stored

    /// Returns how many entries are settled, and the direct messages.
    private func settle(
        _ room: RoomID, _ standings: [String: Standing], in ledger: Ledger, at now: Int64
    ) throws -> (Int, [StoredNotice]) {
        let overdue = try ledger.overdueOutbox(of: room, at: now, limit: Self.page)
        var notices: [StoredNotice] = []
        var count = 0
        for (turn, items) in Dictionary(grouping: overdue, by: \.turn).sorted(by: { $0.value[0].id < $1.value[0].id }) {
            var items = items
            let record = try turn.flatMap { try ledger.turn(id: $0) }
            let answer = try record.flatMap { items.contains(where: \.isAnswer) ? try ledger.answer(of: $0) : nil }
            if let record, let answer {
                // Another message of it is being sent, or its person is not reachable now.
                guard try !ledger.isSending(ofTurn: record.id) else { continue }
                switch standings[record.sender.id] {
                case .at(let direct):
                    let lost = LostAnswer(
                        turn: record, answer: answer, reason: items[0].refusal ?? "", room: room,
                        title: self.adapters.traits(of: room).title)
                    notices.append(
                        try self.environment.speaking(to: record.sender.id, in: ledger) {
                            try self.notice(of: lost, at: direct, in: ledger, now)
                        })
                    try self.note(NoticeTexts.wentDirectly(to: record.sender), below: record, in: ledger, now)
                case .unreachable:
                    try self.note(NoticeTexts.notBrought(to: record.sender), below: record, in: ledger, now)
                case .later, nil: continue
                }
                // The whole answer has gone, also what its room refused later.
                items = try ledger.outbox(ofTurn: record.id).filter { item in
                    items.contains { $0.id == item.id } || item.isAnswer && [.pending, .unknown].contains(item.state)
                }
            }
            for item in items { try ledger.setOutbox(item.id, .failed, error: item.refusal, at: now) }
            count += items.count
        }
        return (count, notices)
    }

    private func note(_ text: String, below turn: TurnRecord, in ledger: Ledger, _ now: Int64) throws {
        try ledger.insertMessage(session: turn.session, turn: turn.id, role: .note, text: text, at: now)
    }

    private func notice(
        of lost: LostAnswer, at direct: DirectConversation, in ledger: Ledger, _ now: Int64
    ) throws -> StoredNotice {
        let url = self.environment.settings.publicURL
        let traits = self.adapters.traits(of: direct.route.room)
        var session = try ledger.session(
            for: direct.thread, route: direct.route, owner: lost.turn.sender.id, title: "", at: now)
        session.route = self.adapters.apart(direct.route)
        let isHidden =
            self.adapters.traits(of: lost.room).capabilities.contains(.encrypted)
            && !traits.capabilities.contains(.encrypted)
        var poster = AnswerPoster(
            traits: traits, renderer: self.adapters[lost.room.adapter]?.renderer ?? PlainRenderer())
        let heading = isHidden ? NoticeTexts.lostHidden(lost, url) : NoticeTexts.lost(lost)
        var texts = poster.messages(for: heading)
        var whole = heading
        if !isHidden {
            texts += poster.rest(of: Array(lost.answer.text.utf8))
            let link = TurnTexts.wholeAnswer(at: "\(url)/a/\(lost.answer.id)")
            if poster.isShortened { texts += poster.messages(for: link) }
            // The transcript has a long one already.
            whole += "\n\n" + (poster.isShortened ? link : lost.answer.text)
        }
        var writing = NoticeWriting(
            session: session, text: whole, role: .note, kind: .note, adapters: self.adapters, at: now)
        writing.messages = (texts, [])
        if traits.capabilities.contains(.quiet) { writing.notified = Mention(person: lost.turn.sender.person) }
        return try writing.write(to: ledger)
    }
}

/// An answer that its room has refused for a day.
struct LostAnswer: Sendable {
    let turn: TurnRecord
    let answer: MessageRecord
    /// As the network gave it.
    let reason: String
    let room: RoomID
    /// What people call the room.
    let title: String?
}
