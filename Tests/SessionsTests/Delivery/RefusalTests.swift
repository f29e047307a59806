import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

@Suite("Rooms that accept nothing", .timeLimit(.minutes(1)))
struct RefusalTests {
    static let growing = RoomTraits(
        capabilities: [.edits], textLimit: 400, textUnit: .bytes, editInterval: .milliseconds(1))
    static let lines = RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false)

    /// Waits until `count` entries of the outbox wait for their rooms.
    static func waitForRefused(_ count: Int64, in harness: BridgeHarness) async throws {
        try await eventually("\(count) messages wait for their room") {
            try await harness.bridge.store.read { ledger in try ledger.outboxRefused() } == count
        }
    }

    static func notes(of harness: BridgeHarness) async throws -> [String] {
        try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT text FROM messages WHERE role = 'note' ORDER BY id", []).map {
                try $0.text("text")
            }
        }
    }

    @Test(
        "a room that is lost in mid-answer gets no more calls, and the whole answer when it is back",
        arguments: [false, true])
    func lostInTheMiddle(returnsWhileAnswering: Bool) async throws {
        let harness = try await BridgeHarness(
            traits: Self.growing,
            worker: ScriptedWorker(
                [
                    .event(.text("Begun")), .hold, .event(.text(" and on")), .hold, .event(.text(" and on")), .hold,
                    .event(.text(" to the end.")),
                ]))
        let submission = try #require(try await harness.ask("1"))
        await harness.adapter.waitForText("Begun")
        harness.adapter.close("alice", "the channel is archived")
        harness.worker.release()
        await harness.adapter.waitForRefusals(1)
        if returnsWhileAnswering {
            try await harness.adapter.reopen("alice")
            await harness.adapter.waitForText("Begun and on")
        }
        harness.worker.release()
        harness.worker.release()
        _ = try await harness.frames(of: submission.operation)
        if !returnsWhileAnswering {
            try await Self.waitForRefused(1, in: harness)
            expectEqual(harness.adapter.refusals, 1)
            expectEqual(harness.adapter.texts, ["Begun"])
            try await expectEqual(Self.notes(of: harness), [TurnTexts.waitsForRoom("the channel is archived")])
            try await harness.adapter.reopen("alice")
        }
        await harness.adapter.waitForText("Begun and on and on to the end.")
        try await harness.settleOutbox()
        expectEqual(harness.adapter.posts.count, 1)
        let notes = try await Self.notes(of: harness)
        expectEqual(notes.count, returnsWhileAnswering ? 0 : 2)
        if !returnsWhileAnswering { expectEqual(notes.last, TurnTexts.postedLate) }
    }

    @Test("what a room refuses is stored: after a restart it is tried again, in order, and is not marked as a repeat")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(directory: directory, traits: Self.lines)
        first.adapter.close("alice", "banned")
        for number in 1...3 {
            _ = try await first.ask("\(number)")
            try await Self.waitForRefused(Int64(number), in: first)
        }
        // The second question was a sign that the room might be open.
        expectEqual(first.adapter.refusals, 2)
        // Still closed: one more try, and the rest keeps waiting.
        let adapter = FakeAdapter(traits: Self.lines)
        adapter.close("alice", "banned")
        let second = try await BridgeHarness(directory: directory, adapter: adapter)
        await adapter.waitForRefusals(1)
        try await second.adapter.reopen("alice")
        await adapter.waitForPosts(3)
        try await second.settleOutbox()
        expectEqual(adapter.texts, ["You said: 1", "You said: 2", "You said: 3"])
        expectEqual(adapter.refusals, 1)
        let third = try await BridgeHarness(directory: directory, traits: Self.lines)
        try await third.settle()
        #expect(third.adapter.posts.isEmpty)
    }

    @Test("a message of anybody in the room, and a new connection, are reasons to try again", arguments: [true, false])
    func heard(isMessage: Bool) async throws {
        let harness = try await BridgeHarness(traits: Self.lines)
        harness.adapter.close("alice", "muted")
        _ = try await harness.ask("1")
        try await Self.waitForRefused(1, in: harness)
        harness.adapter.close("alice", nil)
        if isMessage {
            try await harness.adapter.say("not for the bot", from: "zoe", isDirect: false, isAddressed: false)
        } else {
            await harness.bridge.statusChanged(AdapterStatus(state: .up, since: 0), of: harness.adapter.id)
        }
        await harness.adapter.waitForText("You said: 1")
        try await harness.settleOutbox()
    }

    @Test("a thread that is locked keeps no other one waiting")
    func threads() async throws {
        let harness = try await BridgeHarness(traits: Self.lines)
        let adapter = harness.adapter
        adapter.close("team/t1", "locked")
        for (text, thread) in [("one", "t1"), ("two", "t2"), ("three", "t1"), ("four", "t2")] {
            try await adapter.say(text, in: "team", isDirect: false, thread: thread)
            try await harness.settleInbox()
            // From then on, the next message is a sign that the room might be open.
            if text == "one" { try await Self.waitForRefused(1, in: harness) }
        }
        await adapter.waitForPosts(2)
        try await Self.waitForRefused(2, in: harness)
        expectEqual(adapter.texts.sorted(), ["You said: four", "You said: two"])
        expectEqual(adapter.refusals, 2)
        adapter.close("team/t1", nil)
        try await adapter.reopen("team")
        await adapter.waitForPosts(4)
        expectEqual(adapter.texts.suffix(2), ["You said: one", "You said: three"])
    }

    @Test("hundreds of messages of a locked thread keep no other one waiting")
    func manyOfOneThread() async throws {
        let harness = try await BridgeHarness(traits: Self.lines)
        let adapter = harness.adapter
        adapter.close("team", "archived")
        try await adapter.say("one", in: "team", isDirect: false, thread: "t1")
        try await Self.waitForRefused(1, in: harness)
        let columns = "session, kind, adapter, room, route, text, state, created_at, refused_at"
        let copies = Int64(LaneStateMachine.queueLimit + 44)
        try await harness.bridge.store.write { ledger in
            for number in 0..<copies {
                try ledger.connection.execute(
                    "INSERT INTO outbox (\(columns), token) SELECT \(columns), '\(number)' FROM outbox WHERE id = 1", []
                )
            }
        }
        try await adapter.say("two", in: "team", isDirect: false, thread: "t2")
        try await Self.waitForRefused(copies + 2, in: harness)
        adapter.close("team/t1", "locked")
        adapter.close("team", nil)
        try await adapter.reopen("team")
        await adapter.waitForText("You said: two")
        expectEqual(adapter.texts, ["You said: two"])
        try await Self.waitForRefused(copies + 1, in: harness)
    }

    @Test("what an admin deletes while it grows is not repeated: only what it did not show is posted")
    func deletedInTheMiddle() async throws {
        let harness = try await BridgeHarness(
            traits: Self.growing, worker: ScriptedWorker([.event(.text("One.")), .hold, .event(.text(" Two."))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText("One.")
        try await harness.waitForLivePreviews(1)
        harness.adapter.erase("p1")
        harness.worker.release()
        await harness.adapter.waitForText("… Two.")
        try await harness.settle()
        expectEqual(harness.adapter.texts, ["… Two."])
    }

    @Test("a whole answer that was shown and deleted is not posted again", arguments: [false, true])
    func deletedAtTheEnd(isRefusedFirst: Bool) async throws {
        let harness = try await BridgeHarness(
            traits: Self.growing, worker: ScriptedWorker([.event(.text("One.")), .hold]))
        let submission = try #require(try await harness.ask("1"))
        await harness.adapter.waitForText("One.")
        try await harness.waitForLivePreviews(1)
        if isRefusedFirst { harness.adapter.close("alice", "archived") }
        harness.adapter.erase("p1")
        harness.worker.release()
        _ = try await harness.frames(of: submission.operation)
        if isRefusedFirst {
            try await Self.waitForRefused(1, in: harness)
            try await harness.adapter.reopen("alice")
        }
        try await harness.settle()
        #expect(harness.adapter.posts.isEmpty)
    }

    @Test(
        "what a deleted message has not shown",
        arguments: [
            ("One.", "One.", nil), ("One. Two.", "One. ", "… Two."), ("One. Two.", "One. T", "… Two."),
            ("One.\n\nTwo.", "One.", "Two."), ("One.\n\nTwo.", "One.\n\nTw", "Two."), ("Answer", "Thinking…", "Answer"),
            ("<b>bold</b> end", "<b>bo</b>", "<b>bold</b> end"),
            ("see <a href=\"x y\">it</a>", "see <a href=\"x", "… <a href=\"x y\">it</a>"),
            ("```\na\nb\n```", "```\na\n```", "```\nb\n```"), ("One. \n", "One.", nil),
            (
                String(repeating: "字", count: 30), String(repeating: "字", count: 20),
                "… " + String(repeating: "字", count: 10)
            ),
        ] as [(String, String, String?)])
    func unseen(whole: String, shown: String, rest: String?) {
        expectEqual(UnseenText.rest(of: whole, after: shown), rest)
    }

    @Test("tries become rarer, the last comes when the oldest message has waited for a day, and threads count apart")
    func waits() {
        let (one, two) = (Route(room: Sample.room, anchor: "1"), Route(room: Sample.room))
        let minute: Int64 = 60_000
        var refusals = LaneRefusals()
        var waits: [Int64] = []
        var now: Int64 = 1_000
        while now < LaneRefusals.patience {
            refusals.refused(one, because: "locked")
            refusals.waits(since: 1_000)
            waits.append(refusals.wait(at: now) / minute)
            now += refusals.wait(at: now)
            refusals.tryAgain()
        }
        expectEqual(waits, [10, 20, 40, 80, 160, 240, 240, 240, 240, 170])
        expectEqual(now, LaneRefusals.patience + 1_000)
        refusals.refused(one, because: "locked")
        #expect(refusals.reason(for: one) == "locked" && refusals.reason(for: two) == nil)
        var accepted = [refusals.accepted()]
        refusals.tryAgain()
        accepted += [refusals.accepted(), refusals.accepted()]
        expectEqual(accepted, [false, true, false])
        refusals.refused(two, because: "archived")
        expectEqual(refusals.wait(at: now), 10 * minute)
    }

    @Test("somebody's messages make it try at most once a minute")
    func hearing() {
        let start = ContinuousClock.now
        var refusals = LaneRefusals()
        let isRefused = refusals.mayTry(hearingAt: start)
        #expect(!isRefused)
        for seconds in [0, 59, 60, 61] {
            refusals.refused(Route(room: Sample.room), because: "muted")
            expectEqual(refusals.mayTry(hearingAt: start + .seconds(seconds)), seconds % 60 == 0)
        }
        // Of many threads, each costs a call.
        for thread in 0..<47 {
            refusals.refused(Route(room: Sample.room, anchor: "\(thread)"), because: "muted")
        }
        for (seconds, isTried) in [(239, false), (240, true)] {
            expectEqual(refusals.mayTry(hearingAt: start + .seconds(seconds)), isTried)
        }
    }
}
