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
    private static let batch = 100
    /// A reminder that is later than this says so. Milliseconds.
    private static let lateness: Int64 = 300_000

    /// Runs until it is cancelled.
    func run() async throws {
        try await self.bridge.posts.schedules.run { hold, due in
            do { try await self.run(due, in: hold) } catch let error as DatabaseError {
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
    }

    func run(_ due: [DueSchedule], in hold: PlaceHold) async throws {
        let bridge = self.bridge
        // What is due while the host stops is made up for by the next start; a place that is being recovered comes soon.
        guard !bridge.isStopping(hold.place) else { return }
        guard bridge.serves(hold.place) else { throw NotYet() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for start in stride(from: 0, to: due.count, by: Self.batch) {
                let stored = try await self.store(due[start..<min(start + Self.batch, due.count)], in: hold)
                FaultPoint.scheduleStored.hit()
                // The next ones are stored meanwhile.
                group.addTask { await self.begin(stored, in: hold.place) }
            }
            try await group.waitForAll()
        }
    }

    /// Stores the runs in one transaction. One that cannot be stored at all is put aside, so that it keeps no other from its
    /// time.
    func store(_ due: ArraySlice<DueSchedule>, in hold: PlaceHold) async throws -> Stored {
        let store = self.bridge.store
        do {
            return try await store.write(of: hold) { ledger in
                var stored = Stored()
                for one in due { try self.run(one, in: ledger, &stored) }
                return stored
            }
        } catch let error where Self.isPassing(error) {
            throw error
        } catch {
            guard due.count == 1, let one = due.first else {
                var all = Stored()
                for index in due.indices {
                    let stored = try await self.store(due[index...index], in: hold)
                    all.notices += stored.notices
                    all.messages += stored.messages
                }
                return all
            }
            self.bridge.environment.logger.error(
                "a schedule cannot be run", ["schedule": .string(one.id), "error": .string("\(error)")])
            try await store.write(of: hold) { ledger in try ledger.putAside(one) }
            return Stored()
        }
    }

    private static func isPassing(_ error: any Error) -> Bool {
        error is CancellationError || error is PlaceLost || (error as? DatabaseError)?.isPassing == true
    }

    /// Shows what was stored, and hands messages to their threads.
    private func begin(_ stored: Stored, in place: Place) async {
        let bridge = self.bridge
        for notice in stored.notices { await bridge.posts.show(notice) }
        if case .web = place, !stored.notices.isEmpty { bridge.askChanges.note() }
        let reader = IntentReader(adapters: bridge.adapters, access: bridge.access)
        for message in stored.messages {
            let intent = reader.intent(of: message.message, role: message.role)
            await bridge.conversations.hand(.message(message, intent), of: message.message.thread, reply: nil)
        }
    }

    private func run(_ due: DueSchedule, in ledger: Ledger, _ stored: inout Stored) throws {
        guard let schedule = try ledger.schedule(due.id), schedule.nextAt == due.nextAt else { return }
        let now = self.bridge.environment.now()
        let known = stored.sessions[schedule.session]
        guard let session = try known ?? ledger.session(id: schedule.session), !session.key.value.hasPrefix("past:")
        else {
            _ = try ledger.deleteSchedule(schedule.id)
            return
        }
        stored.sessions[session.id] = session
        if let reason = try self.obstacle(to: schedule, in: session, ledger, at: now) {
            guard try ledger.takeRun(of: schedule, at: due.nextAt, next: .end, now: now) else { return }
            stored.notices.append(try self.notice(reason, of: schedule, in: session, at: now).write(to: ledger))
            return
        }
        let (runs, next) = try self.step(of: schedule, in: ledger, at: now)
        guard try ledger.takeRun(of: schedule, at: due.nextAt, next: next, now: now), runs else { return }
        switch schedule.kind {
        case .remind:
            let late = schedule.rule.event == nil && now - due.nextAt > Self.lateness ? due.nextAt : nil
            let notice = try self.reminder(of: schedule, in: session, dueAt: late, at: now).write(to: ledger)
            stored.notices.append(notice)
            if session.key.adapter == Place.webAdapter {
                try self.mention(schedule, in: notice, dueAt: due.nextAt, in: ledger, at: now)
            }
        case .turn:
            // In the web chat the message itself follows.
            let text = ScheduleReplies.heading(schedule, withText: session.key.adapter != Place.webAdapter)
            stored.notices.append(try self.notice(text, of: schedule, in: session, at: now).write(to: ledger))
            do {
                let message = try self.store(schedule, dueAt: due.nextAt, in: session, ledger, at: now)
                if let message { stored.messages.append(message) }
            } catch let refusal as QuotaExceeded {
                let sign = self.bridge.adapters.traits(of: session.route.room).sign
                stored.notices.append(
                    try self.notice(sign.completing(refusal.text), of: schedule, in: session, at: now).write(to: ledger)
                )
            }
        }
    }

    /// Whether it runs now, and what becomes of it: the date of a task may have changed.
    private func step(
        of schedule: Schedule, in ledger: Ledger, at now: Int64
    ) throws -> (runs: Bool, next: ScheduleStep) {
        if let next = schedule.rule.next(after: now, from: schedule.createdAt, in: schedule.zone) {
            return (true, .at(next))
        }
        switch schedule.rule {
        case .push, .failure: return (true, .waiting)
        case .due(let id):
            let task = try schedule.repository.flatMap { try ledger.scheduledTask(id, in: $0) }
            guard let due = task?.due, let time = schedule.zone.morning(of: due) else { return (false, .waiting) }
            return time > now ? (false, .at(time)) : (true, .end)
        case .once, .days, .interval, .cron: return (true, .end)
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
        try ledger.noteMentions()
    }

    private func notice(
        _ text: String, of schedule: Schedule, in session: SessionRecord, at now: Int64
    ) -> NoticeWriting {
        var session = session
        // The thread's own may address somebody else.
        session.route = schedule.message(in: session, at: now).route
        return NoticeWriting(
            session: session, text: text, role: .note, kind: .note, adapters: self.bridge.adapters, at: now)
    }

    private func reminder(
        of schedule: Schedule, in session: SessionRecord, dueAt late: Int64?, at now: Int64
    ) -> NoticeWriting {
        var session = session
        let message = schedule.message(in: session, at: now)
        let sender = message.sender
        let isThere = AskNotices.isOfNetwork(sender, message.route.room)
        session.route = message.route
        if isThere {
            session.route = message.route.mentioning([
                Mention(person: sender.person, name: AskTexts.plainName(of: sender))
            ])
        }
        return NoticeWriting(
            session: session, text: ScheduleReplies.reminder(schedule, text: message.text, dueAt: late), role: .note,
            kind: .note, adapters: self.bridge.adapters, at: now)
    }
}
