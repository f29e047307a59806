import Chat
import Database
import Primitives
import Store
import TestSupport
import Testing

@testable import People
@testable import Posts
@testable import Schedules
@testable import Sessions
@testable import Threads

@Suite("Schedules in threads", .timeLimit(.minutes(1)))
struct ScheduleTests {
    /// 2026-11-30 13:00 UTC, a Monday.
    private let clock = Protected<Int64>(1_796_043_600_000)
    private let hour: Int64 = 3_600_000

    private func harness(
        _ directory: TemporaryDirectory? = nil, worker: ScriptedWorker = ScriptedWorker(),
        policy: AccessPolicy = AccessPolicy(
            owners: ["fake:one/alice"], members: ["fake:one/mia"], guests: ["fake:one/gina"])
    ) async throws -> BridgeHarness {
        let clock = self.clock
        return try await BridgeHarness(
            directory: directory, worker: worker, policy: policy, now: { clock.withLock { $0 } })
    }

    /// Asks, and returns what was posted.
    private func say(
        _ text: String, as person: String = "alice", to harness: BridgeHarness
    ) async throws -> [String] {
        harness.adapter.forgetPosts()
        _ = try await harness.ask(text, from: person)
        try await harness.settle()
        return harness.adapter.texts
    }

    private func advance(_ milliseconds: Int64) { self.clock.withLock { $0 += milliseconds } }

    /// Runs what is due. Returns what was posted, and how long the timer would wait.
    @discardableResult
    private func look(_ harness: BridgeHarness) async throws -> (texts: [String], wait: Int64) {
        harness.adapter.forgetPosts()
        let posting = SchedulePosting(bridge: harness.bridge)
        let wait = await harness.bridge.posts.schedules.look { due, holds in try await posting.run(due, in: holds) }
        try await harness.settle()
        return (harness.adapter.texts, wait)
    }

    /// The id in a reply.
    private func id(_ texts: [String]) throws -> String {
        let parts = try #require(texts.first).components(between: "schedules cancel ", and: "`")
        return try #require(parts)
    }

    @Test("a reminder is posted at its time, once, with a mention of its person")
    func reminder() async throws {
        let harness = try await self.harness()
        try await harness.bridge.store.write { ledger in
            try ledger.set(Preferences(zone: "Europe/Berlin"), of: "fake:one/alice")
        }
        let reply = try await self.say("!remind in 20m stretch your legs", to: harness)
        #expect(reply.count == 1 && reply[0].contains("on Monday 2026-11-30 14:20 (Europe/Berlin)"), "\(reply)")
        let early = try await self.look(harness)
        #expect(early.texts.isEmpty && early.wait <= 600_000)
        self.advance(20 * 60_000)
        let due = try await self.look(harness)
        expectEqual(due.texts, ["Reminder for alice: stretch your legs"])
        #expect(harness.adapter.posts.last?.route.mentions.first?.person == "one/alice")
        #expect(harness.worker.requests.isEmpty)
        try await expectEqual(self.look(harness).texts, [])
    }

    @Test("a schedule asks in its thread with its person's name, and missed runs are made up for by one")
    func missed() async throws {
        let harness = try await self.harness()
        let reply = try await self.say("!every day 14:00 zone UTC what is new?", to: harness)
        #expect(reply[0].hasPrefix("I will do this every day 14:00, next on Monday"), "\(reply)")
        self.advance(self.hour)
        try await expectEqual(
            self.look(harness).texts, ["Scheduled by alice: what is new?", "You said: what is new?"])
        self.advance(3 * 24 * self.hour + 60_000)
        try await expectEqual(self.look(harness).texts.count, 2)
        let next = try await harness.bridge.store.read { ledger in
            try ledger.schedules(of: "fake:one/alice").first?.nextAt
        }
        expectEqual(next.map { CivilTime(milliseconds: $0).rfc3339Seconds }, "2026-12-04T14:00:00Z")
        expectEqual(harness.worker.requests.map(\.sender.id), ["fake:one/alice", "fake:one/alice"])
        try await expectEqual(self.look(harness).texts, [])
    }

    @Test("a late reminder says when it was due")
    func late() async throws {
        let harness = try await self.harness()
        _ = try await self.say("!remind in 20m zone UTC stretch", to: harness)
        self.advance(2 * self.hour)
        try await expectEqual(
            self.look(harness).texts, ["Reminder for alice (was due on Monday 2026-11-30 13:20 (UTC)): stretch"])
    }

