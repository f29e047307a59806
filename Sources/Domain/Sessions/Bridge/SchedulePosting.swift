internal import Attention
internal import Chat
internal import Database
internal import Delivery
internal import JSON
internal import Logging
internal import People
internal import Posts
internal import Primitives
internal import Schedules
internal import Store
internal import Threads

/// Runs what people have scheduled, each time once: the transaction that moves a schedule on stores its message in the inbox,
/// whose key is the schedule and the time, or its reminder in the outbox. Missed runs are made up for by one.
struct SchedulePosting: Sendable {
    let bridge: Bridge

    /// Schedules of one transaction.
    private static let batch = 200
    /// A reminder that is later than this says so. Milliseconds.
    private static let lateness: Int64 = 300_000

    /// Runs until it is cancelled.
    func run() async throws {
        try await self.bridge.posts.schedules.run { due, holds in
            do { try await self.run(due, in: holds) } catch let error as DatabaseError {
                self.bridge.environment.logger.error(
                    "schedules cannot be run; retrying", ["error": .string("\(error)")])
                throw error
            }
        }
    }

    private struct NotYet: Error {}

    /// What a transaction has stored.
    struct Stored: Sendable {
        /// As they were read, by id.
        var sessions: [String: SessionRecord] = [:]
        var notices: [StoredNotice] = []
        var messages: [StoredMessage] = []
        var hasMentions = false
        /// What kept the next ones from being stored.
        var failure: (any Error)?
    }

