internal import Chat
internal import Crypto
internal import Database
internal import Primitives
package import Store
internal import Threads

/// The tables `schedules` and `schedule_events`.
extension Ledger {
    /// Stores a new one under an id that nobody has. Throws ``ScheduleProblem/tooMany``.
    package func add(_ schedule: Schedule) throws {
        guard try self.scheduleCount(of: schedule.person) < Schedule.personLimit else { throw ScheduleProblem.tooMany }
        let event = schedule.rule.event
        try self.connection.execute(
            """
            INSERT INTO schedules (id, session, person, kind, rule, zone, message, event_kind, repository, subject,
            next_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(schedule.id), .text(schedule.session), .text(schedule.person), .text(schedule.kind.rawValue),
                .text(schedule.rule.text), .text(schedule.zone.name), .text(StoredForm.text(of: schedule.message)),
                .optional(event?.kind.rawValue), .optional(schedule.repository), .optional(event?.subject),
                .optional(schedule.nextAt), .integer(schedule.createdAt),
            ])
    }

    /// Six hexadecimal digits that no schedule has.
    package func freeScheduleID() throws -> String {
        while true {
            let id = Crypto.hex(Crypto.randomBytes(3))
            if try self.schedule(id) == nil { return id }
        }
    }

    package func schedule(_ id: String) throws -> Schedule? {
        try self.connection.first("SELECT * FROM schedules WHERE id = ?", [.text(id)]).flatMap(Self.schedule)
    }

    /// Reads due ones before the transaction that runs them: reading a message and a rule takes longer than a statement.
    package func read(_ due: ArraySlice<DueSchedule>) throws -> ReadSchedules {
        let names = due.indices.map { "$\($0 - due.startIndex + 1)" }.joined(separator: ", ")
        let rows = try self.connection.query("SELECT * FROM schedules WHERE id IN (\(names))", due.map { .text($0.id) })
        var known = ReadSchedules()
        for row in rows {
            guard let schedule = try Self.schedule(row) else { continue }
            known.schedules[schedule.id] = (try Self.stamp(row), schedule)
        }
        return known
    }

    /// A schedule as it is in this transaction.
    package func schedule(_ id: String, asIn known: ReadSchedules) throws -> Schedule? {
        guard let row = try self.connection.first("SELECT * FROM schedules WHERE id = ?", [.text(id)]) else {
            return nil
        }
        guard let (stamp, schedule) = known.schedules[id], try stamp == Self.stamp(row) else {
            return try Self.schedule(row)
        }
        return schedule
    }

    /// All that may change.
    private static func stamp(_ row: Row) throws -> [String] {
        [
            try row.text("rule"), try row.text("zone"), try row.text("message"), try row.optionalText("event") ?? "",
            "\(try row.optionalInteger("next_at") ?? -1)",
        ]
    }

    private func scheduleCount(of person: String) throws -> Int {
        Int(
            try self.connection.first(
                "SELECT COUNT(*) AS count FROM schedules WHERE person IN (\(Self.samePerson(as: "$1")))",
                [.text(person)]
            )?.integer("count") ?? 0)
    }

    /// A person's, in all threads: the next first, then those that wait for an event.
    package func schedules(of person: String) throws -> [Schedule] {
        try self.connection.query(
            """
            SELECT * FROM schedules WHERE person IN (\(Self.samePerson(as: "$1")))
            ORDER BY COALESCE(next_at, \(Int64.max)), created_at, id
            """, [.text(person)]
        ).compactMap(Self.schedule)
    }

    /// Everybody's in a thread, in the same order.
    package func schedules(ofSession session: String) throws -> [Schedule] {
        try self.connection.query(
            "SELECT * FROM schedules WHERE session = ? ORDER BY COALESCE(next_at, \(Int64.max)), created_at, id",
            [.text(session)]
        ).compactMap(Self.schedule)
    }

    /// Changes rule, zone, text and next time, unless it has run meanwhile. Returns whether it did.
    @discardableResult
    package func change(_ schedule: Schedule, from nextAt: Int64?) throws -> Bool {
        let event = schedule.rule.event
        return try self.connection.rowsChanged(
            by: """
                UPDATE schedules SET rule = ?, zone = ?, message = ?, event_kind = ?, subject = ?, next_at = ?
                WHERE id = ? AND COALESCE(next_at, -1) = ?
                """,
            [
                .text(schedule.rule.text), .text(schedule.zone.name), .text(StoredForm.text(of: schedule.message)),
                .optional(event?.kind.rawValue), .optional(event?.subject), .optional(schedule.nextAt),
                .text(schedule.id),
                .integer(nextAt ?? -1),
            ]) > 0
    }

    /// Returns whether there was such a one.
    @discardableResult
    package func deleteSchedule(_ id: String) throws -> Bool {
        try self.connection.rowsChanged(by: "DELETE FROM schedules WHERE id = ?", [.text(id)]) > 0
    }

    // MARK: Time

    /// Those that are due, the oldest first, with their places; those after the last one of the page before.
    package func dueSchedules(
        at now: Int64, after last: DueSchedule?, limit: Int
    ) throws -> [DueSchedule] {
        try self.connection.query(
            """
            SELECT schedules.id AS id, schedules.next_at AS next_at, sessions.adapter AS adapter,
            sessions.thread AS thread FROM schedules JOIN sessions ON sessions.id = schedules.session
            WHERE schedules.next_at <= $1 AND (schedules.next_at > $2 OR (schedules.next_at = $2 AND schedules.id > $3))
            ORDER BY schedules.next_at, schedules.id LIMIT $4
            """,
            [
                .integer(now), .integer(last?.nextAt ?? -1), .text(last?.id ?? ""), .integer(Int64(limit)),
            ]
        ).map { row in
            let key = ThreadKey(adapter: AdapterID(try row.text("adapter")), value: try row.text("thread"))
            return DueSchedule(
                id: try row.text("id"), nextAt: try row.integer("next_at"), place: Place(of: key))
        }
    }

    /// When the next one is due after a moment, in any place.
    package func nextScheduleTime(after now: Int64) throws -> Int64? {
        try self.connection.first("SELECT MIN(next_at) AS next FROM schedules WHERE next_at > ?", [.integer(now)])?
            .optionalInteger("next")
    }

    /// Whether a due one runs now, and what becomes of it: the date of a task may have changed.
    package func step(of schedule: Schedule, at now: Int64) throws -> (runs: Bool, next: ScheduleStep) {
        if let next = schedule.rule.next(after: now, from: schedule.createdAt, in: schedule.zone) {
            return (true, .at(next))
        }
        switch schedule.rule {
        case .push, .failure: return (true, .waiting)
        case .due(let id):
            let task = try schedule.repository.flatMap { try self.scheduledTask(id, in: $0) }
            guard let due = task?.due, let time = schedule.zone.morning(of: due) else { return (false, .waiting) }
            return time > now ? (false, .at(time)) : (true, .end)
        case .once, .days, .interval, .cron: return (true, .end)
        }
    }

    /// Takes the run at a time, and moves the schedule on: to `next`, to wait for its next event, or out. False if the run is
    /// taken already, or the schedule was changed.
    package func takeRun(of schedule: Schedule, at time: Int64, next: ScheduleStep, now: Int64) throws -> Bool {
        let values: [SQLValue] = [.text(schedule.id), .integer(time)]
        if case .end = next {
            return try self.connection.rowsChanged(
                by: "DELETE FROM schedules WHERE id = $1 AND next_at = $2", values) > 0
        }
        let nextAt: Int64? = if case .at(let time) = next { time } else { nil }
        return try self.connection.rowsChanged(
            by: "UPDATE schedules SET next_at = $3, last_at = $4, event = NULL WHERE id = $1 AND next_at = $2",
            values + [.optional(nextAt), .integer(now)]) > 0
    }

    /// Takes the time of a schedule that cannot be run.
    package func putAside(_ due: DueSchedule) throws {
        try self.connection.execute(
            "UPDATE schedules SET next_at = NULL WHERE id = ? AND next_at = ?", [.text(due.id), .integer(due.nextAt)])
    }

    // MARK: Events

    /// Something has happened in a repository: whatever waits for it is due at once. Each event counts once. Returns whether
    /// something is due now.
    ///
    /// - Parameters:
    ///   - key: The same for each report of the event.
    ///   - text: What a person reads of it.
    package func happened(
        _ kind: ScheduleRule.Event.Kind, _ subject: String, in repositories: [String], key: String, text: String,
        at now: Int64
    ) throws -> Bool {
        guard !repositories.isEmpty else { return false }
        let names = (3..<3 + repositories.count).map { "$\($0)" }.joined(separator: ", ")
        let waiting = try self.connection.query(
            """
            SELECT id FROM schedules WHERE event_kind = $1 AND subject = $2 AND repository IN (\(names)) ORDER BY id
            """, [.text(kind.rawValue), .text(subject.lowercased())] + repositories.map { .text($0) })
        var isDue = false
        for id in try waiting.map({ try $0.text("id") }) {
            let isNew = try self.connection.rowsChanged(
                by: "INSERT INTO schedule_events (schedule, key, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [.text(id), .text(key), .integer(now)])
            guard isNew > 0 else { continue }
            try self.connection.execute(
                "DELETE FROM schedule_events WHERE schedule = ? AND at < ?",
                [.text(id), .integer(now - Self.eventMemory)])
            // Several events before it runs are one run.
            try self.connection.execute(
                "UPDATE schedules SET event = ?, next_at = COALESCE(next_at, ?) WHERE id = ?",
                [.text(text), .integer(now), .text(id)])
            isDue = true
        }
        if isDue { try self.noteSchedules() }
        return isDue
    }

    /// For how long a report of an event may be repeated. Milliseconds.
    private static let eventMemory: Int64 = 90 * 86_400_000

    /// The address, state and date of a task; nil for one that the repository does not have.
    package func scheduledTask(
        _ id: String, in repository: String
    ) throws -> (id: String, isFinished: Bool, due: String?)? {
        try self.connection.first(
            "SELECT id, state, due FROM tasks WHERE repository = ? AND LOWER(id) = ?",
            [.text(repository), .text(id.lowercased())]
        ).map { row in
            (try row.text("id"), !["open", "started"].contains(try row.text("state")), try row.optionalText("due"))
        }
    }

    // MARK: Rows

    /// Nil for one that a later release wrote.
    private static func schedule(_ row: Row) throws -> Schedule? {
        guard let message = try? StoredForm.message(from: try row.text("message")) else { return nil }
        let zone = Zone.read(try row.text("zone")) ?? .utc
        let (text, createdAt) = (try row.text("rule"), try row.integer("created_at"))
        let rule =
            text.isEmpty ? .once : try? ScheduleReader(now: createdAt, zone: zone).rule(text).rule
        guard let rule, let kind = Schedule.Kind(rawValue: try row.text("kind")) else { return nil }
        var schedule = Schedule(
            id: try row.text("id"), session: try row.text("session"), kind: kind, rule: rule, zone: zone,
            message: message, repository: try row.optionalText("repository"),
            nextAt: try row.optionalInteger("next_at"),
            createdAt: createdAt)
        schedule.event = try row.optionalText("event")
        schedule.lastAt = try row.optionalInteger("last_at")
        return schedule
    }
}

/// Due schedules as they were before a transaction.
package struct ReadSchedules: Sendable {
    fileprivate var schedules: [String: (stamp: [String], schedule: Schedule)] = [:]

    package init() {}
}

/// A schedule whose time has come.
package struct DueSchedule: Sendable, Equatable {
    package let id: String
    /// Milliseconds since 1970.
    package let nextAt: Int64
    package let place: Place
}

/// What becomes of a schedule with a run.
package enum ScheduleStep: Sendable, Equatable {
    /// Milliseconds since 1970.
    case at(Int64)
    /// It waits for its event.
    case waiting
    /// That was its last.
    case end
}
