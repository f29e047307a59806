import Primitives
import Testing

@testable import Analytics

@Suite("Zones and periods")
struct ZoneTests {
    private func moment(_ text: String) throws -> Int64 { try #require(CivilTime.milliseconds(rfc3339: text)) }

    @Test(
        "the offset follows the changes of summer time",
        arguments: [
            ("Europe/Berlin", "2026-03-29T00:59:59Z", 1.0), ("Europe/Berlin", "2026-03-29T01:00:00Z", 2),
            ("Europe/Berlin", "2026-10-25T00:59:59Z", 2), ("Europe/Berlin", "2026-10-25T01:00:00Z", 1),
            ("America/New_York", "2026-07-01T00:00:00Z", -4), ("Asia/Kolkata", "2026-07-01T00:00:00Z", 5.5),
            ("Asia/Kathmandu", "2026-07-01T00:00:00Z", 5.75), ("Australia/Sydney", "2026-01-01T00:00:00Z", 11),
            ("UTC", "2026-07-01T00:00:00Z", 0),
        ])
    func offsets(name: String, time: String, hours: Double) throws {
        let zone = try #require(Zone(name))
        #expect(zone.offset(at: try self.moment(time)) == Int64(hours * 3_600_000))
    }

    @Test(
        "names that are none",
        arguments: ["", "Nowhere/City", "../etc/passwd", "Europe/../Berlin", "/etc/localtime", "Europe"])
    func unknown(name: String) { #expect(Zone(name) == nil) }

    @Test(
        "a local time becomes a moment, also where the clock is changed",
        arguments: [
            ("2026-07-01T09:00:00Z", "2026-07-01T07:00:00Z"),
            // There is no 02:30 on this day, and two on the other one.
            ("2026-03-29T02:30:00Z", "2026-03-29T01:30:00Z"), ("2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z"),
            ("2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z"), ("2026-10-25T00:00:00Z", "2026-10-24T22:00:00Z"),
        ])
    func local(local: String, utc: String) throws {
        let zone = try #require(Zone("Europe/Berlin"))
        let found = zone.moment(ofLocal: try self.moment(local))
        #expect(CivilTime(milliseconds: found).rfc3339Seconds == utc)
    }

    @Test(
        "periods begin and end at local midnight; weeks on Monday",
        arguments: [
            (Period.day, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            (.day, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            (.week, "2026-10-25T12:00:00Z", "2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z"),
            (.month, "2026-03-31T23:00:00Z", "2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z"),
            (.month, "2028-02-10T00:00:00Z", "2028-01-31T23:00:00Z", "2028-02-29T23:00:00Z"),
        ])
    func periods(period: Period, at: String, from: String, to: String) throws {
        let zone = try #require(Zone("Europe/Berlin"))
        let moment = try self.moment(at)
        #expect(CivilTime(milliseconds: period.start(of: moment, in: zone)).rfc3339Seconds == from)
        #expect(CivilTime(milliseconds: period.end(of: moment, in: zone)).rfc3339Seconds == to)
    }

    @Test(
        "a report is due at its local time, also across the changes of summer time",
        arguments: [
            ("Mon 09:00", "2026-10-25T12:00:00Z", "2026-10-19T07:00:00Z", "2026-10-26T08:00:00Z"),
            ("Mon 09:00", "2026-10-26T08:00:00Z", "2026-10-26T08:00:00Z", "2026-11-02T08:00:00Z"),
            ("02:30", "2026-03-29T12:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"),
            ("1 00:00", "2026-03-15T00:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
        ])
    func schedule(at: String, now: String, last: String, next: String) throws {
        let report = ReportSchedule(
            name: "r", time: try #require(ReportSchedule.Time(at)), zone: try #require(Zone("Europe/Berlin")),
            period: .week, targets: [])
        let moment = try self.moment(now)
        #expect(CivilTime(milliseconds: report.lastDue(at: moment)).rfc3339Seconds == last)
        #expect(CivilTime(milliseconds: report.nextDue(after: moment)).rfc3339Seconds == next)
        let range = report.range(dueAt: try self.moment("2026-10-26T08:00:00Z"))
        #expect(CivilTime(milliseconds: range.lowerBound).rfc3339Seconds == "2026-10-18T22:00:00Z")
        #expect(CivilTime(milliseconds: range.upperBound).rfc3339Seconds == "2026-10-25T23:00:00Z")
    }

    @Test(
        "times that are none", arguments: ["9:00", "24:00", "Mo 09:00", "29 09:00", "Mon", "", "09:60", "Mon 09:00 x"])
    func times(text: String) { #expect(ReportSchedule.Time(text) == nil) }
}