    func run(_ due: [DueSchedule], in holds: ScheduleTimer.Holds) async throws {
        let bridge = self.bridge
        // What is due while the host stops is made up for by the next start; a place that is being recovered comes soon.
        let wanted = due.filter { !bridge.isStopping($0.place) }
        let served = wanted.filter { bridge.serves($0.place) }
        // A server stores each place's in the order of its writes, the one writer of a file those of many together: half of
        // them are read while the others are written.
        let isFile = bridge.store.database.dialect == .sqlite
        let parts = Dictionary(grouping: served) { isFile ? $0.place.hashValue & 1 : $0.place.hashValue }.values
        let all = await withTaskGroup(of: Stored.self, returning: [Stored].self) { group in
            for part in parts { group.addTask { await self.store(all: part, in: holds) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        // Turns write too: the first begins when every run is stored.
        let reader = IntentReader(adapters: bridge.adapters, access: bridge.access)
        for message in all.flatMap(\.messages) {
            let intent = reader.intent(of: message.message, role: message.role)
            await bridge.conversations.hand(.message(message, intent), of: message.message.thread, reply: nil)
        }
        // A place that was lost is done with here; the others are tried again.
        let failures = all.compactMap(\.failure)
        if let failure = failures.first(where: { !($0 is PlaceLost) }) { throw failure }
        guard served.count == wanted.count else { throw NotYet() }
        if let lost = failures.first { throw lost }
    }

    private func store(all due: [DueSchedule], in holds: ScheduleTimer.Holds) async -> Stored {
        await withTaskGroup(of: Void.self) { group in
            var all = Stored()
            do {
                for start in stride(from: 0, to: due.count, by: Self.batch) {
                    let end = min(start + Self.batch, due.count)
                    let stored = try await self.store(due[start..<end], in: holds)
                    FaultPoint.scheduleStored.hit()
                    all.messages += stored.messages
                    // The next ones are stored meanwhile.
                    group.addTask { await self.show(stored.notices) }
                }
            } catch {
                all.failure = error
            }
            return all
        }
    }

    /// Stores the runs in one transaction. One that cannot be stored at all is put aside, so that it keeps no other from its
    /// time.
    func store(_ due: ArraySlice<DueSchedule>, in holds: ScheduleTimer.Holds) async throws -> Stored {
        let store = self.bridge.store
        let own = Set(due.map(\.place)).compactMap { holds[$0] }
        do {
            let known = try await store.read { ledger in try ledger.read(due) }
            return try await store.write(of: own) { ledger in
                var stored = Stored()
                for one in due { try self.run(one, known, in: ledger, &stored) }
                if stored.hasMentions { try ledger.noteMentions() }
                return stored
            }
        } catch let error where Self.isPassing(error) {
            throw error
        } catch {
            guard due.count == 1, let one = due.first else {
                var all = Stored()
                for index in due.indices {
                    let stored = try await self.store(due[index...index], in: holds)
                    all.notices += stored.notices
                    all.messages += stored.messages
                }
                return all
            }
            self.bridge.environment.logger.error(
                "a schedule cannot be run", ["schedule": .string(one.id), "error": .string("\(error)")])
            try await store.write(of: own) { ledger in try ledger.putAside(one) }
            return Stored()
        }
    }

    private static func isPassing(_ error: any Error) -> Bool {
        error is CancellationError || error is PlaceLost || (error as? DatabaseError)?.isPassing == true
    }

    private func show(_ notices: [StoredNotice]) async {
        for notice in notices { await self.bridge.posts.show(notice) }
        let isOfWeb = notices.contains { if case .web = $0.place { true } else { false } }
        if isOfWeb { self.bridge.askChanges.note() }
    }

    private func run(
        _ due: DueSchedule, _ known: ReadSchedules, in ledger: Ledger, _ stored: inout Stored
    ) throws {
        guard let schedule = try ledger.schedule(due.id, asIn: known), schedule.nextAt == due.nextAt else { return }
        let now = self.bridge.environment.now()
        let known = stored.sessions[schedule.session]
        guard let session = try known ?? ledger.session(id: schedule.session), !session.key.value.hasPrefix("past:")
        else {
            _ = try ledger.deleteSchedule(schedule.id)
            return
        }
        stored.sessions[session.id] = session
        try self.bridge.environment.speaking(to: schedule.person, in: ledger) {
            try self.run(schedule, dueAt: due.nextAt, in: session, ledger, &stored, at: now)
        }
    }

    private func run(
        _ schedule: Schedule, dueAt: Int64, in session: SessionRecord, _ ledger: Ledger, _ stored: inout Stored,
        at now: Int64
    ) throws {
        if let reason = try self.obstacle(to: schedule, in: session, ledger, at: now) {
            guard try ledger.takeRun(of: schedule, at: dueAt, next: .end, now: now) else { return }
            stored.notices.append(try self.notice(reason, of: schedule, in: session, at: now).write(to: ledger))
            return
        }
        let (runs, next) = try ledger.step(of: schedule, at: now)
        guard try ledger.takeRun(of: schedule, at: dueAt, next: next, now: now), runs else { return }
        switch schedule.kind {
        case .remind:
            let late = schedule.rule.event == nil && now - dueAt > Self.lateness ? dueAt : nil
            let notice = try self.reminder(of: schedule, in: session, dueAt: late, at: now).write(to: ledger)
            stored.notices.append(notice)
            if session.key.adapter == Place.webAdapter {
                try self.mention(schedule, in: notice, dueAt: dueAt, in: ledger, at: now)
                stored.hasMentions = true
            }
        case .turn:
            // In the web chat the message itself follows.
            let text = ScheduleReplies.heading(schedule, withText: session.key.adapter != Place.webAdapter)
            stored.notices.append(try self.notice(text, of: schedule, in: session, at: now).write(to: ledger))
            do {
                let message = try self.store(schedule, dueAt: dueAt, in: session, ledger, at: now)
                if let message { stored.messages.append(message) }
            } catch let refusal as QuotaExceeded {
                let sign = self.bridge.adapters.traits(of: session.route.room).sign
                stored.notices.append(
                    try self.notice(sign.completing(refusal.text), of: schedule, in: session, at: now).write(to: ledger)
                )
            }
        }
    }

    /// Why a schedule ends without a run; nil if it runs.
    private func obstacle(
        to schedule: Schedule, in session: SessionRecord, _ ledger: Ledger, at now: Int64
    ) throws -> String? {
        let (access, sender) = (self.bridge.access, schedule.message.sender)
        guard !access.isRemoved(sender), let role = access.role(of: sender) else {
            return ScheduleReplies.ended(schedule, because: "has no access any more")
        }
        if schedule.kind == .turn, role < CommandName.every.role {
            return ScheduleReplies.ended(schedule, because: "is a \(role.rawValue) now")
        }
        if session.key.adapter == Place.webAdapter {
            let visitor = ThreadVisitor(
                identity: sender.id, others: access.identities(of: sender.id).filter { $0 != sender.id }, role: role)
            guard let right = try ledger.right(of: visitor, in: session, at: now), right >= .join else {
                return ScheduleReplies.ended(schedule, because: "may not write in this conversation any more")
            }
        }
        if case .due(let id) = schedule.rule {
            guard let task = try schedule.repository.flatMap({ try ledger.scheduledTask(id, in: $0) }) else {
                return ScheduleReplies.ended(schedule, withoutTask: id, because: "is no longer listed")
            }
            if task.isFinished { return ScheduleReplies.ended(schedule, withoutTask: task.id, because: "is finished") }
        }
        return nil
    }

    /// Stores a run's message. Nil if it is stored already. Throws ``QuotaExceeded``.
    private func store(
        _ schedule: Schedule, dueAt time: Int64, in session: SessionRecord, _ ledger: Ledger, at now: Int64
    ) throws -> StoredMessage? {
        let message = schedule.message(in: session, at: now)
        let event = schedule.event(at: time)
        let role = self.bridge.access.role(of: message.sender)
        let quota = self.bridge.environment.settings.quota.limits(for: role)
        try ledger.roomCheck(quota, for: message.text.utf8.count, in: session.key, from: message.sender.id)()
        let number = try ledger.insertEvent(
            event, adapter: session.key.adapter, body: StoredForm.text(of: message), role: role,
            in: message.route.room, charge: InboxCharge(message), at: now)
        return number.map { StoredMessage(number: $0, event: event, message: message, role: role) }
    }

    /// An entry at the person's bell: the web chat has no mentions of a network.
    private func mention(
        _ schedule: Schedule, in notice: StoredNotice, dueAt time: Int64, in ledger: Ledger, at now: Int64
    ) throws {
        let person = schedule.message.sender
        let message = try ledger.connection.first("SELECT id FROM messages WHERE turn = ?", [.text(notice.turn)])
        guard let message else { return }
        let text = NamedText(
            .message, in: notice.session, about: "\(try message.integer("id"))", key: schedule.event(at: time),
            "@\(AskTexts.plainName(of: person)): \(schedule.text)",
            by: Sender(id: person.id, identities: [], displayName: "Your reminder"), at: now)
        try ledger.insertMention(of: person.id, in: text, isTold: true)
    }

    private func notice(
        _ text: String, of schedule: Schedule, in session: SessionRecord, at now: Int64, mentions: [Mention] = []
    ) -> NoticeWriting {
        var session = session
        // The thread's own may address somebody else.
        session.route = schedule.message(in: session, at: now).route
        if !mentions.isEmpty { session.route = session.route.mentioning(mentions) }
        return NoticeWriting(
            session: session, text: text, role: .note, kind: .note, adapters: self.bridge.adapters, at: now)
    }

    private func reminder(
        of schedule: Schedule, in session: SessionRecord, dueAt late: Int64?, at now: Int64
    ) -> NoticeWriting {
        let message = schedule.message(in: session, at: now)
        let sender = message.sender
        let isThere = AskNotices.isOfNetwork(sender, message.route.room)
        return self.notice(
            ScheduleReplies.reminder(schedule, text: message.text, dueAt: late), of: schedule, in: session, at: now,
            mentions: isThere ? [Mention(person: sender.person, name: AskTexts.plainName(of: sender))] : [])
    }
}
