package import Primitives

/// Reads what people type after `remind`, `every` and `on`. Pure.
package struct ScheduleReader: Sendable {
    /// What was read: when it runs, and the text that follows.
    package struct Reading: Sendable, Equatable {
        package let rule: ScheduleRule
        /// Milliseconds since 1970; nil for an event, which nobody knows.
        package let next: Int64?
        /// As chosen by `zone NAME`, else the person's.
        package let zone: Zone
        package let text: String

        /// The same with a text that came apart from it.
        package func saying(_ text: String) -> Self {
            Self(rule: self.rule, next: self.next, zone: self.zone, text: text)
        }
    }

    /// Milliseconds since 1970.
    package let now: Int64
    /// The person's.
    package let zone: Zone

    package init(now: Int64, zone: Zone) {
        self.now = now
        self.zone = zone
    }

    /// Times further away were mistyped. Milliseconds.
    private static let horizon: Int64 = 10 * 366 * 86_400_000
    private static let day: Int64 = 86_400_000

    /// `remind WHEN TEXT`, `remind every SCHEDULE TEXT`, without the first word. Throws ``ScheduleProblem``.
    package func reminder(_ argument: String) throws -> Reading {
        var cursor = WordCursor(argument[...])
        _ = cursor.take("me")
        if cursor.take("every") { return try self.repeated(&cursor) }
        // The zone follows the time that it is about, and has to be known first.
        guard let (_, after) = self.moment(cursor, in: self.zone) else { throw ScheduleProblem.when }
        cursor = after
        let (zone, rest) = try self.zone(cursor)
        var start = WordCursor(argument[...])
        _ = start.take("me")
        guard let (next, _) = self.moment(start, in: zone) else { throw ScheduleProblem.when }
        guard next > self.now else { throw ScheduleProblem.past(next, zone) }
        guard next < self.now + Self.horizon else { throw ScheduleProblem.tooFar }
        return Reading(rule: .once, next: next, zone: zone, text: String(rest.rest))
    }

    /// `every SCHEDULE TEXT` without the first word. Throws ``ScheduleProblem``.
    package func every(_ argument: String) throws -> Reading {
        var cursor = WordCursor(argument[...])
        return try self.repeated(&cursor)
    }

    /// `on push BRANCH TEXT`, `on failure WORKFLOW TEXT` and `on due TASK TEXT` without the first word; a colon may stand
    /// before the text. Throws ``ScheduleProblem``.
    package func event(_ argument: String) throws -> Reading {
        var cursor = WordCursor(argument[...])
        let kind = cursor.word.lowercased()
        cursor.skip()
        for filler in kind == "failure" ? ["of"] : kind == "push" ? ["to"] : ["task"] { _ = cursor.take(filler) }
        guard var name = cursor.takeName() else { throw ScheduleProblem.event }
        if name.hasSuffix(":") { name.removeLast() }
        guard !name.isEmpty, name.utf8.count <= 200 else { throw ScheduleProblem.event }
        let rule: ScheduleRule
        switch kind {
        case "push": rule = .push(branch: name)
        case "failure": rule = .failure(workflow: name)
        case "due": rule = .due(task: name)
        default: throw ScheduleProblem.event
        }
        let (zone, rest) = try self.zone(cursor)
        let text = rest.rest.first == ":" ? WordCursor(rest.rest.dropFirst()).rest : rest.rest
        return Reading(rule: rule, next: nil, zone: zone, text: String(text))
    }

    /// A stored rule, or one of the API with its word: `every day 09:00`, `on push main`, `in 20m`. Throws
    /// ``ScheduleProblem``, also for a text that follows.
    package func rule(_ text: String) throws -> Reading {
        var cursor = WordCursor(text[...])
        let reading: Reading
        if cursor.take("every") {
            reading = try self.repeated(&cursor)
        } else if ["push", "failure", "due"].contains(where: { cursor.after("on")?.word.lowercased() == $0 }) {
            reading = try self.event(String(cursor.after("on")?.rest ?? ""))
        } else {
            reading = try self.reminder(text)
        }
        guard reading.text.isEmpty else { throw ScheduleProblem.surplus(reading.text) }
        return reading
    }

    // MARK: Again and again

    private func repeated(_ cursor: inout WordCursor) throws -> Reading {
        let rule: ScheduleRule
        if let text = cursor.takeQuoted() {
            guard let fields = CronFields(text) else { throw ScheduleProblem.cron }
            guard fields.shortestGap >= ScheduleRule.shortestInterval / 60_000 else { throw ScheduleProblem.tooOften }
            rule = .cron(fields)
        } else if let days = Self.days(&cursor) {
            guard let minute = cursor.takeClock() else { throw ScheduleProblem.clock }
            rule = .days(days, minute: minute)
        } else if let length = cursor.takeLength() ?? cursor.takeUnit() {
            let minutes = length.days * 1_440 + length.minutes
            guard minutes * 60_000 >= ScheduleRule.shortestInterval else { throw ScheduleProblem.tooOften }
            guard minutes <= 366 * 1_440 else { throw ScheduleProblem.tooFar }
            rule = .interval(minutes * 60_000)
        } else {
            throw ScheduleProblem.schedule
        }
        let (zone, rest) = try self.zone(cursor)
        guard let next = rule.next(after: self.now, from: self.now, in: zone) else { throw ScheduleProblem.never }
        return Reading(rule: rule, next: next, zone: zone, text: String(rest.rest))
    }

    private static func days(_ cursor: inout WordCursor) -> Weekdays? {
        let named: [(String, Weekdays)] = [
            ("day", .all), ("days", .all), ("weekday", .workdays), ("weekdays", .workdays), ("workday", .workdays),
            ("weekend", .weekend), ("weekends", .weekend),
        ]
        for (word, days) in named where cursor.take(word) { return days }
        return cursor.takeWeekdays()
    }

    private func zone(_ cursor: WordCursor) throws -> (Zone, WordCursor) {
        guard var cursor = cursor.after("zone") else { return (self.zone, cursor) }
        let name = String(cursor.word)
        guard let zone = Zone(name) else { throw ScheduleProblem.zone(name) }
        cursor.skip()
        return (zone, cursor)
    }

    // MARK: Once

    private func moment(_ start: WordCursor, in zone: Zone) -> (Int64, WordCursor)? {
        var cursor = start
        let today = zone.day(of: self.now)
        func local(_ day: Int64, _ minute: Int) -> Int64 {
            zone.moment(ofLocal: day * Self.day + Int64(minute) * 60_000)
        }
        if cursor.take("in") {
            guard let length = cursor.takeLength() else { return nil }
            // The same time of day after a change of the clock, too.
            let shifted =
                length.days == 0
                ? self.now : zone.moment(ofLocal: self.now + zone.offset(at: self.now) + length.days * Self.day)
            return (shifted + length.minutes * 60_000, cursor)
        }
        if cursor.take("today") {
            return cursor.takeClock().map { (local(today, $0), cursor) }
        }
        if cursor.take("tomorrow") {
            let minute = cursor.takeClock() ?? Self.morning
            return (local(today + 1, minute), cursor)
        }
        if let minute = cursor.takeClock() {
            let time = local(today, minute)
            return (time > self.now ? time : local(today + 1, minute), cursor)
        }
        _ = cursor.take("on")
        if let (day, clock) = Self.date(cursor.word) {
            cursor.skip()
            guard let minute = clock.map({ Self.clock($0) }) ?? cursor.takeClock() ?? Self.morning else { return nil }
            return (local(day, minute), cursor)
        }
        let isNext = cursor.take("next")
        guard let weekday = Weekdays.day(named: String(cursor.word)) else { return nil }
        cursor.skip()
        let minute = cursor.takeClock() ?? Self.morning
        let ahead = Int64((weekday - CivilTime(milliseconds: today * Self.day).weekday + 7) % 7)
        let isOver = ahead == 0 && (isNext || local(today, minute) <= self.now)
        return (local(today + ahead + (isOver ? 7 : 0), minute), cursor)
    }

    /// Of a day without a time.
    private static let morning = 9 * 60

    /// `2026-12-24`, and the time that may follow after a `T`.
    private static func date(_ word: Substring) -> (day: Int64, clock: Substring?)? {
        let halves = word.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = WordCursor.number(parts[0], digits: 4...4),
            let month = WordCursor.number(parts[1], digits: 1...2),
            let day = WordCursor.number(parts[2], digits: 1...2),
            let seconds = CivilTime.seconds(year: year, month: month, day: day, hour: 0, minute: 0, second: 0)
        else { return nil }
        return (seconds / 86_400, halves.count == 2 ? halves[1] : nil)
    }

    private static func clock(_ text: Substring) -> Int? {
        var cursor = WordCursor(text)
        return cursor.takeClock()
    }
}

extension WordCursor {
    /// What follows a word; nil if that is not next.
    fileprivate func after(_ word: String) -> WordCursor? {
        var cursor = self
        return cursor.take(word) ? cursor : nil
    }
}