    @Test("a run that was stored before a crash is answered after it, once")
    func crash() async throws {
        let directory = try TemporaryDirectory()
        let first = try await self.harness(directory)
        _ = try await self.say("!every 2h look", to: first)
        self.advance(2 * self.hour)
        // The process ends after the transaction: nothing is handed to the thread.
        let due = try await first.bridge.store.read { ledger in
            try ledger.dueSchedules(at: .max, after: nil, limit: 10)
        }
        let hold = first.bridge.store.held.hold(of: due[0].place)
        let stored = try await SchedulePosting(bridge: first.bridge).store(due[...], in: [hold.place: hold])
        expectEqual(stored.messages.count, 1)
        let second = try await self.harness(directory)
        try await second.settle()
        expectEqual(second.adapter.texts.filter { $0.contains("You said: look") }.count, 1)
        try await expectEqual(self.look(second).texts, [])
        let events = try await second.bridge.store.read { ledger in
            try ledger.connection.query("SELECT event FROM inbox WHERE event LIKE 'schedule:%'", []).count
        }
        #expect(events == 1)
    }

    @Test("hosts and looks at the same time run each schedule once")
    func race() async throws {
        let harness = try await self.harness()
        for number in 0..<20 { _ = try await harness.ask("!remind in 1h note \(number)") }
        try await harness.settle()
        harness.adapter.forgetPosts()
        self.advance(self.hour)
        let posting = SchedulePosting(bridge: harness.bridge)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    _ = await harness.bridge.posts.schedules.look { due, holds in try await posting.run(due, in: holds)
                    }
                }
            }
        }
        try await harness.settle()
        let texts = harness.adapter.texts
        #expect(texts.count == 20 && Set(texts).count == 20)
    }

    @Test("one that cannot be stored keeps no other from its time")
    func poison() async throws {
        guard !TestDatabase.isPostgreSQL else { return }
        let harness = try await self.harness()
        let id = try self.id(try await self.say("!every 1h poison", to: harness))
        _ = try await self.say("!every 1h look", to: harness)
        try await harness.bridge.store.write { ledger in
            try ledger.connection.execute(
                """
                CREATE TRIGGER poison BEFORE INSERT ON inbox WHEN NEW.body LIKE '%poison%' BEGIN
                    SELECT RAISE(ABORT, 'poison');
                END
                """, [])
        }
        self.advance(self.hour)
        try await expectEqual(self.look(harness).texts, ["Scheduled by alice: look", "You said: look"])
        let left = try await harness.bridge.store.read { ledger in try ledger.schedule(id) }
        #expect(left != nil && left?.nextAt == nil)
    }

    @Test("only members set schedules, guests get reminders, and whoever is removed ends theirs")
    func rights() async throws {
        let harness = try await self.harness()
        let refused = try await self.say("!every day 09:00 x", as: "gina", to: harness)
        #expect(refused.first?.contains("needs the role member") == true, "\(refused)")
        #expect(try await self.say("!remind in 1h x", as: "gina", to: harness).first?.contains("I will post") == true)
        let id = try self.id(try await self.say("!every 1h look", as: "mia", to: harness))
        try await harness.bridge.access.replace(policy: AccessPolicy(owners: ["fake:one/alice"]))
        self.advance(self.hour)
        let texts = try await self.look(harness).texts
        #expect(
            texts.contains {
                $0.hasSuffix("The schedule `\(id)` of mia has ended, because mia has no access any more.")
            })
        #expect(harness.worker.requests.isEmpty)
        #expect(try await harness.bridge.store.read { ledger in try ledger.schedules(of: "fake:one/mia") }.isEmpty)
    }

    @Test("somebody who has become a guest asks nothing any more")
    func lowered() async throws {
        let harness = try await self.harness()
        _ = try await self.say("!every 1h look", as: "mia", to: harness)
        try await harness.bridge.access.replace(
            policy: AccessPolicy(owners: ["fake:one/alice"], guests: ["fake:one/mia"]))
        self.advance(self.hour)
        let texts = try await self.look(harness).texts
        #expect(texts.count == 1 && texts[0].contains("mia is a guest now"), "\(texts)")
    }

    @Test("they are listed with their next time in the person's zone, and cancelled by their id")
    func list() async throws {
        let harness = try await self.harness()
        #expect(try await self.say("!schedules", to: harness)[0].contains("Nothing is scheduled here."))
        #expect(try await self.say("!schedules zone Asia/Tokyo", to: harness)[0].contains("Asia/Tokyo"))
        #expect(try await self.say("!schedules zone Nowhere", to: harness)[0].contains("no time zone"))
        let id = try self.id(try await self.say("!every weekday 09:00 review pull requests", to: harness))
        let list = try await self.say("!schedules", to: harness).joined(separator: "\n")
        #expect(list.contains("`\(id)` Tuesday 2026-12-01 09:00 (Asia/Tokyo)"), "\(list)")
        #expect(list.contains("review pull requests"))
        #expect(
            try await self.say("!schedules cancel \(id)", as: "mia", to: harness)[0].contains(
                "no schedule with that id"))
        #expect(try await self.say("!schedules cancel \(id)", to: harness)[0].contains("Cancelled"))
        #expect(try await self.say("!schedules cancel \(id)", to: harness)[0].contains("no schedule with that id"))
        #expect(try await self.say("!schedules now", to: harness)[0].contains("!schedules cancel ID"))
    }

    @Test(
        "what cannot be scheduled says why",
        arguments: [
            ("!every day 09:00", "The text is missing"), ("!remind in 1h !every 1h x", "cannot set another one"),
            ("!every 5m x", "10 minutes at most"), ("!on due T1 x", "has no task `T1`"),
            ("!remind x", "!remind in 20m TEXT"),
            ("!on push", "!on push BRANCH TEXT"),
        ])
    func refused(words: String, reason: String) async throws {
        let harness = try await self.harness()
        let texts = try await self.say(words, to: harness)
        #expect(texts.joined().contains(reason), "\(texts)")
    }

    @Test("a text of 4,000 bytes is scheduled, and a longer one is not; 50 are the limit of a person")
    func limits() async throws {
        let harness = try await self.harness()
        let texts = try await self.say("!remind in 1h \(String(repeating: "x", count: 4_001))", to: harness)
        #expect(texts.joined().contains("4000 bytes"))
        _ = try await self.say("!remind in 1h \(String(repeating: "x", count: 4_000))", to: harness)
        for number in 1..<50 { _ = try await harness.ask("!remind in 1h note \(number)") }
        let last = try await self.say("!remind in 1h one more", to: harness)
        #expect(last.joined().contains("You have 50 schedules"), "\(last)")
        try await expectEqual(
            harness.bridge.store.read { ledger in try ledger.schedules(of: "fake:one/alice").count }, 50)
    }

    @Test("an event runs what waits for it once, however often it is reported, and the next one again")
    func push() async throws {
        let harness = try await self.harness()
        _ = try await self.say("!on push Main: look at it", to: harness)
        func report(_ key: String, to branch: String = "main") async throws -> Bool {
            let now = self.clock.withLock { $0 }
            return try await harness.bridge.store.write { ledger in
                try ledger.happened(.push, branch, in: ["notes"], key: key, text: "push to main", at: now)
            }
        }
        #expect(try await !report("a", to: "other"))
        #expect(try await report("a"))
        #expect(try await !report("a"))
        let texts = try await self.look(harness).texts
        #expect(texts.first == "Scheduled by alice (push to main): look at it", "\(texts)")
        #expect(harness.worker.requests.last?.text.contains("look at it") == true)
        #expect(try await !report("a"))
        try await expectEqual(self.look(harness).texts, [])
        self.advance(1)
        #expect(try await report("b"))
        try await expectEqual(self.look(harness).texts.isEmpty, false)
        expectEqual(harness.worker.requests.count, 2)
    }

    private func setTask(_ due: String?, state: String = "open", in harness: BridgeHarness) async throws {
        try await harness.bridge.store.write { ledger in
            try ledger.connection.execute(
                """
                INSERT INTO tasks (repository, id, line, state, labels, due, words, body, updated_at)
                VALUES ('notes', 'T1', 1, ?, '', ?, '', '{}', 1)
                ON CONFLICT (repository, id) DO UPDATE SET due = excluded.due, state = excluded.state
                """, [.text(state), .optional(due)])
        }
    }

    @Test("a task's schedule follows its date, and runs once")
    func due() async throws {
        let harness = try await self.harness()
        try await harness.bridge.store.write { ledger in
            try ledger.set(Preferences(zone: "UTC"), of: "fake:one/alice")
        }
        try await self.setTask("2026-12-02", in: harness)
        #expect(try await self.say("!on due t1 how far is it?", to: harness)[0].contains("on due t1"))
        try await self.setTask("2026-12-01", in: harness)
        try await expectEqual(self.look(harness).texts, [])
        self.advance(20 * self.hour)
        try await expectEqual(self.look(harness).texts.first, "Scheduled by alice: how far is it?")
        #expect(try await harness.bridge.store.read { ledger in try ledger.schedules(of: "fake:one/alice") }.isEmpty)
        _ = try await self.say("!on due T1 x", to: harness)
        try await self.setTask("2026-12-09", in: harness)
        _ = try await self.say("!on due T1 x", to: harness)
        try await self.setTask("2026-12-09", state: "done", in: harness)
        let texts = try await self.look(harness).texts
        #expect(texts.count == 1 && texts[0].contains("task `T1` is finished"), "\(texts)")
    }
}

extension String {
    fileprivate func components(between start: String, and end: Character) -> String? {
        guard let from = self.firstRange(of: start) else { return nil }
        return String(self[from.upperBound...].prefix { $0 != end })
    }
}
