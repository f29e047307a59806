import Chat
import Database
import Etiquette
import Primitives
import Store
import TestSupport
import Testing
import Work

@testable import Files
@testable import People
@testable import Sessions
@testable import Threads

@Suite("What one person may store", .timeLimit(.minutes(1)))
struct PersonQuotaTests {
    private static func harness(
        _ change: (inout PersonQuota) -> Void, now: @escaping @Sendable () -> Int64 = { 1_000 },
        worker: ScriptedWorker = ScriptedWorker()
    ) async throws -> BridgeHarness {
        let directory = try TemporaryDirectory()
        var settings = BridgeSettings(
            publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50), repositories: ["notes"],
            filesDirectory: directory.path + "/files")
        settings.quota.includesOwners = true
        change(&settings.quota)
        return try await BridgeHarness(directory: directory, worker: worker, settings: settings, now: now)
    }

    private static func bytes(of person: String, _ harness: BridgeHarness) async throws -> Int {
        try await harness.bridge.store.read { ledger in try ledger.storage(of: person).bytes }
    }

    @Test("the sum of a person's texts follows every message and step, and ends with the thread")
    func sum() async throws {
        let harness = try await Self.harness { _ in }
        let store = harness.bridge.store
        let submission = try #require(try await harness.ask("hello"))
        try await harness.settle()
        let session = try #require(try await harness.turn(submission.operation)?.session)
        func counted() async throws -> Int64 {
            try await store.read { ledger in
                try ledger.connection.query(
                    """
                    SELECT (SELECT COALESCE(SUM(4 * LENGTH(CAST(text AS BLOB)) + 1024), 0) FROM messages)
                    + (SELECT COALESCE(SUM(LENGTH(CAST(event AS BLOB)) + 256), 0) FROM steps) AS n
                    """, []
                ).first?.int64("n") ?? 0
            }
        }
        func check() async throws {
            let sum = try await Self.bytes(of: "fake:one/alice", harness)
            try await expectEqual(counted(), Int64(sum))
        }
        try await check()
        #expect(try await counted() > 2 * 1_024)
        try await store.write { ledger in
            try ledger.connection.execute("UPDATE messages SET text = 'Grüße' WHERE role = 'user'", [])
            try ledger.connection.execute(
                "INSERT INTO steps (turn, number, elapsed, event, checkpoint) VALUES (?, 1, 0, 'ä', 0)",
                [.text(submission.operation)])
        }
        try await check()
        try await store.write { ledger in
            let file = 5_000
            try ledger.setFiles(file, of: session)
            try ledger.connection.execute("UPDATE sessions SET owner = 'fake:one/bob' WHERE id = ?", [.text(session)])
            #expect(try ledger.storage(of: "fake:one/alice") == (0, 0))
            try expectEqual(ledger.storage(of: "fake:one/bob").threads, 1)
            try ledger.connection.execute("UPDATE sessions SET owner = 'fake:one/alice' WHERE id = ?", [.text(session)])
            try ledger.setFiles(0, of: session)
        }
        try await check()
        _ = try await store.write { ledger in try ledger.connection.execute("DELETE FROM steps", []) }
        try await check()
        let deletion = SessionDeletion(store: store, filesDirectory: nil)
        try await expectEqual(deletion.delete(session), .deleted)
        try await expectEqual(Self.bytes(of: "fake:one/alice", harness), 0)
    }

    @Test("all identities of a person wait for each other where the quota may end")
    func locks() async throws {
        let harness = try await BridgeHarness()
        var quota = PersonQuota()
        quota.stored = 0
        let limits = quota
        let locks = try await harness.bridge.store.write { ledger in
            try ledger.link("fake:one/mia", "fake:one/bob", at: 1)
            return try ["mia", "bob", "eve"].map { person in
                let key = ThreadKey(adapter: harness.adapter.id, value: person)
                _ = try ledger.roomCheck(limits, for: 1, in: key, from: "fake:one/\(person)")
                // SQLite has one writer, who needs no lock.
                guard TestDatabase.isPostgreSQL else { return 0 }
                return try ledger.connection.query(
                    "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()", []
                ).count
            }
        }
        // The second is locked already.
        expectEqual(locks, [locks[0], locks[0], locks[0] + (TestDatabase.isPostgreSQL ? 1 : 0)])
    }

    @Test("over the quota a network's message is refused with one line an hour; commands still work")
    func refusal() async throws {
        let harness = try await Self.harness { $0.stored = 20_000 }
        _ = try #require(try await harness.ask("hello"))
        await harness.adapter.waitForPosts(1)
        let large = String(repeating: "x", count: 5_000)
        for number in 1...3 {
            let event = harness.adapter.event(large, from: "alice", in: "alice", id: "large\(number)")
            try await expectEqual(harness.bridge.deliver(event), .ignored("no room"))
        }
        await harness.adapter.waitForPosts(2)
        try await harness.settle()
        let line = harness.adapter.texts.last ?? ""
        #expect(line.contains("19 KiB") && line.contains("quota.person.stored") && line.contains("Delete"))
        expectEqual(harness.adapter.texts.count, 2)
        #expect(try await Self.bytes(of: "fake:one/alice", harness) <= 20_000)
        await #expect(throws: QuotaExceeded.stored(20_000)) {
            _ = try await harness.bridge.submit(harness.adapter.event(large, from: "alice", in: "alice"))
        }
        let before = harness.adapter.texts.count
        _ = try #require(try await harness.ask("!whoami"))
        await harness.adapter.waitForPosts(before + 1)
        // Another person is not affected.
        _ = try #require(try await harness.ask("hi", from: "gina"))
    }

    @Test("a workspace that takes all of a person's quota does not refuse the commands that make it smaller")
    func workspace() async throws {
        let harness = try await Self.harness { $0.stored = 1 << 20 }
        let first = try #require(try await harness.ask("hello"))
        try await harness.settle()
        let session = try #require(try await harness.turn(first.operation)?.session)
        try await harness.bridge.store.write { ledger in try ledger.setWorkspace(2 << 20, of: session) }
        await #expect(throws: QuotaExceeded.stored(1 << 20)) { _ = try await harness.ask("hello") }
        _ = try #require(try await harness.ask("!run rm large"))
        // What other threads take still counts.
        let other = harness.adapter.event("!run touch x", from: "alice", in: "elsewhere")
        await #expect(throws: QuotaExceeded.stored(1 << 20)) { _ = try await harness.bridge.submit(other) }
    }

    @Test("a repeat of a stored message is no new one")
    func duplicate() async throws {
        let harness = try await Self.harness { $0.stored = 20_000 }
        let first = try #require(try await harness.ask("hello", id: "one"))
        try await harness.settle()
        let session = try #require(try await harness.turn(first.operation)?.session)
        try await harness.bridge.store.write { ledger in try ledger.setFiles(1 << 20, of: session) }
        try await expectEqual(harness.ask("hello", id: "one")?.operation, first.operation)
    }

    @Test("`stop` needs no room")
    func stop() async throws {
        let worker = ScriptedWorker([.event(.text("It is ")), .hold])
        let harness = try await Self.harness({ $0.stored = 20_000 }, worker: worker)
        let submission = try #require(try await harness.ask("hello"))
        let session = try #require(try await harness.turn(submission.operation)?.session)
        try await harness.bridge.store.write { ledger in try ledger.setFiles(2 << 20, of: session) }
        let event = harness.adapter.event("!stop", from: "alice", in: "alice")
        try await expectEqual(harness.bridge.deliver(event), .ignored(Intent.stopped))
        _ = try await harness.frames(of: submission.operation)
        try await expectEqual(harness.turn(submission.operation)?.state, .stopped)
    }

    @Test("a person may begin only so many threads")
    func threads() async throws {
        let harness = try await Self.harness { $0.threads = 1 }
        _ = try #require(try await harness.ask("hello"))
        let other = harness.adapter.event("hello", from: "alice", in: "elsewhere")
        await #expect(throws: QuotaExceeded.threads(1)) { _ = try await harness.bridge.submit(other) }
        let third = harness.adapter.event("hello", from: "alice", in: "another place")
        try await expectEqual(harness.bridge.deliver(third), .ignored("no room"))
        await harness.adapter.waitForPosts(2)
        #expect(harness.adapter.texts.contains { $0.contains("one person may have 1 conversation") })
        #expect(try await harness.ask("again") != nil)
    }

    @Test(
        "what a command does not use is not stored",
        arguments: ["!help", "!nosuchcommand", "!status", "!model", "!files"])
    func arguments(command: String) async throws {
        let harness = try await Self.harness { _ in }
        let text = "\(command) \(String(repeating: "x", count: 250_000))"
        _ = try #require(try await harness.ask(text, from: "gina"))
        try await harness.settle()
        let stored = try await harness.bridge.store.read { ledger in
            try ["messages": "text", "turns": "text", "frames": "content", "inbox": "body", "outbox": "text"].map {
                try ledger.connection.query("SELECT COALESCE(SUM(LENGTH(\($0.value))), 0) AS n FROM \($0.key)", [])
                    .first?.integer("n") ?? 0
            }.reduce(0, +)
        }
        #expect(stored < 20_000)
    }

    @Test("files that arrive at the same time share the room, and a day has its own limit")
    func files() async throws {
        let now = Protected<Int64>(1_000)
        let harness = try await Self.harness({
            $0.stored = 100_000
            $0.uploadsPerDay = 80_000
        }) { now.withLock { $0 } }
        let submission = try #require(try await harness.ask("hello"))
        try await harness.settle()
        let session = try #require(try await harness.turn(submission.operation)?.session)
        let quota = harness.bridge.fileQuota
        let owner = "fake:one/alice"
        do {
            let first = try await quota.room(in: session, of: owner, from: owner, as: .guest)
            let second = try await quota.room(in: session, of: owner, from: owner, as: .guest)
            try first.take(50_000)
            #expect(throws: QuotaExceeded.uploads(80_000)) { try second.take(40_000) }
            try await first.keep()
            #expect(throws: QuotaExceeded.uploads(80_000)) { try second.take(40_000) }
            try second.take(20_000)
        }
        // The second was not kept.
        let third = try await quota.room(in: session, of: owner, from: owner, as: .guest)
        #expect(throws: QuotaExceeded.uploads(80_000)) { try third.take(40_000) }
        now.withLock { $0 += 86_400_000 }
        let next = try await quota.room(in: session, of: owner, from: owner, as: .guest)
        try next.take(10_000)
        // A copy of a file that was counted before needs only space.
        let copy = try await quota.room(in: session, of: owner, from: nil, as: .guest)
        #expect(throws: QuotaExceeded.stored(100_000)) { try copy.take(100_000) }
    }

    @Test("messages that arrive at the same moment share what is left")
    func together() async throws {
        var settings = BridgeSettings(
            publicURL: "http://127.0.0.1:8787", queueLimit: 500, drainTimeout: .milliseconds(50),
            repositories: ["notes"])
        settings.quota.includesOwners = true
        settings.quota.stored = 2 << 20
        settings.quota.threads = 6
        let harness = try await BridgeHarness(
            worker: ScriptedWorker(scripts: Array(repeating: [.hold], count: 8)), settings: settings)
        let text = String(repeating: "x", count: 10_000)
        let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<160 {
                let event = harness.adapter.event(text, from: "alice", in: "room \(number % 4)", id: "e\(number)")
                group.addTask { try await harness.bridge.deliver(event) == .stored }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        try await harness.settleInbox()
        // A message counts four times its text and 1 KiB, and is admitted only with 4 KiB.
        #expect((45...51).contains(taken), "\(taken)")
        #expect(try await Self.bytes(of: "fake:one/alice", harness) <= 2 << 20)
    }

    @Test("messages that wait count for their sender or the thread's owner, and as one thread for all of a new one")
    func waiting() async throws {
        let harness = try await Self.harness { _ in }
        let quota = PersonQuota()
        func waits(_ text: String, from person: String, in room: String, id: String) async throws {
            let message = try #require(harness.adapter.event(text, from: person, in: room, id: id).message)
            try await harness.bridge.store.write { ledger in
                _ = try ledger.insertEvent(
                    id, adapter: AdapterID("fake:one"), body: "", role: .owner, charge: InboxCharge(message), at: 1)
            }
        }
        func check(_ change: (inout PersonQuota) -> Void, in room: String = "other") async throws {
            let message = try #require(harness.adapter.event("x", from: "alice", in: room).message)
            var quota = quota
            change(&quota)
            let limits = quota
            try await harness.bridge.store.write { ledger in
                try ledger.checkRoom(limits, for: 1, in: message.thread, from: message.sender.id)
            }
        }
        for number in 0..<3 {
            try await waits(String(repeating: "x", count: 10_000), from: "alice", in: "new", id: "n\(number)")
        }
        let charged = 3 * Ledger.charge(for: 10_000) + Ledger.charge(for: 1)
        try await check { $0.stored = charged }
        await #expect(throws: QuotaExceeded.stored(charged - 1)) { try await check { $0.stored = charged - 1 } }
        try await check { $0.threads = 2 }
        await #expect(throws: QuotaExceeded.threads(1)) { try await check { $0.threads = 1 } }
        try await check({ $0.threads = 1 }, in: "new")
    }

    @Test("a file counts for the day of whoever sends it, and for the space of whoever began the thread")
    func sender() async throws {
        let harness = try await Self.harness {
            $0.stored = 100_000
            $0.uploadsPerDay = 80_000
        }
        let submission = try #require(try await harness.ask("hello"))
        try await harness.settle()
        let session = try #require(try await harness.turn(submission.operation)?.session)
        let quota = harness.bridge.fileQuota
        let (carl, bob) = ("fake:one/alice", "fake:one/gina")
        do {
            let room = try await quota.room(in: session, of: carl, from: bob, as: .guest)
            try room.take(70_000)
            #expect(throws: QuotaExceeded.uploads(80_000)) { try room.take(20_000) }
            try await room.keep()
        }
        let used = try await harness.bridge.store.read { ledger in
            try [carl, bob].map { try ledger.uploads(of: $0, on: 0) }
        }
        expectEqual(used, [0, 70_000])
        let own = try await quota.room(in: session, of: carl, from: carl, as: .guest)
        try own.take(20_000)
        let another = try await quota.room(in: session, of: carl, from: "fake:one/hal", as: .guest)
        #expect(throws: QuotaExceeded.stored(100_000)) { try another.take(79_000) }
        await #expect(throws: QuotaExceeded.uploads(80_000)) {
            let room = try await quota.room(in: session, of: carl, from: bob, as: .guest)
            try room.take(10_001)
        }
    }
}
