import Primitives
import Testing

@testable import Schedules

@Suite("What people type to schedule")
struct ScheduleReaderTests {
    /// Monday, 14:00 in Berlin.
    private func reader(_ zone: String = "Europe/Berlin") throws -> ScheduleReader {
        ScheduleReader(
            now: try #require(CivilTime.milliseconds(rfc3339: "2026-11-30T13:00:00Z")), zone: try #require(Zone(zone)))
    }

    @Test(
        "a time to be reminded at, and the text after it",
        arguments: [
            ("in 20m call Ann", "2026-11-30T13:20:00Z", "call Ann"),
            ("me in 20 minutes call", "2026-11-30T13:20:00Z", "call"),
            ("in 2 hours  two  words", "2026-11-30T15:00:00Z", "two  words"),
            ("in 1h30m x", "2026-11-30T14:30:00Z", "x"), ("in 1h 30m x", "2026-11-30T14:30:00Z", "x"),
            ("in an hour x", "2026-11-30T14:00:00Z", "x"), ("in 3 days x", "2026-12-03T13:00:00Z", "x"),
            ("in a week x", "2026-12-07T13:00:00Z", "x"), ("at 14:30 x", "2026-11-30T13:30:00Z", "x"),
            ("14:30 x", "2026-11-30T13:30:00Z", "x"), ("at 9 x", "2026-12-01T08:00:00Z", "x"),
            ("at 9am x", "2026-12-01T08:00:00Z", "x"), ("3:15 pm x", "2026-11-30T14:15:00Z", "x"),
            ("at noon x", "2026-12-01T11:00:00Z", "x"), ("today 18:00 x", "2026-11-30T17:00:00Z", "x"),
            ("tomorrow 9:00 x", "2026-12-01T08:00:00Z", "x"), ("tomorrow at 9 x", "2026-12-01T08:00:00Z", "x"),
            ("tomorrow tidy up", "2026-12-01T08:00:00Z", "tidy up"), ("monday 09:00 x", "2026-12-07T08:00:00Z", "x"),
            ("monday 15:00 x", "2026-11-30T14:00:00Z", "x"), ("next monday 15:00 x", "2026-12-07T14:00:00Z", "x"),
            ("on Friday x", "2026-12-04T08:00:00Z", "x"), ("wed 9am x", "2026-12-02T08:00:00Z", "x"),
            ("2026-12-24 18:00 x", "2026-12-24T17:00:00Z", "x"), ("2026-12-24T18:00 x", "2026-12-24T17:00:00Z", "x"),
            ("2026-12-24 x", "2026-12-24T08:00:00Z", "x"), ("2027-07-01 9:00 x\ny", "2027-07-01T07:00:00Z", "x\ny"),
            ("tomorrow 9:00 zone Asia/Tokyo x", "2026-12-01T00:00:00Z", "x"),
            ("TOMORROW 9:00 X", "2026-12-01T08:00:00Z", "X"),
        ])
    func reminder(words: String, next: String, text: String) throws {
        let reading = try self.reader().reminder(words)
        #expect(reading.rule == .once)
        #expect(reading.next.map { CivilTime(milliseconds: $0).rfc3339Seconds } == next)
        #expect(reading.text == text)
    }

    @Test(
        "a schedule as it is stored, and the text after it",
        arguments: [
            ("day 09:00 x", "every day 09:00", "x"), ("day at 9 x", "every day 09:00", "x"),
            ("Weekday 9am look", "every weekday 09:00", "look"), ("weekend 10:30 x", "every weekend 10:30", "x"),
            ("monday 09:00 x", "every monday 09:00", "x"), ("mon,fri 9:00 x", "every monday,friday 09:00", "x"),
            ("sunday, monday and tue 9:00 x", "every monday,tuesday,sunday 09:00", "x"),
            ("2h x", "every 2h", "x"), ("90 minutes x", "every 90m", "x"), ("hour x", "every 1h", "x"),
            ("10m x", "every 10m", "x"), ("2 days x", "every 48h", "x"),
            ("\"0 9 * * mon-fri\" x", "every \"0 9 * * mon-fri\"", "x"),
            ("“*/10 * * * *” x", "every \"*/10 * * * *\"", "x"),
            ("day 09:00 zone Asia/Tokyo x", "every day 09:00", "x"),
        ])
    func schedule(words: String, rule: String, text: String) throws {
        let reading = try self.reader().every(words)
        #expect(reading.rule.text == rule)
        #expect(reading.text == text)
        // What is stored is read as the same.
        #expect(try self.reader().rule(rule).rule == reading.rule)
    }

    @Test(
        "an event and the text after it",
        arguments: [
            ("push main look at it", "on push main", "look at it"), ("push main: look", "on push main", "look"),
            ("failure CI x", "on failure CI", "x"), ("failure of \"Build all\": x", "on failure \"Build all\"", "x"),
            ("due T12 x", "on due T12", "x"), ("push feature/a : x", "on push feature/a", "x"),
        ])
    func event(words: String, rule: String, text: String) throws {
        let reading = try self.reader().event(words)
        #expect(reading.rule.text == rule && reading.text == text && reading.next == nil)
        #expect(try self.reader().rule(rule).rule == reading.rule)
    }

    @Test(
        "what cannot be read says why",
        arguments: [
            ("remind", "", ScheduleProblem.when), ("remind", "sometime x", .when), ("remind", "in x", .when),
            ("remind", "at 25:00 x", .when), ("remind", "in 99999999 days x", .when),
            ("remind", "in 20 years x", .when),
            ("remind", "9001-01-01 x", .tooFar), ("remind", "2026-02-30 9:00 x", .when), ("every", "", .schedule),
            ("every", "5m x", .tooOften), ("every", "\"*/5 * * * *\" x", .tooOften),
            ("every", "\"0,55 * * * *\" x", .tooOften), ("every", "day x", .clock), ("every", "\"a b\" x", .cron),
            ("every", "\"0 0 30 2 *\" x", .never), ("every", "tomorrow 9:00 x", .schedule),
            ("every", "day 09:00 zone Moon/Base x", .zone("Moon/Base")), ("on", "", .event),
            ("on", "pull main x", .event),
            ("on", "push", .event), ("rule", "every day 09:00 x", .surplus("x")),
        ])
    func problem(command: String, words: String, problem: ScheduleProblem) throws {
        let reader = try self.reader()
        #expect(throws: problem) {
            switch command {
            case "remind": try reader.reminder(words)
            case "every": try reader.every(words)
            case "on": try reader.event(words)
            default: try reader.rule(words)
            }
        }
    }

    @Test("a time that is past is refused")
    func past() throws {
        let reader = try self.reader()
        #expect(throws: ScheduleProblem.self) { try reader.reminder("2026-11-30 13:00 x") }
        #expect(throws: ScheduleProblem.self) { try reader.reminder("today 9:00 x") }
    }

    @Test("three days later it is the same time of day, also after the clock was changed")
    func days() throws {
        let now = try #require(CivilTime.milliseconds(rfc3339: "2026-10-24T12:00:00Z"))
        let reading = try ScheduleReader(now: now, zone: try #require(Zone("Europe/Berlin"))).reminder("in 3 days x")
        #expect(reading.next.map { CivilTime(milliseconds: $0).rfc3339Seconds } == "2026-10-27T13:00:00Z")
    }
}
