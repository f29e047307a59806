extension WordCursor {
    /// Takes a time of day: `9:00`, `09:30`, `9am`, `9:30 pm`, `noon`, and after `at` also `9`. Minutes after midnight.
    mutating func takeClock() -> Int? {
        var cursor = self
        let isAfterAt = cursor.take("at")
        let word = cursor.word.lowercased()
        cursor.skip()
        var minute: Int?
        if word == "noon" {
            minute = 720
        } else if word == "midnight" {
            minute = 0
        } else {
            var digits = Substring(word)
            var half: Substring?
            for suffix in ["am", "pm", "a.m.", "p.m."] where word.hasSuffix(suffix) {
                half = Substring(suffix)
                digits = digits.dropLast(suffix.count)
            }
            if half == nil, ["am", "pm", "a.m.", "p.m."].contains(cursor.word.lowercased()) {
                half = Substring(cursor.word.lowercased())
                cursor.skip()
            }
            minute = Self.minute(digits, half: half?.first, isAlone: isAfterAt)
        }
        if minute != nil { self = cursor }
        return minute
    }

    /// - Parameters:
    ///   - half: `a` or `p`.
    ///   - isAlone: Whether an hour counts without minutes.
    private static func minute(_ text: Substring, half: Character?, isAlone: Bool) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.count == 2 || half != nil || isAlone,
            let hour = Self.number(parts[0], digits: 1...2),
            let minute = parts.count == 2 ? Self.number(parts[1], digits: 2...2) : 0, minute < 60
        else { return nil }
        guard let half else { return hour < 24 ? hour * 60 + minute : nil }
        guard (1...12).contains(hour) else { return nil }
        return (hour % 12 + (half == "p" ? 12 : 0)) * 60 + minute
    }

    /// Takes a length: `20m`, `2 hours`, `1h30m`, `1h 30m`, `an hour`. Days count apart, as they need not have 24 hours.
    mutating func takeLength() -> (days: Int64, minutes: Int64)? {
        var cursor = self
        var (days, minutes, isEmpty): (Int64, Int64, Bool) = (0, 0, true)
        while let (count, unit, after) = cursor.amounts() {
            days += unit.days * count
            minutes += unit.minutes * count
            isEmpty = false
            cursor = after
        }
        guard !isEmpty, days <= 36_600, minutes <= 36_600 * 1_440 else { return nil }
        self = cursor
        return (days, minutes)
    }

    private typealias Unit = (days: Int64, minutes: Int64)

    /// One amount at the beginning, and what follows.
    private func amounts() -> (Int64, Unit, WordCursor)? {
        var cursor = self
        let word = cursor.word.lowercased()
        let digits = word.prefix { $0.isASCII && $0.isNumber }
        cursor.skip()
        if digits.isEmpty {
            guard ["a", "an"].contains(word), let unit = Self.unit(cursor.word), cursor.word.count > 1 else {
                return nil
            }
            cursor.skip()
            return (1, unit, cursor)
        }
        guard digits.utf8.count <= 5, let count = Int64(digits) else { return nil }
        let letters = word.dropFirst(digits.count)
        guard !letters.isEmpty else {
            guard let unit = Self.unit(cursor.word) else { return nil }
            cursor.skip()
            return (count, unit, cursor)
        }
        let name = letters.prefix { !$0.isNumber }
        guard let unit = Self.unit(name) else { return nil }
        // Of `1h30m`, the rest is read like another word.
        let taken = self.rest.dropFirst(digits.count + name.count)
        return (count, unit, WordCursor(taken))
    }

    /// `m`, `min`, `minutes`, `h`, `hours`, `d`, `w`, …
    private static func unit(_ word: Substring) -> Unit? {
        switch word.lowercased() {
        case "m", "min", "mins", "minute", "minutes": (0, 1)
        case "h", "hr", "hrs", "hour", "hours": (0, 60)
        case "d", "day", "days": (1, 0)
        case "w", "week", "weeks": (7, 0)
        default: nil
        }
    }

    /// The unit of `every hour`.
    mutating func takeUnit() -> (days: Int64, minutes: Int64)? {
        guard self.word.count > 1, let unit = Self.unit(self.word) else { return nil }
        self.skip()
        return unit
    }

    /// Takes days of the week: `monday`, `mon,wed`, `monday and friday`.
    mutating func takeWeekdays() -> Weekdays? {
        var cursor = self
        var days: Weekdays?
        while true {
            let words = cursor.word.split(separator: ",")
            let found = words.compactMap { Weekdays.day(named: String($0)) }
            guard !found.isEmpty, found.count == words.count else { break }
            for day in found {
                let one = Weekdays(day)
                days?.formUnion(one)
                days = days ?? one
            }
            let continues = cursor.word.last == ","
            cursor.skip()
            self = cursor
            if !cursor.take("and"), !continues { break }
        }
        return days
    }

    static func number(_ text: Substring, digits: ClosedRange<Int>) -> Int? {
        digits.contains(text.utf8.count) && text.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? Int(text) : nil
    }
}
