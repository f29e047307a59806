import Primitives
import TestSupport
import Testing

@testable import Database

@Suite("A store in PostgreSQL")
struct PostgreSQLTests {
    private static let migrations = [
        Migration(
            number: 1, name: "notes",
            sql: """
                CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, size REAL, data BLOB);
                CREATE TABLE sums (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
                INSERT INTO sums (name, value) VALUES ('all', 0);
                """)
    ]

    private func database(
        _ name: String, on server: PostgreSQLServer = .shared, settings: DatabaseSettings = DatabaseSettings()
    ) throws -> Database {
        try Database(postgreSQL: server.database(name), migrations: Self.migrations, settings: settings)
    }

    @Test("every kind of value comes back as it was")
    func values() async throws {
        let database = try self.database("values_db")
        let bytes: [UInt8] = [0, 1, 0x5C, 0xFF]
        let id = try await database.write { connection in
            try connection.laterID(
                "INSERT INTO notes (text, size, data) VALUES (?, ?2, ?3) RETURNING id",
                ["what? 'a' \"b\" ü😀", 1.5, .blob(bytes)])()
        }
        try await database.write { connection in
            try connection.execute("INSERT INTO notes (text, size, data) VALUES ($1, $2, $3)", "", nil, .blob([]))
        }
        let rows = try await database.read {
            try $0.query("SELECT *, id = 1 AS one, SUM(id) OVER () AS sum FROM notes ORDER BY id")
        }
        #expect(id == 1 && rows.count == 2)
        expectEqual(rows[0].values, [1, "what? 'a' \"b\" ü😀", 1.5, .blob(bytes), 1, 3])
        expectEqual(rows[1].values, [2, "", nil, .blob([]), 0, 3])
    }

    @Test("a text with a zero, which the server refuses, is stored with a replacement")
    func zero() async throws {
        let database = try self.database("zero_db")
        try await database.write { try $0.execute("INSERT INTO notes (text) VALUES ($1)", "a\0b") }
        try await expectEqual(database.texts(), ["a\u{FFFD}b"])
    }

