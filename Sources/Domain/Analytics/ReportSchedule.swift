package import Primitives

/// When a report is posted, and what it is about.
package struct ReportSchedule: Sendable, Equatable {
    /// Minutes after midnight, on every day, or one of the week (days since Sunday) or month.
    package struct Time: Sendable, Equatable {
        let minute: Int
        var weekday: Int?
        var day: Int?

        package static let nine = Time(minute: 540)

        private init(minute: Int) { self.minute = minute }

        /// `09:00`, `Mon 09:00` or `1 09:00`, which is the first of each month.
        package init?(_ text: String) {
            let words = text.split(separator: " ")
            guard let clock = words.last, words.count <= 2 else { return nil }
            let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = Int(parts[0]),
                let minute = Int(parts[1]), 0...23 ~= hour, 0...59 ~= minute
            else { return nil }
            self.minute = hour * 60 + minute
            guard words.count == 2 else { return }
            let name = words[0].prefix(1).uppercased() + words[0].dropFirst().lowercased()
            self.weekday = Self.weekdays.firstIndex(of: name)
            self.day = Int(words[0]).flatMap { 1...28 ~= $0 ? $0 : nil }
            if self.weekday == nil, self.day == nil { return nil }
        }

        private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

        func isOn(_ date: CivilTime) -> Bool {
            (self.weekday.map { $0 == date.weekday } ?? true) && (self.day.map { $0 == date.day } ?? true)
        }
    }

    package let name: String
    package let time: Time
    package let zone: Zone
    package let period: Period
    /// Rooms, as `ADAPTER/ROOM`; threads of the web chat, as `web:THREAD`; `tasks:REPOSITORY`.
    package let targets: [String]
    /// Stands before a repository's name for the thread that has worked on its tasks last.
    package static let tasksTarget = "tasks:"

    /// The repository whose due tasks it names; nil for what was used.
    package let tasks: String?

    package init(name: String, time: Time, zone: Zone, period: Period, targets: [String], tasks: String? = nil) {
        self.tasks = tasks
        self.name = name
        self.time = time
        self.zone = zone
        self.period = period
        self.targets = targets
    }

    /// The last time that it was due, not after `now`. Milliseconds since 1970.
    package func lastDue(at now: Int64) -> Int64 {
        let today = self.zone.day(of: now)
        for day in stride(from: today, through: today - 31, by: -1) {
            if let due = self.due(onDay: day), due <= now { return due }
        }
        return 0
    }

    /// The next time that it is due, after `now`.
    package func nextDue(after now: Int64) -> Int64 {
        let today = self.zone.day(of: now)
        for day in today...today + 62 {
            if let due = self.due(onDay: day), due > now { return due }
        }
        return now + 86_400_000
    }

    private func due(onDay day: Int64) -> Int64? {
        let midnight = day * 86_400_000
        guard self.time.isOn(CivilTime(milliseconds: midnight)) else { return nil }
        return self.zone.moment(ofLocal: midnight + Int64(self.time.minute) * 60_000)
    }

    /// The period that the report due at `moment` is about: the last whole one.
    package func range(dueAt moment: Int64) -> Range<Int64> { self.period.last(before: moment, in: self.zone) }
}
