/// A moment in the zone that it was recorded in.
struct CommitTime: Sendable {
    /// Seconds since 1970.
    let seconds: Int64
    /// Minutes east of UTC.
    let offset: Int

    /// `2026-03-01 14:05 +0100`.
    var text: String {
        let (date, time) = self.parts
        return "\(date) \(time.prefix(5)) \(self.zone(separator: ""))"
    }

    /// By RFC 3339.
    var machine: String { self.local + self.zone(separator: ":") }

    /// RFC 3339 without the zone.
    var local: String {
        let (date, time) = self.parts
        return "\(date)T\(time)"
    }

    private var parts: (date: String, time: String) {
        // A hostile commit may claim any time; ten thousand years are enough.
        let local = min(max(self.seconds, -62_135_596_800), 253_402_300_799) + Int64(self.offset % 1440) * 60
        let day = local.flooredQuotient(by: 86400)
        let rest = Int(local - day * 86400)
        let (year, month, date) = Self.civil(from: day)
        return (
            "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(date, 2))",
            "\(Self.padded(rest / 3600, 2)):\(Self.padded(rest / 60 % 60, 2)):\(Self.padded(rest % 60, 2))"
        )
    }

    private func zone(separator: String) -> String {
        let minutes = abs(self.offset % 1440)
        return
            "\(self.offset < 0 ? "-" : "+")\(Self.padded(minutes / 60, 2))\(separator)\(Self.padded(minutes % 60, 2))"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(max(0, number))
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Howard Hinnant's `civil_from_days`, for the proleptic Gregorian calendar.
    private static func civil(from day: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let ofEra = shifted - era * 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let month = (5 * ofYear + 2) / 153
        let date = ofYear - (153 * month + 2) / 5 + 1
        let calendarMonth = month < 10 ? month + 3 : month - 9
        return (Int(year + era * 400 + (calendarMonth <= 2 ? 1 : 0)), Int(calendarMonth), Int(date))
    }
}

extension Int64 {
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
