import Glibc
import Primitives
import TestSupport
import Testing

@testable import Database

@Suite("Faults of PostgreSQL", .serialized, .timeLimit(.minutes(1)))
struct PostgreSQLFaultTests {
    private static let migrations = [
        Migration(
            number: 1, name: "notes",
            sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, data BLOB);")
    ]
    /// Quick to start, and nothing but a commit writes its log.
    private static let quick = ["fsync=off", "autovacuum=off", "wal_writer_delay=10s", "deadlock_timeout=50ms"]

    /// Of this suite alone, because it is killed.
    private static let server: PostgreSQLServer = {
        do { return try PostgreSQLServer(settings: Self.quick) } catch {
            fatalError("PostgreSQL does not start: \(error)")
        }
    }()

    private static func open(
        _ name: String, ports: Int..., patience: Duration = .seconds(1), settings: DatabaseSettings = .init()
    ) throws -> Database {
        let hosts = ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
        let place = PostgreSQLSettings(
            url: "postgres://jetbridge@\(hosts)/\(name)", password: PostgreSQLServer.password, writers: 5,
            patience: patience)
        return try Database(postgreSQL: place, migrations: self.migrations, settings: settings)
    }

    /// A new database of this suite's server, reached directly.
    private static func direct(_ name: String, patience: Duration = .seconds(1)) throws -> Database {
        _ = try self.server.database(name)
        return try self.open(name, ports: self.server.port, patience: patience)
    }