    @Test("an error undoes a write and no other")
    func failingWrite() async throws {
        let database = try self.database("failing_db")
        try await database.write { try $0.execute("INSERT INTO notes (text) VALUES ('a')") }
        // Deferred: thrown by the commit.
        await #expect(throws: DatabaseError.self) {
            try await database.write { try $0.execute("INSERT INTO notes (text) VALUES ('a')") }
        }
        await #expect(throws: Refusal.self) {
            try await database.write { connection in
                try connection.execute("INSERT INTO notes (text) VALUES ('b')")
                throw Refusal()
            }
        }
        // Of several in one commit, each fails alone.
        async let results = withTaskGroup(of: Bool.self) { group in
            for number in 0..<40 {
                group.addTask {
                    do {
                        try await database.write { connection in
                            try connection.execute(
                                "INSERT INTO notes (text) VALUES ($1)", .text(number % 4 == 0 ? "a" : "n\(number)"))
                            if number % 5 == 0 { throw Refusal() }
                        }
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        let expected = (0..<40).count { $0 % 4 != 0 && $0 % 5 != 0 }
        await expectEqual(results, expected)
        try await expectEqual(database.texts().count, 1 + expected)
    }

    @Test("a part that fails is undone alone, also for an error that comes late")
    func savepoints() async throws {
        let database = try self.database("savepoint_db")
        try await database.write { connection in
            try connection.execute("INSERT INTO notes (text) VALUES ('a')")
            let error = WriteTests.error {
                try connection.savepoint {
                    try connection.execute("INSERT INTO notes (text) VALUES ('b')")
                    try connection.execute("INSERT INTO notes (text) VALUES ('a')")
                }
            }
            expectEqual((error as? DatabaseError)?.code, .unique)
            try connection.savepoint { try connection.execute("INSERT INTO notes (text) VALUES ('c')") }
        }
        try await expectEqual(database.texts(), ["a", "c"])
        // An error before the part belongs to the whole.
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write { connection in
                try connection.execute("INSERT INTO notes (text) VALUES ('a')")
                try? connection.savepoint { _ = try connection.query("SELECT 1") }
                try connection.execute("INSERT INTO notes (text) VALUES ('d')")
            }
        }
        expectEqual(error?.code, .unique)
        try await expectEqual(database.texts(), ["a", "c"])
    }

    @Test("rows that are needed later come with the next answer, or when they are asked for, each to its own query")
    func later() async throws {
        let database = try self.database("later_db")
        let (before, inserted, after, ids) = try await database.write { connection in
            let before = try connection.later("SELECT COUNT(*) AS n FROM notes", [])
            let first = try connection.laterID("INSERT INTO notes (text) VALUES ($1) RETURNING id", ["a"])
            try connection.execute("INSERT INTO notes (text) VALUES ('b')")
            let second = try connection.laterID("INSERT INTO notes (text) VALUES ('c') RETURNING id", [])()
            let after = try connection.later("SELECT text FROM notes ORDER BY id", [])
            return (
                try before.get().map { try $0.int("n") }, second, try after.get().map { try $0.text("text") },
                [try first(), try first()]
            )
        }
        #expect(before == [0] && inserted == 3 && after == ["a", "b", "c"] && ids == [1, 1])
    }

    @Test("a part that fails takes no rows of earlier queries with it; a failed query fails whoever needs its rows")
    func laterFails() async throws {
        let database = try self.database("later_fails_db")
        let count = try await database.write { connection in
            let before = try connection.later("SELECT COUNT(*) AS n FROM notes", [])
            try? connection.savepoint {
                _ = try connection.later("SELECT 1 / (SELECT COUNT(*) FROM notes)", [])
                try connection.execute("INSERT INTO notes (text) VALUES ('x')")
            }
            try connection.execute("INSERT INTO notes (text) VALUES ('y')")
            return try before.get().map { try $0.int("n") }
        }
        expectEqual(count, [0])
        try await expectEqual(database.texts(), ["y"])
        await #expect(throws: DatabaseError.self) {
            try await database.write { connection in
                let rows = try connection.later("SELECT 1 / (COUNT(*) - 1) FROM notes", [])
                try connection.execute("INSERT INTO notes (text) VALUES ('z')")
                _ = try rows.get()
            }
        }
        try await expectEqual(database.texts(), ["y"])
    }

    @Test("writes with different keys run beside each other, and those with one key in order")
    func keys() async throws {
        let database = try self.database("keys_db")
        let count = 200
        await withTaskGroup(of: Void.self) { group in
            for key in ["a", "b", "c", "d"] {
                group.addTask {
                    for number in 0..<count / 4 {
                        _ = try? await database.write(key: key) { connection in
                            try connection.execute("INSERT INTO notes (text) VALUES ($1)", .text("\(key)\(number)"))
                            try connection.execute("UPDATE sums SET value = value + 1 WHERE name = 'all'")
                        }
                    }
                }
            }
        }
        let sum = try await database.read { try $0.first("SELECT value FROM sums")?.int("value") }
        expectEqual(sum, count)
        for key in ["a", "b", "c", "d"] {
            let own = try await database.texts().filter { $0.hasPrefix(key) }
            expectEqual(own, (0..<count / 4).map { "\(key)\($0)" })
        }
    }

    @Test("a write that waits for the next of its key shares its commit")
    func pairs() async throws {
        let reports = Protected<[Int]>([])
        let database = try self.database(
            "pairs_db",
            settings: DatabaseSettings(commitObserver: { report in reports.withLock { $0.append(report.writes) } }))
        let keys = try #require(self.twoLanes(database))
        let results = Protected<[String]>([])
        for text in ["a", "b"] {
            database.submitWithNext(
                key: keys.0, { try $0.execute("INSERT INTO notes (text) VALUES ($1)", .text(text)) },
                completion: { result in
                    if case .success = result { results.withLock { $0.append(text) } }
                })
        }
        try await database.write(key: keys.1) { try $0.execute("INSERT INTO notes (text) VALUES ('other')") }
        expectEqual(reports.withLock { $0 }, [1])
        try await database.write(key: keys.0) { try $0.execute("INSERT INTO notes (text) VALUES ('c')") }
        #expect(reports.withLock { $0 } == [1, 3] && results.withLock { $0 } == ["a", "b"])
        try await expectEqual(database.texts(), ["other", "a", "b", "c"])
    }

    @Test("two writes that wait for each other are both stored")
    func deadlock() async throws {
        let database = try self.database("deadlock_db")
        try await database.write { try $0.execute("INSERT INTO sums (name, value) VALUES ('x', 0), ('y', 0)") }
        let keys = try #require(self.twoLanes(database))
        await withTaskGroup(of: Void.self) { group in
            for (key, names) in [(keys.0, ["x", "y"]), (keys.1, ["y", "x"])] {
                group.addTask {
                    for _ in 0..<20 {
                        _ = try? await database.write(key: key) { connection in
                            for name in names {
                                _ = try connection.rowsChanged(
                                    by: "UPDATE sums SET value = value + 1 WHERE name = $1", .text(name))
                            }
                        }
                    }
                }
            }
        }
        let values = try await database.read {
            try $0.query("SELECT value FROM sums WHERE name IN ('x', 'y')").map { try $0.int("value") }
        }
        expectEqual(values, [40, 40])
    }

    /// Two keys whose writes run on different connections.
    private func twoLanes(_ database: Database) -> (String, String)? {
        let first = database.laneNumber(of: "k0")
        return (1..<100).map { "k\($0)" }.first { database.laneNumber(of: $0) != first }.map { ("k0", $0) }
    }

    /// A server behind a proxy, and a store that reaches it through the proxy.
    private func proxied(_ name: String) async throws -> (server: PostgreSQLServer, proxy: FaultProxy, Database) {
        let server = PostgreSQLServer.shared
        _ = try server.database(name)
        let proxy = try await FaultProxy.started(before: server.port)
        let place = PostgreSQLSettings(
            url: "postgres://jetbridge@127.0.0.1:\(proxy.port)/\(name)", password: PostgreSQLServer.password,
            writers: 4,
            patience: .milliseconds(300))
        return (server, proxy, try Database(postgreSQL: place, migrations: Self.migrations))
    }

    @Test("behind a network that swallows everything a write fails soon, and the store goes on afterwards")
    func partition() async throws {
        let (_, proxy, database) = try await self.proxied("partition_db")
        try await database.write { try $0.execute("INSERT INTO notes (text) VALUES ('a')") }
        await proxy.set(.swallow)
        // All of them together, not one after the other.
        let started = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let error = await #expect(throws: DatabaseError.self) {
                        try await database.write {
                            try $0.execute("INSERT INTO notes (text) VALUES ($1)", .text("lost \(number)"))
                        }
                    }
                    expectEqual(error?.code, .unreachable)
                }
            }
        }
        #expect(ContinuousClock.now - started < .seconds(10))
        await proxy.set(.none)
        try await eventually("the database can be written again") {
            (try? await database.write { try $0.execute("INSERT INTO notes (text) VALUES ('b')") }) != nil
        }
        try await expectEqual(database.texts(), ["a", "b"])
        await proxy.stop()
    }

    @Test("a connection that is cut again and again loses nothing that was acknowledged and stores nothing twice")
    func cuts() async throws {
        let (_, proxy, database) = try await self.proxied("cuts_db")
        let isOver = Protected(false)
        // How long a write takes here: on a busy machine a fixed pause would let none through.
        let took = Protected(Duration.zero)
        let cutting = Task {
            while !isOver.withLock({ $0 }) {
                await proxy.cut()
                try await Task.sleep(for: .milliseconds(15) + took.withLock { $0 } * 2)
            }
        }
        var stored: Set<String> = []
        for number in 0..<300 {
            let text = "n\(number)"
            let start = ContinuousClock.now
            defer { took.withLock { $0 = min(ContinuousClock.now - start, .milliseconds(200)) } }
            do {
                try await database.write { connection in
                    _ = try connection.query("SELECT 1")
                    try connection.execute("INSERT INTO notes (text) VALUES ($1)", .text(text))
                }
                stored.insert(text)
            } catch let error as DatabaseError {
                // A repeated write that had been stored would be refused as unique.
                expectEqual(error.code, .unreachable, "\(error)")
            }
        }
        isOver.withLock { $0 = true }
        _ = try? await cutting.value
        try await eventually("the database can be written again") {
            (try? await database.write { try $0.execute("INSERT INTO notes (text) VALUES ('end')") }) != nil
        }
        let present = Set(try await database.texts())
        expectEqual(present.subtracting(["end"]), stored)
        #expect(stored.count > 100)
        await proxy.stop()
    }

    @Test("a read that is cancelled ends, and the next one works")
    func cancellation() async throws {
        let database = try self.database("cancel_db", settings: DatabaseSettings(readers: 1))
        let gate = Gate()
        let read = Task {
            try await database.read { connection in
                gate.open()
                _ = try connection.query("SELECT pg_sleep(60)")
            }
        }
        await gate.opened()
        read.cancel()
        await #expect(throws: CancellationError.self) { try await read.value }
        try await expectEqual(database.texts(), [])
    }

    @Test("a server that is not there, a wrong password and a wrong name are said clearly")
    func refusals() throws {
        let server = PostgreSQLServer.shared
        let closed = try FreePorts.take(1)[0]
        let away = #expect(throws: DatabaseError.self) {
            try Database(postgreSQL: server.settings(of: "x", port: closed), migrations: [])
        }
        #expect(away?.code == .unreachable && away?.message.contains("127.0.0.1:\(closed)/x does not answer") == true)
        let stranger = #expect(throws: DatabaseError.self) {
            try Database(
                postgreSQL: PostgreSQLSettings(
                    url: "postgres://jetbridge:open@127.0.0.1:\(server.port)/\(PostgreSQLServer.guarded)",
                    password: Secret("wrong")),
                migrations: [])
        }
        #expect(stranger?.code == .cannotOpen && stranger?.message.contains("password") == true)
        expectEqual(stranger?.message.contains("open"), false)
        let missing = #expect(throws: DatabaseError.self) {
            try Database(postgreSQL: server.settings(of: "missing"), migrations: [])
        }
        #expect(missing?.code == .cannotOpen && missing?.message.contains("missing") == true)
    }

    @Test("a new store gets all steps or none, in one transaction; one that is there gets each in its own")
    func newStore() async throws {
        let place = try PostgreSQLServer.shared.database("new_db")
        func step(_ number: Int, _ sql: String) -> Migration { Migration(number: number, name: "\(number)", sql: sql) }
        let more = [step(2, "CREATE TABLE a (x INTEGER)"), step(3, "INSERT INTO a VALUES (1)")]
        let bad = step(4, "SELEC 1")
        let error = #expect(throws: DatabaseError.self) {
            try Database(postgreSQL: place, migrations: Self.migrations + more + [bad])
        }
        #expect(error?.code == .migration && error?.message.contains("step 4 (4)") == true)
        try expectEqual(Database.missing(Self.migrations, postgreSQL: place).count, 1)
        // The time is that of the transaction.
        let times = "SELECT DISTINCT applied_at FROM schema_migrations"
        let new = try Database(postgreSQL: place, migrations: Self.migrations + more)
        try await expectEqual(new.read { try $0.query(times).count }, 1)
        await new.close()
        let later = [step(4, "INSERT INTO a VALUES (2)"), step(5, "INSERT INTO a VALUES (3)")]
        let upgraded = try Database(postgreSQL: place, migrations: Self.migrations + more + later)
        try await expectEqual(upgraded.read { try $0.query(times).count }, 3)
        await upgraded.close()
    }

    @Test("several programs migrate one database at once")
    func migrations() async throws {
        let place = try PostgreSQLServer.shared.database("migrated_db")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let database = try Database(postgreSQL: place, migrations: Self.migrations)
                    await database.close()
                }
            }
            try await group.waitForAll()
        }
        let error = #expect(throws: DatabaseError.self) { try Database(postgreSQL: place, migrations: []) }
        expectEqual(error?.code, .tooNew)
    }
}
