import HTTP
import Primitives
import TestSupport
import Testing

@testable import Push

@Suite("What somebody is notified of, and when not")
struct NotificationChoiceTests {
    @Test("a choice is stored and read back; what cannot be read is the usual one")
    func stored() {
        var choice = NotificationChoice()
        expectEqual(choice.stored, nil)
        choice.kinds = [.asks]
        choice.quiet = QuietHours("22:00-07:00")
        choice.zone = Zone("Europe/Berlin") ?? .utc
        choice.content = .none
        expectEqual(NotificationChoice(stored: choice.stored), choice)
        for text in [nil, "", "[]", "{"] { expectEqual(NotificationChoice(stored: text), NotificationChoice()) }
    }

    @Test(
        "quiet hours are two different times of day",
        arguments: [
            ("22:00-07:00", true), ("00:00-23:59", true), ("07:00-07:00", false), ("7:00-08:00", false),
            ("24:00-07:00", false), ("22:60-07:00", false), ("22:00", false), ("22:00-07:00-08:00", false),
            ("", false), ("-1:00-07:00", false), ("ab:cd-ef:gh", false),
        ])
    func quiet(text: String, isQuiet: Bool) {
        expectEqual(QuietHours(text)?.description, isQuiet ? text : nil)
    }

    /// The second of a time of 2026 in UTC.
    private static func time(_ day: Int64, _ hour: Int64, _ minute: Int64 = 0) -> Int64 {
        (20_454 + day) * 86_400_000 + hour * 3_600_000 + minute * 60_000
    }

    @Test("quiet hours over midnight end the next morning, by the person's clock")
    func night() throws {
        let berlin = try #require(Zone("Europe/Berlin"))
        let night = try #require(QuietHours("22:00-07:00"))
        // Winter: an hour ahead of UTC.
        expectEqual(night.end(at: Self.time(0, 20, 59), in: berlin), nil)
        expectEqual(night.end(at: Self.time(0, 21), in: berlin), Self.time(1, 6))
        expectEqual(night.end(at: Self.time(1, 5, 59), in: berlin), Self.time(1, 6))
        expectEqual(night.end(at: Self.time(1, 6), in: berlin), nil)
        // The night in which summer time begins: 29 March 2026.
        expectEqual(night.end(at: Self.time(86, 22), in: berlin), Self.time(87, 5))
        let noon = try #require(QuietHours("12:00-13:30"))
        expectEqual(noon.end(at: Self.time(3, 12), in: .utc), Self.time(3, 13, 30))
        expectEqual(noon.end(at: Self.time(3, 13, 30), in: .utc), nil)
        expectEqual(noon.end(at: Self.time(3, 23), in: .utc), nil)
    }

    private static func note(
        _ kind: NotificationChoice.Kind, _ subject: String, path: String = "/#/t/a"
    ) -> PushNote {
        PushNote(
            for: "s", kind, subject, session: "a", title: subject, line: "line", path: path, at: 0, heldUntil: 10,
            endsAt: 100)
    }

    @Test("what has waited becomes one message; a single one stays as it is")
    func summary() {
        expectEqual(PushNote.summary(of: []), nil)
        let one = PushNote.summary(of: [Self.note(.asks, "a1")])
        #expect(one?.title == "a1" && one?.isHeld == false)
        let both = [Self.note(.asks, "a1"), Self.note(.answers, "op"), Self.note(.asks, "a2", path: "/#/t/b")]
        let summary = PushNote.summary(of: both)
        expectEqual(summary?.title, "3 new things in Jetbridge")
        expectEqual(summary?.line, "2 questions, 1 answer")
        expectEqual(summary?.path, "/")
        expectEqual(PushNote.summary(of: Array(both.prefix(2)))?.path, "/#/t/a")
    }

    @Test("an answer of a push service ends a message, its browser, or is tried again later and later")
    func tries() {
        expectEqual(PushTry(.created, wait: nil), .delivered)
        expectEqual(PushTry(.notFound, wait: nil), .gone)
        expectEqual(PushTry(.gone, wait: nil), .gone)
        expectEqual(PushTry(.badRequest, wait: nil), .refused(400))
        expectEqual(PushTry(.badRequest, wait: nil).next(after: 1, at: 0, jitter: 0), nil)
        let busy = PushTry(.tooManyRequests, wait: .seconds(90))
        expectEqual(busy.next(after: 1, at: 5, jitter: 0), 90_005)
        let down = PushTry(.serviceUnavailable, wait: nil)
        expectEqual(down.next(after: 1, at: 0, jitter: 1), 5_000)
        expectEqual(down.next(after: 3, at: 0, jitter: 0), 10_000)
        expectEqual(down.next(after: PushTry.limit, at: 0, jitter: 0), nil)
    }
}
