import Primitives
import TestSupport
import Testing

@Suite("Civil time")
struct CivilTimeTests {
    @Test(
        "RFC 3339 is written and read to the millisecond",
        arguments: [
            ("1970-01-01T00:00:00.000Z", 0), ("2026-11-20T06:00:00.123Z", 1_795_154_400_123),
            ("2000-02-29T23:59:59.999Z", 951_868_799_999), ("2100-03-01T00:00:00.000Z", 4_107_542_400_000),
            ("1969-12-31T23:59:59.999Z", -1), ("0001-01-01T00:00:00.000Z", -62_135_596_800_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)])
    func both(_ text: String, _ milliseconds: Int64) {
        expectEqual(CivilTime(milliseconds: milliseconds).rfc3339, text)
        expectEqual(CivilTime(milliseconds: milliseconds).rfc3339Seconds, text.prefix(19) + "Z")
        expectEqual(CivilTime.milliseconds(rfc3339: text), milliseconds)
    }

    @Test(
        "other precisions are read, other forms are not",
        arguments: [
            ("2026-11-20T06:00:00Z", 1_795_154_400_000), ("2026-11-20T06:00:00.1Z", 1_795_154_400_100),
            ("2026-11-20T06:00:00.123456Z", 1_795_154_400_123), ("2026-13-20T06:00:00Z", nil), ("yesterday", nil),
            ("2026-11-20 06:00:00Z", nil), ("2026-11-20T06:00:00", nil), ("", nil), ("2026-11-2xT06:00:00Z", nil),
            ("2026-11-20T24:00:00Z", nil), ("2026-11-20T06:60:00Z", nil), ("2026-11-20T06:00:61Z", nil),
            ("2026-11-00T06:00:00Z", nil), ("2026-11-32T06:00:00Z", nil), ("2026-11-20T06:00:00.xZ", nil),
            ("2026-11-20T06:00:00.Z", nil), ("2026-02-29T00:00:00Z", nil), ("2026-04-31T00:00:00Z", nil),
            ("2026-11-20T08:00:00+02:00", 1_795_154_400_000), ("2026-11-19T22:30:00.5-07:30", 1_795_154_400_500),
            ("2026-11-20T06:00:00+24:00", nil), ("2026-11-20T06:00:00+2:00", nil), ("2026-11-20T06:00:00+0200", nil),
            ("2026-11-20T06:00:00ZT00:00:00Z", nil), ("2026-11-20T06:00:00Z ", nil),
        ] as [(String, Int64?)])
    func reading(_ text: String, _ milliseconds: Int64?) {
        expectEqual(CivilTime.milliseconds(rfc3339: text), milliseconds)
    }

    @Test("moments before the year 0 and after 9999 become the ends of the calendar", arguments: ExtremeNumbers.all)
    func extremes(_ number: Int64) {
        let ends = ["0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.000Z"]
        for time in [CivilTime(milliseconds: number), CivilTime(seconds: number)] {
            #expect(abs(time.year - 1970) < 2 || ends.contains(time.rfc3339), "\(time.rfc3339)")
            expectEqual(time.rfc3339.utf8.count, 24)
        }
    }

    @Test(
        "seconds become a day in UTC",
        arguments: [
            (0, "1970-01-01"), (86_399, "1970-01-01"), (86_400, "1970-01-02"), (-1, "1969-12-31"),
            (951_782_400, "2000-02-29"), (951_868_800, "2000-03-01"), (1_795_161_600, "2026-11-20"),
            (4_107_542_400, "2100-03-01"),
        ] as [(Int64, String)])
    func date(seconds: Int64, expected: String) {
        expectEqual(CivilTime(seconds: seconds).date, expected)
    }

    @Test("every day of nine centuries follows the day before")
    func days() {
        var last = CivilTime(seconds: -14_831_769_600)
        expectEqual(last.date, "1500-01-01")
        for day in Int64(-171_663)..<157_000 {
            let next = CivilTime(seconds: day * 86_400)
            expectEqual(next.weekday, (last.weekday + 1) % 7)
            #expect((next.year, next.month, next.day) > (last.year, last.month, last.day))
            let seconds = CivilTime.seconds(
                year: next.year, month: next.month, day: next.day, hour: 0, minute: 0, second: 0)
            expectEqual(seconds, day * 86_400)
            last = next
        }
    }
}
