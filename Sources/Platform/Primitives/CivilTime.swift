/// A moment in UTC as fields of the proleptic Gregorian calendar, with its RFC 3339 form. A moment that this form
/// cannot express becomes the nearest one that it can.
package struct CivilTime: Sendable, Hashable {
    package let year: Int
    package let month: Int
    package let day: Int
    package let hour: Int
    package let minute: Int
    package let second: Int
    package let millisecond: Int
    /// Days since Sunday.
    package let weekday: Int

    /// The years 0 to 9999, which RFC 3339 can express, in seconds since 1970.
    package static let range: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// - Parameter milliseconds: Since 1970.
    package init(milliseconds: Int64) {
        let milliseconds = min(
            max(milliseconds, Self.range.lowerBound * 1_000), Self.range.upperBound * 1_000 + 999)
        let (days, rest) = Self.divide(milliseconds, 86_400_000)
        (self.year, self.month, self.day) = Self.date(ofDay: days)
        self.hour = Int(rest / 3_600_000)
        self.minute = Int(rest / 60_000 % 60)
        self.second = Int(rest / 1_000 % 60)
        self.millisecond = Int(rest % 1_000)
        // 1 January 1970 was a Thursday.
        self.weekday = Int(Self.divide(days + 4, 7).remainder)
    }

    /// - Parameter seconds: Since 1970.
    package init(seconds: Int64) {
        self.init(milliseconds: min(max(seconds, Self.range.lowerBound), Self.range.upperBound) * 1_000)
    }

    /// `2026-11-20`.
    package var date: String { self.text { self.writeDate(to: &$0) } }

    /// `06:00:00`.
    package var clock: String { self.text { self.writeClock(to: &$0) } }

    /// RFC 3339 to the millisecond: `2026-11-20T06:00:00.123Z`.
    package var rfc3339: String {
        self.text { self.writeRFC3339(to: &$0) }
    }

    /// As ``rfc3339``. In one piece, because lists have many times.
    package func writeRFC3339(to text: inout [UInt8]) {
        var moment = InlineArray<24, UInt8>(repeating: 0)
        func put(_ number: Int, _ digits: Int, before end: Int, _ mark: UInt8) {
            var rest = number
            for place in (end - digits..<end).reversed() {
                moment[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            moment[end] = mark
        }
        put(self.year, 4, before: 4, UInt8(ascii: "-"))
        put(self.month, 2, before: 7, UInt8(ascii: "-"))
        put(self.day, 2, before: 10, UInt8(ascii: "T"))
        put(self.hour, 2, before: 13, UInt8(ascii: ":"))
        put(self.minute, 2, before: 16, UInt8(ascii: ":"))
        put(self.second, 2, before: 19, UInt8(ascii: "."))
        put(self.millisecond, 3, before: 23, UInt8(ascii: "Z"))
        text.append(contentsOf: moment.span)
    }

    /// RFC 3339 to the second: `2026-11-20T06:00:00Z`.
    package var rfc3339Seconds: String {
        self.text { text in
            self.writeMoment(to: &text)
            text.append(UInt8(ascii: "Z"))
        }
    }

    /// Reads RFC 3339, with or without a fraction, as milliseconds since 1970.
    package static func milliseconds(rfc3339 text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20 else { return nil }
        let marks: [(Int, UInt8)] = [(4, 0x2D), (7, 0x2D), (10, 0x54), (13, 0x3A), (16, 0x3A)]
        guard marks.allSatisfy({ bytes[$0.0] == $0.1 }) else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            guard bytes[range].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int(String(decoding: bytes[range], as: UTF8.self))
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let seconds = Self.seconds(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        var end = 19
        var fraction = 0
        if bytes[19] == UInt8(ascii: ".") {
            end = bytes[20...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.count
            let digits = min(end, 23) - 20
            guard digits > 0, let value = number(20..<20 + digits) else { return nil }
            fraction = value * [0, 100, 10, 1][digits]
        }
        guard let offset = Self.offset(bytes[end...]) else { return nil }
        return (seconds - offset) * 1_000 + Int64(fraction)
    }

    /// Seconds that a place is ahead of UTC: `Z`, `+02:00`.
    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int64? {
        if bytes.elementsEqual("Z".utf8) { return 0 }
        let text = Array(bytes)
        guard text.count == 6, text[3] == UInt8(ascii: ":"), [0x2B, 0x2D].contains(text[0]),
            [1, 2, 4, 5].allSatisfy({ (0x30...0x39).contains(text[$0]) })
        else { return nil }
        let digits = text.map { Int64($0) - 0x30 }
        let (hours, minutes) = (digits[1] * 10 + digits[2], digits[4] * 10 + digits[5])
        guard hours < 24, minutes < 60 else { return nil }
        return (hours * 3_600 + minutes * 60) * (text[0] == UInt8(ascii: "-") ? -1 : 1)
    }

    /// Seconds since 1970; nil for fields out of range, such as the 30th of February. A leap second rolls over.
    package static func seconds(
        year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int
    ) -> Int64? {
        guard (1...12).contains(month), (1...31).contains(day), (0..<24).contains(hour), (0..<60).contains(minute),
            (0...60).contains(second)
        else { return nil }
        let days = Self.day(year: Int64(year), month: Int64(month), day: Int64(day))
        guard Self.date(ofDay: days).month == month else { return nil }
        return days * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
    }

    // MARK: The calendar

    // Howard Hinnant's `civil_from_days` and `days_from_civil`: eras of 400 years that begin on 1 March, so that the
    // leap day is a year's last.

    private static func date(ofDay days: Int64) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = Self.divide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (Int(era * 400 + yearOfEra + (month <= 2 ? 1 : 0)), Int(month), Int(day))
    }

    /// Days since 1970.
    private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let (era, yearOfEra) = Self.divide(month <= 2 ? year - 1 : year, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Rounds down, also before 1970.
    private static func divide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    // MARK: Writing

    private func text(_ write: (inout [UInt8]) -> Void) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(32)
        write(&text)
        return String(decoding: text, as: UTF8.self)
    }

    private func writeDate(to text: inout [UInt8]) {
        text.append(self.year, digits: 4)
        text.append(UInt8(ascii: "-"))
        text.append(self.month, digits: 2)
        text.append(UInt8(ascii: "-"))
        text.append(self.day, digits: 2)
    }

    /// As ``clock``.
    package func writeClock(to text: inout [UInt8]) {
        text.append(self.hour, digits: 2)
        text.append(UInt8(ascii: ":"))
        text.append(self.minute, digits: 2)
        text.append(UInt8(ascii: ":"))
        text.append(self.second, digits: 2)
    }

    private func writeMoment(to text: inout [UInt8]) {
        self.writeDate(to: &text)
        text.append(UInt8(ascii: "T"))
        self.writeClock(to: &text)
    }
}
