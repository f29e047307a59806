import Chat
import Database
import Glibc
import Primitives
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

@Suite("Retention", .timeLimit(.minutes(1)))
struct RetentionTests {
    private static let day: Int64 = 86_400_000

    /// A janitor at this time; what the harness stores is from 1970.
    private static func janitor(_ harness: BridgeHarness, at now: Int64, _ retention: Retention) -> Janitor {
        var environment = harness.bridge.environment
        environment.now = { now }
        environment.settings.retention = retention
        return Janitor(store: harness.bridge.store, environment: environment)
    }

    private static func count(_ table: String, _ harness: BridgeHarness) async throws -> Int64 {
        try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT COUNT(*) AS n FROM \(table)", []).first?.integer("n") ?? 0
        }
    }

    private static func counts(_ harness: BridgeHarness) async throws -> [Int64] {
        var counts: [Int64] = []
        for table in ["sessions", "turns", "messages", "frames", "outbox", "inbox"] {
            counts.append(try await Self.count(table, harness))
        }
        return counts
    }

    @Test("entries older than their lifetime are deleted, the rest stays")
    func lifetimes() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(1)
        try await harness.settle()
        try await expectEqual(Self.counts(harness), [1, 1, 2, 2, 1, 1])
        for (days, expected) in [
            // After an hour only the last frame is left.
            (Int64(1), [Int64(1), 1, 2, 1, 1, 1]),
            (8, [1, 1, 2, 1, 0, 0]),
            (366, [0, 0, 0, 0, 0, 0]),
        ] {
            try await Self.janitor(harness, at: days * Self.day, Retention()).deleteRows()
            try await expectEqual(Self.counts(harness), expected, "after \(days) days")
        }
    }

    @Test("with a clock that is far ahead nothing expires until the host has run for a day, however often it starts")
    func clock() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(1)
        try await harness.settle()
        try await Self.janitor(harness, at: Self.day, Retention()).deleteExpired()
        let kept: [Int64] = [1, 1, 2, 1, 1, 1]
        try await expectEqual(Self.counts(harness), kept)
        for _ in 0..<2 { try await Self.janitor(harness, at: 400 * Self.day, Retention()).deleteExpired() }
        try await harness.bridge.store.write { ledger in
            for _ in 1..<Ledger.doubtfulRounds { _ = try ledger.beginRound(at: 400 * Self.day, isFirst: false) }
        }
        let janitor = Self.janitor(harness, at: 400 * Self.day, Retention())
        try await janitor.deleteExpired()
        try await expectEqual(Self.counts(harness), kept)
        try await expectEqual(harness.bridge.store.read { try $0.clockLead(at: 400 * Self.day) }, 399 * Self.day)
        try await janitor.deleteExpired()
        try await expectEqual(Self.counts(harness), [0, 0, 0, 0, 0, 0])
        try await expectEqual(harness.bridge.store.read { try $0.clockLead(at: 400 * Self.day) }, 0)
    }

    @Test("expired credentials and codes are deleted, whatever the lifetimes")
    func credentials() async throws {
        let harness = try await BridgeHarness()
        let store = harness.bridge.store
        let ends: [Int64?] = Array(repeating: 5_000, count: 450) + [7_000, nil]
        try await store.write { ledger in
            for (number, end) in ends.enumerated() {
                let credential = CredentialRecord(
                    id: "c\(number)", kind: .cookie, name: "", identity: "web:\(number)", role: .guest, scopes: [],
                    createdAt: Int64(number), expiresAt: end)
                try ledger.insert(credential, hash: "h\(number)")
            }
            try ledger.insert(AccessCode(role: .owner, expiresAt: 5_000), hash: "old")
        }
        let retention = Retention(transcripts: nil, files: nil, sent: nil)
        try await Self.janitor(harness, at: 5_000, retention).deleteRows()
        try await expectEqual(Self.count("codes", harness), 0)
        try await expectEqual(store.read { try $0.credentials(kind: .cookie).map(\.id) }, ["c450", "c451"])
        try await expectEqual(store.read { try $0.credential(id: "c450", at: 6_999)?.identity }, "web:450")
        try await expectEqual(store.read { try $0.credential(id: "c450", at: 7_000) }, nil)
    }

    @Test("an expired key of the proxy stays for thirty days, so that its client learns why it is refused")
    func expiredKeys() async throws {
        let harness = try await BridgeHarness()
        let store = harness.bridge.store
        try await store.write { ledger in
            for (id, scopes) in [("p", ["proxy"]), ("cp", ["chat", "proxy"]), ("c", ["chat"])] {
                let credential = CredentialRecord(
                    id: id, kind: .token, name: "", identity: id, role: .owner, scopes: scopes, createdAt: 0,
                    expiresAt: Self.day)
                try ledger.insert(credential, hash: id)
            }
        }
        let retention = Retention(transcripts: nil, files: nil, sent: nil)
        for (time, expected) in [
            (Self.day - 1, ["p", "cp", "c"]), (Self.day, ["p", "cp"]), (31 * Self.day - 1, ["p", "cp"]),
            (31 * Self.day, []),
        ] {
            try await Self.janitor(harness, at: time, retention).deleteRows()
            expectEqual(Set(try await store.read { try $0.credentials(kind: .token).map(\.id) }), Set(expected))
        }
        try await expectEqual(store.read { try $0.credential(hash: "p") }, nil)
    }

    @Test("the place of a thread of the web chat goes with its session")
    func places() async throws {
        let harness = try await BridgeHarness()
        let store = harness.bridge.store
        try await store.write { ledger in
            for thread in ["1", "2", "3"] {
                let key = ThreadKey(adapter: Place.webAdapter, value: thread)
                let route = Route(room: RoomID(adapter: Place.webAdapter, name: thread))
                _ = try ledger.session(for: key, route: route, owner: "web:a", title: "", at: 1, id: "s_\(thread)")
                try ledger.connection.execute(
                    "INSERT INTO places (place, host, epoch, changed_at) VALUES (?, 'a', 1, 1)",
                    [.text("web:\(thread)")])
            }
        }
        try await expectEqual(SessionDeletion(store: store, filesDirectory: nil).delete("s_1"), .deleted)
        try await expectEqual(Self.count("sessions", harness), 2)
        try await store.write { ledger in
            try ledger.connection.execute(
                "UPDATE sessions SET active_at = ? WHERE id = 's_3'", [.integer(400 * Self.day)])
        }
        try await Self.janitor(harness, at: 400 * Self.day, Retention()).deleteRows()
        try await expectEqual(
            store.read { try $0.connection.query("SELECT place FROM places", []).map { try $0.text("place") } },
            ["web:3"])
    }

    @Test("`forever` keeps everything, and event keys stay at least a week")
    func forever() async throws {
        let harness = try await BridgeHarness()
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(1)
        try await harness.settle()
        try await Self.janitor(harness, at: 9_999 * Self.day, Retention(transcripts: nil, sent: nil)).deleteRows()
        try await expectEqual(Self.counts(harness), [1, 1, 2, 1, 1, 1])
        try await Self.janitor(harness, at: 3 * Self.day, Retention(sent: .seconds(3_600))).deleteRows()
        try await expectEqual(Self.counts(harness), [1, 1, 2, 1, 0, 1])
    }

    @Test(
        "old turns of a thread in use are deleted except the newest, and message ids are not reused")
    func live() async throws {
        let harness = try await BridgeHarness()
        for text in ["1", "2", "3"] {
            _ = try await harness.ask(text)
            try await harness.settle()
        }
        try await harness.bridge.store.write { ledger in
            _ = try ledger.connection.execute("UPDATE sessions SET active_at = ?", [.integer(400 * Self.day)])
        }
        try await Self.janitor(harness, at: 400 * Self.day, Retention()).deleteRows()
        try await expectEqual(Self.counts(harness), [1, 1, 2, 1, 0, 0])
        _ = try await harness.ask("4")
        try await harness.settle()
        expectEqual(harness.worker.requests.last?.text, "4")
        let session = try #require(try await Self.session(harness))
        let stored = SessionDeletion(store: harness.bridge.store, filesDirectory: nil)
        let last = try await Self.lastMessage(harness)
        try await expectEqual(stored.delete(session.id), .deleted)
        _ = try await harness.ask("5")
        try await harness.settle()
        let first = try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT MIN(id) AS id FROM messages", []).first?.integer("id") ?? 0
        }
        #expect(first > last)
        expectEqual(harness.worker.requests.last?.history.isEmpty, true)
    }

    private static func session(_ harness: BridgeHarness) async throws -> SessionRecord? {
        try await harness.bridge.store.read { ledger in try ledger.sessions(after: nil, limit: 1).items.first }
    }

    private static func lastMessage(_ harness: BridgeHarness) async throws -> Int64 {
        try await harness.bridge.store.read { ledger in
            try ledger.connection.query("SELECT MAX(id) AS id FROM messages", []).first?.integer("id") ?? 0
        }
    }

    @Test("a silent session with an unsent message stays")
    func unsent() async throws {
        let harness = try await BridgeHarness()
        harness.adapter.setHolding(true)
        _ = try await harness.ask("1")
        try await eventually("no turn is open") {
            try await harness.bridge.store.read { ledger in try ledger.openTurns().isEmpty }
        }
        try await Self.janitor(harness, at: 400 * Self.day, Retention()).deleteRows()
        try await expectEqual(Self.counts(harness).prefix(3), [1, 1, 2])
        harness.adapter.setHolding(false)
        try await harness.settle()
    }

    @Test("a session is not deleted while a turn runs; afterwards all of it is gone and the thread starts over")
    func deletion() async throws {
        let harness = try await BridgeHarness(worker: ScriptedWorker([.hold, .event(.text("one"))]))
        let deletion = SessionDeletion(store: harness.bridge.store, filesDirectory: nil)
        try await expectEqual(deletion.delete("t_nobody"), .unknown)
        _ = try await harness.ask("1", id: "e1")
        let session = try #require(try await Self.session(harness))
        try await expectEqual(deletion.delete(session.id), .busy)
        harness.worker.release()
        await harness.adapter.waitForText("one")
        try await harness.settle()
        try await expectEqual(deletion.delete(session.id), .deleted)
        try await expectEqual(deletion.delete(session.id), .unknown)
        // Only the event's key is left, without text: a repeat is still recognised.
        try await expectEqual(Self.counts(harness), [0, 0, 0, 0, 0, 1])
        try await expectEqual(harness.bridge.deliver(harness.adapter.event("1", id: "e1")), .duplicate)
        _ = try await harness.ask("2")
        await harness.adapter.waitForText("You said: 2")
        expectEqual(harness.worker.requests.last?.history.isEmpty, true)
    }

    @Test("the janitor finishes a deletion that a crash interrupted")
    func crash() async throws {
        let harness = try await BridgeHarness()
        for text in ["1", "2"] { _ = try await harness.ask(text) }
        try await harness.settle()
        let session = try #require(try await Self.session(harness))
        try await harness.bridge.store.write { ledger in
            try ledger.markDeleted(session.id)
            #expect(try ledger.sessions(after: nil, limit: 9).items.isEmpty)
            #expect(try ledger.session(id: session.id) == nil && ledger.session(for: session.key) == nil)
            #expect(try !ledger.purge(session.id, limit: 1))
        }
        try await Self.janitor(harness, at: 2_000, Retention()).deleteRows()
        try await expectEqual(Self.counts(harness).prefix(4), [0, 0, 0, 0])
    }

    @Test("that somebody has deleted a session is known for 30 days; one that expired or is unknown was not deleted")
    func deletions() async throws {
        let harness = try await BridgeHarness()
        let store = harness.bridge.store
        try await store.write { ledger in
            for id in ["s_deleted", "s_expired", "s_kept"] {
                let key = ThreadKey(adapter: Place.webAdapter, value: id)
                let route = Route(room: RoomID(adapter: Place.webAdapter, name: id))
                let time: Int64 = id == "s_kept" ? 400 * Self.day : 1
                _ = try ledger.session(for: key, route: route, owner: "web:a", title: "", at: time, id: id)
            }
        }
        try await expectEqual(SessionDeletion(store: store, filesDirectory: nil).delete("s_deleted"), .deleted)
        try await Self.janitor(harness, at: 400 * Self.day, Retention()).deleteRows()
        try await expectEqual(Self.count("sessions", harness), 1)
        let all = ["s_deleted", "s_expired", "s_kept", "s_other"]
        try await expectEqual(store.deletedSessions(in: all), ["s_deleted"])
        // Of the deletion's clock.
        let now = WallClock.now()
        try await expectEqual(store.write { try $0.forgetDeletions(before: now - 60_000, limit: 9) }, 0)
        try await store.write { try $0.noteDeletion(of: "s_other", at: now - 100_000) }
        try await expectEqual(store.deletedSessions(in: all), ["s_deleted", "s_other"])
        // The newest stay.
        try await expectEqual(store.write { try $0.forgetDeletions(before: 0, limit: 9, keeping: 1) }, 0)
        try await store.write { try $0.noteDeletion(of: "s_third", at: now - 200_000) }
        try await expectEqual(store.write { try $0.forgetDeletions(before: 0, limit: 9, keeping: 1) }, 1)
        try await expectEqual(store.write { try $0.forgetDeletions(before: now - 60_000, limit: 9) }, 1)
        try await expectEqual(store.write { try $0.forgetDeletions(before: now + 60_000, limit: 9) }, 1)
        try await expectEqual(store.deletedSessions(in: all), [])
    }

    @Test("a large turn is deleted in parts, its last steps first, and so are messages of no turn")
    func parts() async throws {
        let harness = try await BridgeHarness()
        let store = harness.bridge.store
        _ = try await harness.ask("1")
        try await harness.settle()
        let session = try #require(try await Self.session(harness)).id
        let text = String(repeating: "x", count: 700_000)
        try await store.write { ledger in
            let turn = try #require(try ledger.connection.first("SELECT id FROM turns", [])?.text("id"))
            for number in 101...105 {
                try ledger.connection.execute(
                    "INSERT INTO steps (turn, number, elapsed, event, checkpoint) VALUES (?, ?, 0, ?, 0)",
                    [.text(turn), .integer(Int64(number)), .text(text)])
            }
            for _ in 1...3 {
                _ = try ledger.insertMessage(session: session, turn: nil, role: .note, text: text, at: 1)
            }
            try ledger.markDeleted(session)
            for (steps, messages) in [([101, 102, 103], 5), ([101], 5), ([], 1)] as [([Int64], Int)] {
                try expectEqual(ledger.purge(session, limit: 100), false)
                let left = try ledger.connection.query(
                    "SELECT number FROM steps WHERE number > 100 ORDER BY number", [])
                try expectEqual(left.map { try $0.integer("number") }, steps)
                try expectEqual(ledger.connection.query("SELECT id FROM messages", []).count, messages)
            }
            try expectEqual(ledger.purge(session, limit: 100), true)
        }
        try await expectEqual(Self.counts(harness).prefix(5), [0, 0, 0, 0, 0])
    }

    @Test("the past frames of a large turn are deleted in parts")
    func frames() async throws {
        let harness = try await BridgeHarness()
        let store = harness.bridge.store
        _ = try await harness.ask("1")
        try await harness.settle()
        let text = String(repeating: "x", count: 700_000)
        let turn = try await store.write { ledger in
            let turn = try #require(try ledger.connection.first("SELECT id FROM turns", [])?.text("id"))
            for sequence in 1_001...1_005 {
                try ledger.connection.execute(
                    "INSERT INTO frames (turn, sequence, type, content, timestamp) VALUES (?, ?, 'text', ?, 1)",
                    [.text(turn), .integer(Int64(sequence)), .text(text)])
            }
            return turn
        }
        var (left, transactions) = ([turn], 0)
        while !left.isEmpty {
            left = try await store.write { [left] ledger in try ledger.deletePastFrames(of: left) }
            transactions += 1
        }
        expectEqual(transactions, 3)
        try await expectEqual(Self.count("frames", harness), 1)
    }

    @Test("received files are deleted by age, and with their session")
    func files() async throws {
        let directory = try TemporaryDirectory()
        let root = directory.path + "/files"
        let harness = try await BridgeHarness(
            settings: BridgeSettings(publicURL: "http://127.0.0.1:8787", filesDirectory: root))
        _ = try await harness.ask("1")
        try await harness.settle()
        let session = try #require(try await Self.session(harness))
        for (folder, name, time) in [
            (session.id, "old", 1), (session.id, "new", 1_000_000), ("t_gone", "x", 1_000_000),
        ] {
            mkdir(root, 0o700)
            mkdir("\(root)/\(folder)", 0o700)
            let file = try #require(fopen("\(root)/\(folder)/\(name)", "w"))
            fclose(file)
            let times = [timespec(tv_sec: time, tv_nsec: 0), timespec(tv_sec: time, tv_nsec: 0)]
            utimensat(AT_FDCWD, "\(root)/\(folder)/\(name)", times, 0)
        }
        try await Self.janitor(harness, at: 91 * Self.day, Retention()).deleteFiles()
        let names = { (name: String) in access("\(root)/\(name)", F_OK) == 0 }
        #expect(!names("\(session.id)/old") && names("\(session.id)/new") && !names("t_gone"))
        let deletion = SessionDeletion(store: harness.bridge.store, filesDirectory: root)
        try await expectEqual(deletion.delete(session.id), .deleted)
        #expect(!names(session.id))
    }

    @Test("a database that does not know people's files deletes none of them")
    func foreignFiles() async throws {
        let directory = try TemporaryDirectory()
        let root = directory.path + "/files"
        for folder in [root, root + "/s_1", root + "/s_2"] { mkdir(folder, 0o700) }
        for file in ["s_1/1-1-a", "s_2/1-1-b"] { fclose(fopen("\(root)/\(file)", "w")) }
        let names = { (name: String) in access("\(root)/\(name)", F_OK) == 0 }
        let settings = BridgeSettings(publicURL: "http://127.0.0.1:8787", filesDirectory: root)
        // Empty, as a wrong `store.url` or a database that is lost.
        let empty = try await BridgeHarness(settings: settings)
        try await Self.janitor(empty, at: Self.day, Retention()).deleteFiles()
        #expect(names("s_1/1-1-a") && names("s_2/1-1-b") && !names("database"))
        // The right one.
        let right = try await BridgeHarness(settings: settings)
        _ = try await right.ask("1")
        try await right.settle()
        let page = try await right.bridge.store.read { ledger in try ledger.sessions(after: nil, limit: 1) }
        let session = try #require(page.items.first).id
        mkdir("\(root)/\(session)", 0o700)
        fclose(fopen("\(root)/\(session)/1-1-c", "w"))
        try await Self.janitor(right, at: Self.day, Retention()).deleteFiles()
        #expect(!names("s_1") && !names("s_2") && names("\(session)/1-1-c") && names("database"))
        // One that knows a thread, but not that these are its files.
        _ = try await empty.ask("1")
        try await empty.settle()
        try await Self.janitor(empty, at: Self.day, Retention()).deleteFiles()
        #expect(names("\(session)/1-1-c"))
        await empty.bridge.stop()
        await right.bridge.stop()
    }

    @Test("indexes find what is deleted by age", .enabled(if: !TestDatabase.isPostgreSQL, "the plans are SQLite's"))
    func plans() async throws {
        let harness = try await BridgeHarness()
        let plans = try await harness.bridge.store.read { ledger in
            try PlanningConnection.plans(ledger) { ledger in
                _ = try ledger.turnsWithPastFrames(endedFrom: 1, before: 2, limit: 1)
                _ = try ledger.sessions(silentSince: 1, limit: 1)
                _ = try ledger.deletedSessions(limit: 1)
            }
        }
        let indexes = ["turns_by_end", "sessions_by_activity", "sessions_deleted"]
        expectEqual(plans.count, indexes.count)
        for (plan, index) in zip(plans, indexes) {
            expectEqual(plan.first?.contains(index), true, "\(plan)")
            for step in plan {
                #expect(!step.hasPrefix("SCAN") || step.contains(" USING "), "\(plan)")
                #expect(!step.contains("TEMP B-TREE"), "\(plan)")
            }
        }
    }
}
