import Primitives
import Testing

@testable import Schedules

@Suite("When schedules run")
struct ScheduleRuleTests {
    /// Rule, zone, after what and when it runs next. What is expected was computed with Python's zoneinfo.
    static let cases: [(String, String, String, String)] = [
        ("every day 09:00", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T07:00:00Z"),
        ("every day 09:00", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T08:00:00Z"),
        ("every day 02:30", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"),
        ("every day 02:30", "Europe/Berlin", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"),
        ("every day 02:30", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
        ("every day 02:30", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
        ("every day 03:00", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
        ("every day 00:00", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ("every weekday 09:00", "Europe/Berlin", "2026-10-23T12:00:00Z", "2026-10-26T08:00:00Z"),
        ("every weekday 09:00", "Europe/Berlin", "2026-11-30T08:00:00Z", "2026-12-01T08:00:00Z"),
        ("every weekend 10:00", "Europe/Berlin", "2026-11-30T08:00:00Z", "2026-12-05T09:00:00Z"),
        ("every monday 09:00", "Europe/Berlin", "2026-11-30T07:59:00Z", "2026-11-30T08:00:00Z"),
        ("every monday 09:00", "Europe/Berlin", "2026-11-30T08:00:00Z", "2026-12-07T08:00:00Z"),
        ("every sunday 02:30", "Europe/Berlin", "2026-03-22T12:00:00Z", "2026-03-29T01:30:00Z"),
        ("every monday,friday 18:00", "Europe/Berlin", "2026-03-27T17:00:00Z", "2026-03-30T16:00:00Z"),
        ("every day 09:00", "America/New_York", "2026-03-07T20:00:00Z", "2026-03-08T13:00:00Z"),
        ("every day 02:30", "America/New_York", "2026-03-07T20:00:00Z", "2026-03-08T07:30:00Z"),
        ("every day 01:30", "America/New_York", "2026-10-31T20:00:00Z", "2026-11-01T05:30:00Z"),
        ("every day 01:30", "America/New_York", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"),
        ("every day 00:00", "America/New_York", "2026-12-31T23:00:00Z", "2027-01-01T05:00:00Z"),
        ("every day 09:00", "Asia/Kolkata", "2026-11-30T03:30:00Z", "2026-12-01T03:30:00Z"),
        ("every day 09:00", "Asia/Kathmandu", "2026-11-30T03:00:00Z", "2026-11-30T03:15:00Z"),
        ("every day 02:00", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z"),
        ("every day 02:15", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T15:45:00Z"),
        ("every day 01:45", "Australia/Lord_Howe", "2026-04-04T12:00:00Z", "2026-04-04T14:45:00Z"),
        ("every day 02:30", "Australia/Sydney", "2026-10-03T12:00:00Z", "2026-10-03T16:30:00Z"),
        ("every day 00:00", "America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06T04:00:00Z"),
        ("every day 00:30", "Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-23T22:30:00Z"),
        ("every day 12:00", "Pacific/Apia", "2011-12-29T22:30:00Z", "2011-12-30T22:00:00Z"),
        ("every day 09:00", "Pacific/Kiritimati", "2026-11-30T18:59:00Z", "2026-11-30T19:00:00Z"),
        ("every day 09:00", "Asia/Tokyo", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("every day 09:00", "UTC", "2028-02-28T09:00:00Z", "2028-02-29T09:00:00Z"),
        ("every 2h", "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T02:30:00Z"),
        ("every 24h", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
        ("every \"0 9 * * 1-5\"", "Europe/Berlin", "2026-10-23T12:00:00Z", "2026-10-26T08:00:00Z"),
        ("every \"*/15 * * * *\"", "Europe/Berlin", "2026-10-25T00:50:00Z", "2026-10-25T01:00:00Z"),
        ("every \"0 * * * *\"", "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"),
        ("every \"0 * * * *\"", "America/New_York", "2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z"),
        ("every \"30 2 * * *\"", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"),
        ("every \"0 0 29 2 *\"", "Europe/Berlin", "2026-03-01T00:00:00Z", "2028-02-28T23:00:00Z"),
        ("every \"0 9 13 * 5\"", "America/New_York", "2026-11-06T15:00:00Z", "2026-11-13T14:00:00Z"),
        ("every \"0 9 1,15 1-6/2 *\"", "Asia/Tokyo", "2026-05-15T01:00:00Z", "2027-01-01T00:00:00Z"),
        ("every \"0 12 31 * *\"", "UTC", "2026-03-31T12:00:00Z", "2026-05-31T12:00:00Z"),
        ("every \"0 */6 * * 7\"", "Europe/Berlin", "2026-10-25T11:00:00Z", "2026-10-25T17:00:00Z"),
    ]

    @Test("the next time is the one that people expect, also where the clock is changed", arguments: Self.cases)
    func next(rule: String, zone: String, after: String, next: String) throws {
        let zone = try #require(Zone(zone))
        let now = try #require(CivilTime.milliseconds(rfc3339: after))
        let reading = try ScheduleReader(now: now, zone: zone).rule(rule)
        let found = try #require(reading.next)
        #expect(CivilTime(milliseconds: found).rfc3339Seconds == next)
        #expect(reading.rule.text == rule)
    }

    @Test("a length counts from when it was set, whatever was missed")
    func interval() {
        let rule = ScheduleRule.interval(7_200_000)
        #expect(rule.next(after: 1_000, from: 1_000, in: .utc) == 7_201_000)
        #expect(rule.next(after: 7_201_000, from: 1_000, in: .utc) == 14_401_000)
        #expect(rule.next(after: 100_000_000, from: 1_000, in: .utc) == 100_801_000)
        #expect(rule.next(after: 0, from: 1_000, in: .utc) == 7_201_000)
    }

    @Test(
        "no time is skipped and none comes twice in a year of hours", arguments: ["Europe/Berlin", "America/Santiago"])
    func year(zone: String) throws {
        let zone = try #require(Zone(zone))
        let start = try #require(CivilTime.milliseconds(rfc3339: "2026-01-01T00:00:00Z"))
        let rule = try ScheduleReader(now: start, zone: zone).rule("every \"0 * * * *\"").rule
        var (time, count) = (start, 0)
        while let next = rule.next(after: time, from: start, in: zone), next <= start + 365 * 86_400_000 {
            #expect(next == time + 3_600_000)
            (time, count) = (next, count + 1)
        }
        #expect(count == 365 * 24)
    }

    @Test(
        "five fields that are not understood are refused",
        arguments: [
            "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
            "5-1 * * * *",
            "*/0 * * * *", "a * * * *", "1,,2 * * * *", "-1 * * * *", "1/2/3 * * * *", "１ * * * *",
        ])
    func cron(text: String) { #expect(CronFields(text) == nil) }
}
