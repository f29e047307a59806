package import Chat
package import Primitives
package import Store
package import Threads

/// What somebody wants to schedule in a thread. Everything that can be refused is refused in ``write(to:)``.
package struct ScheduleWish: Sendable {
    package let kind: Schedule.Kind
    package let reading: ScheduleReader.Reading
    package let sender: Sender
    package let route: Route
    package let isDirect: Bool
    /// Of commands in the thread's room.
    package let sign: CommandSign
    /// The thread's.
    package let repository: String?
    /// Milliseconds since 1970.
    package let now: Int64

    package init(
        kind: Schedule.Kind, reading: ScheduleReader.Reading, sender: Sender, route: Route, isDirect: Bool,
        sign: CommandSign, repository: String?, now: Int64
    ) {
        self.kind = kind
        self.reading = reading
        self.sender = sender
        self.route = route
        self.isDirect = isDirect
        self.sign = sign
        self.repository = repository
        self.now = now
    }

    /// Throws ``ScheduleProblem``.
    package func write(to ledger: Ledger, in session: SessionRecord) throws -> Schedule {
        guard self.sender.isLasting else { throw ScheduleProblem.passing }
        try Self.check(self.reading.text, sign: self.sign)
        if self.reading.rule.event != nil, self.repository == nil { throw ScheduleProblem.noRepository }
        let schedule = Schedule(
            id: try ledger.freeScheduleID(), session: session.id, kind: self.kind, rule: self.reading.rule,
            zone: self.reading.zone,
            message: Schedule.message(
                self.reading.text, in: session.key, self.route, by: self.sender, isDirect: self.isDirect, at: self.now),
            repository: self.reading.rule.event == nil ? nil : self.repository,
            nextAt: try ledger.firstTime(of: self.reading, in: self.repository, at: self.now), createdAt: self.now)
        try ledger.add(schedule)
        try ledger.noteSchedules()
        return schedule
    }

    /// Throws ``ScheduleProblem``.
    package static func check(_ text: String, sign: CommandSign) throws {
        let words = text.trimmed
        guard !words.isEmpty else { throw ScheduleProblem.noText }
        guard text.utf8.count <= Schedule.textLimit else { throw ScheduleProblem.tooLong }
        guard words.first == sign.character else { return }
        let command = words.dropFirst().prefix { !$0.isWhitespace }.lowercased()
        if [CommandName.remind, .every, .on].map(\.rawValue).contains(command) { throw ScheduleProblem.nested }
    }
}

extension Ledger {
    /// When a new schedule runs first: a task's on the day it is due. Throws ``ScheduleProblem``.
    package func firstTime(
        of reading: ScheduleReader.Reading, in repository: String?, at now: Int64
    ) throws -> Int64? {
        guard case .due(let id) = reading.rule, let repository else { return reading.next }
        guard let task = try self.scheduledTask(id, in: repository) else { throw ScheduleProblem.unknownTask(id) }
        guard let due = task.due, let time = reading.zone.morning(of: due) else {
            throw ScheduleProblem.noDate(task.id)
        }
        guard time > now else { throw ScheduleProblem.past(time, reading.zone) }
        return time
    }
}

extension Zone {
    /// Nine in the morning of a date, when tasks are due.
    package func morning(of date: String) -> Int64? {
        CivilTime.milliseconds(rfc3339: "\(date)T09:00:00Z").map(self.moment(ofLocal:))
    }
}