    /// Two keys with lanes of their own.
    private static func keys(_ database: Database) throws -> (String, String) {
        let others = (1..<100).map { "k\($0)" }
        let lane = database.laneNumber(of: "k0")
        return ("k0", try #require(others.first { database.laneNumber(of: $0) != lane }))
    }

    // MARK: Commits of unknown outcome

    /// Lets the commit of each row with the text `slow` take that long.
    private static func slowCommits(_ seconds: Double, in name: String) throws {
        try self.server.run(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(\(seconds)); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
            WHEN (NEW.text = 'slow') EXECUTE FUNCTION slow()
            """, in: name)
    }

    @Test("a commit without an answer is awaited for as long as it takes, while other writes go on")
    func slowCommit() async throws {
        let database = try Self.direct("slow_db", patience: .milliseconds(300))
        try Self.slowCommits(5.5, in: "slow_db")
        let (key, other) = try Self.keys(database)
        let started = ContinuousClock.now
        let slow = Task { try await database.add("slow", key: key) }
        try await PostgreSQLServer.until { database.doubt != nil }
        for number in 0..<50 { try await database.add("n\(number)", key: other) }
        #expect(database.doubt.map { $0 > .zero } == true && ContinuousClock.now - started < .seconds(5))
        try await slow.value
        expectEqual(database.doubt, nil)
        // It is committed once, after the others that began later.
        try await expectEqual(database.texts().sorted(), ((0..<50).map { "n\($0)" } + ["slow"]).sorted())
        await database.close()
    }

    @Test("closing the store ends the wait for a commit, and says that the outcome is unknown")
    func closing() async throws {
        let database = try Self.direct("closing_db", patience: .milliseconds(300))
        try Self.slowCommits(3, in: "closing_db")
        let slow = Task { try await database.add("slow", key: "a") }
        try await PostgreSQLServer.until { database.doubt != nil }
        let started = ContinuousClock.now
        await database.close()
        #expect(ContinuousClock.now - started < .seconds(2))
        let error = await #expect(throws: DatabaseError.self) { try await slow.value }
        #expect(error?.code == .undecided && error?.isPassing == false)
    }

    @Test("a connection cut at a commit stores the write once", arguments: FaultProxy.Trap.allCases, [false, true])
    func cut(trap: FaultProxy.Trap, isWithCommit: Bool) async throws {
        let name = "cut_\(trap)_\(isWithCommit)".lowercased()
        await (try Self.direct(name)).close()
        let proxy = try await FaultProxy.started(before: Self.server.port)
        let database = try Self.open(name, ports: proxy.port)
        // Spelled out by the first transaction of a connection.
        await proxy.set(trap, at: "COMMIT")
        let runs = Protected(0)
        try await database.write(key: "a") { connection in
            runs.withLock { $0 += 1 }
            if isWithCommit { _ = try connection.query("SELECT 1") }
            try connection.execute("INSERT INTO notes (text) VALUES ('a')")
        }
        #expect(await proxy.isSprung)
        try await expectEqual(database.texts(), ["a"])
        expectEqual(runs.withLock { $0 }, trap == .cutBefore ? 2 : 1)
        await database.close()
        await proxy.stop()
    }

    /// After such a crash the server gives the transaction's number to the next one, which is committed.
    @Test("a server killed at a commit stores the write once", arguments: FaultProxy.Trap.allCases)
    func killed(trap: FaultProxy.Trap) async throws {
        let name = "killed_\(trap)".lowercased()
        await (try Self.direct(name)).close()
        let proxy = try await FaultProxy.started(before: Self.server.port)
        let database = try Self.open(name, ports: proxy.port)
        await proxy.set(trap, at: "COMMIT", then: .refuse)
        let write = Task {
            try await database.write(key: "a") { connection in
                _ = try connection.query("SELECT 1")
                try connection.execute("INSERT INTO notes (text) VALUES ('a')")
            }
        }
        try await PostgreSQLServer.until { await proxy.isSprung && database.doubt != nil }
        try await Self.server.end(SIGKILL)
        try Self.server.start()
        let other = try Self.open(name, ports: Self.server.port, patience: .seconds(2))
        for number in 0..<20 { try await other.add("n\(number)") }
        await proxy.set(.none)
        try await write.value
        try await expectEqual(other.texts().count { $0 == "a" }, 1)
        await database.close()
        await other.close()
        await proxy.stop()
    }

    @Test("what a connection leaves to find its commits by is little")
    func records() async throws {
        let database = try Self.direct("records_db")
        for number in 0..<200 { try await database.add("n\(number)", key: "a") }
        let count = try await database.read { try $0.first("SELECT COUNT(*) AS n FROM store_commits")?.int("n") }
        #expect(try #require(count) <= 64)
        await database.close()
    }

    @Test("a column that a newer program adds disturbs nobody who has prepared the statement")
    func addedColumn() async throws {
        let database = try Self.direct("added_db")
        for number in 0..<2 {
            try await database.add("n\(number)", key: "a")
            try await database.write(key: "a") { connection in
                _ = try connection.query("SELECT * FROM notes FOR UPDATE")
                try connection.execute("UPDATE notes SET data = NULL RETURNING *")
            }
            try await expectEqual(database.read { try $0.query("SELECT * FROM notes").count }, number + 1)
            try Self.server.run("ALTER TABLE notes ADD COLUMN mood\(number) TEXT", in: "added_db")
        }
        await database.close()
    }

    // MARK: Servers that go

    /// Writes from several tasks before, during and after `fault`. Returns what was acknowledged.
    private static func traffic(
        _ database: Database, during fault: () async throws -> Void
    ) async throws -> Set<String> {
        let stored = Protected<Set<String>>([])
        let isOver = Protected(false)
        let writers = (0..<8).map { writer in
            Task {
                var number = 0
                while !isOver.withLock({ $0 }) {
                    let text = "\(writer) \(number)"
                    number += 1
                    do {
                        try await database.write(key: "\(writer)") { connection in
                            _ = try connection.query("SELECT 1")
                            try connection.execute("INSERT INTO notes (text) VALUES ($1)", .text(text))
                        }
                        stored.withLock { _ = $0.insert(text) }
                    } catch let error as DatabaseError {
                        // Nothing was stored; one that had been would now be refused as unique.
                        expectEqual(error.code, .unreachable, "\(error)")
                    }
                }
            }
        }
        func more(_ count: Int) async throws {
            let goal = stored.withLock { $0.count } + count
            try await PostgreSQLServer.until { stored.withLock { $0.count } >= goal }
        }
        try await more(100)
        try await fault()
        try await more(100)
        isOver.withLock { $0 = true }
        for writer in writers { try await writer.value }
        return stored.withLock { $0 }
    }

    @Test(
        "a server that is restarted or killed among writes loses none and stores none twice",
        arguments: [SIGINT, SIGQUIT, SIGKILL])
    func restarted(signal: Int32) async throws {
        let database = try Self.direct("restarted_\(signal)")
        let stored = try await Self.traffic(database) {
            try await Self.server.end(signal)
            try Self.server.start()
        }
        expectEqual(Set(try await database.texts()), stored)
        await database.close()
    }

    @Test("a synchronous standby that takes over has everything that was acknowledged, and the store finds it")
    func failover() async throws {
        let primary = try PostgreSQLServer(settings: Self.quick)
        let standby = try PostgreSQLServer(settings: Self.quick, following: primary)
        try await primary.requireStandby()
        _ = try primary.database("failover_db")
        let database = try Self.open("failover_db", ports: primary.port, standby.port, patience: .seconds(1))
        let stored = try await Self.traffic(database) {
            try await primary.end(SIGKILL)
            try standby.promote()
        }
        expectEqual(Set(try await database.texts()), stored)
        await database.close()
        try await standby.end(SIGINT)
    }

    @Test("a server that does not have the database any more is waited for, as a standby that is behind")
    func behind() async throws {
        let database = try Self.direct("behind_db")
        try await database.add("before", key: "a")
        func rename(_ old: String, to new: String) throws {
            try Self.server.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(old)'", in: "postgres")
            try Self.server.run("ALTER DATABASE \(old) RENAME TO \(new)", in: "postgres")
        }
        try rename("behind_db", to: "away_db")
        try await PostgreSQLServer.until {
            do {
                try await database.add("lost", key: "b")
                return false
            } catch let error as DatabaseError {
                // The first error may still be of the session that has ended.
                expectEqual(error.code, .unreachable, error.message)
                return error.message.contains("\"behind_db\" does not exist")
            }
        }
        try rename("away_db", to: "behind_db")
        try await PostgreSQLServer.until { (try? await database.add("after", key: "b")) != nil }
        try await expectEqual(database.texts(), ["before", "after"])
        await database.close()
    }

    @Test("the servers of an address are tried one by one")
    func addresses() {
        func servers(_ url: String) -> [[String]] {
            PostgreSQLSettings(url: url).servers.map { $0.map { "\($0.key)=\($0.value)" } }
        }
        expectEqual(servers("postgres://a@one/x"), [[]])
        expectEqual(servers("postgres://a@one:1,two:2/x"), [["host=one", "port=1"], ["host=two", "port=2"]])
        expectEqual(
            servers("postgres://a@one,two/x?port=5433"), [["host=one", "port=5433"], ["host=two", "port=5433"]])
    }

    // MARK: Slow and full servers

    @Test("at 250 ms a round trip writes are slow, at 2 s they wait or fail, and what they say is true")
    func slowNetwork() async throws {
        await (try Self.direct("far_db")).close()
        let proxy = try await FaultProxy.started(before: Self.server.port)
        let database = try Self.open("far_db", ports: proxy.port, patience: .milliseconds(2_500))
        try await database.add("near", key: "a")
        await proxy.set(.delay(.milliseconds(125)))
        let started = ContinuousClock.now
        try await database.add("far", key: "a")
        // One round trip for the statements, whose results nobody needs, and one for the commit.
        #expect(ContinuousClock.now - started < .seconds(1))
        // The server ends transactions whose next word takes a second.
        await proxy.set(.delay(.seconds(1)))
        let write = Task { try await database.add("farther", key: "a") }
        try await PostgreSQLServer.until { database.doubt != nil }
        await proxy.set(.none)
        try await write.value
        try await expectEqual(database.texts(), ["near", "far", "farther"])
        await database.close()
        await proxy.stop()
    }

    @Test("a server's full disk is reported, keeps what was acknowledged, and fills again once there is space")
    func fullDisk() async throws {
        let disk = try await SmallDisk(megabytes: 24)
        try Self.server.addTablespace("small", at: disk)
        try Self.server.run("CREATE DATABASE full_db TABLESPACE small", in: "postgres")
        let database = try Self.open("full_db", ports: Self.server.port, patience: .seconds(2))
        @Sendable func add(_ text: String) async throws {
            let data = (0..<100_000).map { _ in UInt8.random(in: 0...255) }
            try await database.write(key: "a") {
                try $0.execute("INSERT INTO notes (text, data) VALUES ($1, $2)", .text(text), .blob(data))
            }
        }
        try await add("before")
        disk.fill()
        var stored = ["before"]
        let error = await #expect(throws: DatabaseError.self) {
            for number in 0..<100 {
                try await add("n\(number)")
                stored.append("n\(number)")
            }
        }
        #expect(error?.code == .full && error?.isPassing == true)
        try await expectEqual(database.texts(), stored)
        disk.free()
        try await add("after")
        try await expectEqual(database.texts(), stored + ["after"])
        await database.close()
        try Self.server.run("DROP DATABASE full_db WITH (FORCE)", in: "postgres")
        try Self.server.run("DROP TABLESPACE small", in: "postgres")
        await disk.remove()
    }
}
