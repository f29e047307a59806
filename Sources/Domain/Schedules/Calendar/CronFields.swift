internal import Primitives

/// The five fields of a crontab line: minute, hour, day of month, month and day of week (crontab(5)).
package struct CronFields: Sendable, Hashable {
    /// As typed, with single spaces.
    package let text: String
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let weekdays: UInt64
    /// Whether the days are any that the field does not restrict: a day has to fit both fields then, else either.
    private let hasAnyDay: Bool

    private static let everyHour: UInt64 = (1 << 24) - 1
    /// A leap day may be eight years away.
    private static let horizon: Int64 = 366 * 8 + 2

    /// Nil unless `text` has five fields that are understood.
    package init?(_ text: String) {
        let fields = text.split(whereSeparator: \.isWhitespace).map { $0.lowercased() }
        guard text.utf8.count <= 200, fields.count == 5, let minutes = Self.bits(fields[0], 0...59),
            let hours = Self.bits(fields[1], 0...23), let days = Self.bits(fields[2], 1...31),
            let months = Self.bits(fields[3], 1...12, names: Self.monthNames, from: 1),
            let weekdays = Self.bits(fields[4], 0...7, names: Weekdays.shortNames, from: 0)
        else { return nil }
        self.text = fields.joined(separator: " ")
        (self.minutes, self.hours, self.days, self.months) = (minutes, hours, days, months)
        // Sunday is 0 and 7.
        self.weekdays = (weekdays | weekdays >> 7) & 0x7F
        self.hasAnyDay = fields[2].hasPrefix("*") || fields[4].hasPrefix("*")
    }

    /// The shortest time between two runs of a day, in minutes.
    var shortestGap: Int {
        let minutes = (0..<60).filter { self.minutes >> UInt64($0) & 1 == 1 }
        var gap = zip(minutes, minutes.dropFirst()).map { $1 - $0 }.min() ?? 1_440
        // The last of one hour and the first of the next.
        let following = (self.hours << 1 | self.hours >> 23) & Self.everyHour
        if self.hours & following != 0, let first = minutes.first, let last = minutes.last {
            gap = min(gap, 60 - last + first)
        }
        return gap
    }

    /// The first run after a moment; nil without one within eight years, such as on 30 February.
    ///
    /// A field of hours that names some means local times: each runs once, also when the clock is put back, and one that a
    /// change leaves out runs as much later as the clock is put forward. With every hour, what counts is the time that passes.
    func next(after moment: Int64, in zone: Zone) -> Int64? {
        let today = zone.day(of: moment)
        for day in today...today + Self.horizon where self.isOn(day) {
            if let found = self.next(onDay: day, after: moment, in: zone) { return found }
        }
        return nil
    }

    private func isOn(_ day: Int64) -> Bool {
        let date = CivilTime(milliseconds: day * 86_400_000)
        guard self.months >> UInt64(date.month) & 1 == 1 else { return false }
        let isDay = self.days >> UInt64(date.day) & 1 == 1
        let isWeekday = self.weekdays >> UInt64(date.weekday) & 1 == 1
        return self.hasAnyDay ? isDay && isWeekday : isDay || isWeekday
    }

    private func next(onDay day: Int64, after moment: Int64, in zone: Zone) -> Int64? {
        guard self.hours != Self.everyHour else {
            let first = max(zone.start(ofDay: day), (moment / 60_000 + 1) * 60_000)
            return stride(from: first, to: zone.start(ofDay: day + 1), by: 60_000).first { time in
                self.minutes >> UInt64(zone.local(time).minute) & 1 == 1
            }
        }
        var found: Int64?
        for hour in 0..<24 where self.hours >> UInt64(hour) & 1 == 1 {
            for minute in 0..<60 where self.minutes >> UInt64(minute) & 1 == 1 {
                let time = zone.moment(ofLocal: day * 86_400_000 + Int64(hour * 60 + minute) * 60_000)
                if time > moment, found.map({ time < $0 }) ?? true { found = time }
            }
        }
        return found
    }

    // MARK: Reading

    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// `*`, `5`, `1-5`, `*/15`, `10-50/20`, and lists of those.
    private static func bits(
        _ field: String, _ range: ClosedRange<Int>, names: [String] = [], from first: Int = 0
    ) -> UInt64? {
        func number(_ text: Substring) -> Int? {
            if let index = names.firstIndex(of: String(text)) { return index + first }
            guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
            return Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
        var bits: UInt64 = 0
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", omittingEmptySubsequences: false)
            guard let span = halves.first, halves.count <= 2 else { return nil }
            let step = halves.count == 2 ? Int(halves[1]) ?? 0 : 1
            guard 1...60 ~= step else { return nil }
            var (low, high) = (range.lowerBound, range.upperBound)
            if span != "*" {
                let ends = span.split(separator: "-", omittingEmptySubsequences: false)
                guard let begin = ends.first.flatMap(number), ends.count <= 2 else { return nil }
                low = begin
                if ends.count == 2 {
                    guard let end = number(ends[1]), end >= low else { return nil }
                    high = end
                } else if halves.count == 1 {
                    high = low
                }
            }
            for value in stride(from: low, through: high, by: step) { bits |= 1 << UInt64(value) }
        }
        return bits
    }
}
