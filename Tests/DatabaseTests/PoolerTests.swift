import TestSupport
import Testing

@testable import Database

@Suite("A pooler between the host and PostgreSQL")
struct PoolerTests {
    private static let migrations = [
        Migration(number: 1, name: "notes", sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE)")
    ]

    @Test(
        "writes and reads work, whatever session each transaction gets",
        arguments: [PgBouncer.Mode.session, .transaction])
    func transactions(mode: PgBouncer.Mode) async throws {
        let server = PostgreSQLServer.shared
        let name = "pooler_\(mode)"
        _ = try server.database(name)
        // Fewer sessions than there are writers and readers, except where each needs its own.
        let pooler = try await PgBouncer(before: server.port, mode: mode, sessions: mode == .session ? 20 : 3)
        let direct = try Database(postgreSQL: server.settings(of: name), migrations: Self.migrations)
        let database = try Database(
            postgreSQL: server.settings(of: name, port: pooler.port), migrations: Self.migrations)
        var own = server.settings(of: name, port: pooler.port)
        own.sharesSessions = false
        // Whoever depends on its sessions is refused where it does not keep them, by the errors below.
        let claiming = try Database(
            postgreSQL: own, migrations: Self.migrations, settings: DatabaseSettings(readers: 1))
        #expect(database.isPooled && !direct.isPooled && !claiming.isPooled)
        await claiming.close()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for number in 0..<20 {
                        let text = "\(writer) \(number)"
                        try await database.write(key: "\(writer)") { connection in
                            try connection.execute("INSERT INTO notes (text) VALUES ($1)", .text(text))
                            // An error of a part ends nothing else.
                            try? connection.savepoint {
                                try connection.execute("INSERT INTO notes (text) VALUES ($1)", .text(text))
                            }
                        }
                        let found = try await database.read { connection in
                            try connection.first("SELECT COUNT(*) AS n FROM notes WHERE text = $1", .text(text))?.int(
                                "n")
                        }
                        expectEqual(found, 1)
                    }
                }
            }
            try await group.waitForAll()
        }
        let rows = try await direct.read { try $0.first("SELECT COUNT(*) AS n FROM notes")?.int("n") }
        expectEqual(rows, 160)
        // The server ends a transaction that stops.
        let limit = "SELECT current_setting('idle_in_transaction_session_timeout') AS value"
        try await expectEqual(database.read { try $0.first(limit)?.text("value") }, "1s")
        await database.close()
        await direct.close()
        await pooler.stop()
    }

    /// What a session says that has other statements than the one that made them.
    @Test(
        "that changes the session between transactions is named, with what to set",
        arguments: [("42P05", ["PREPARE s AS SELECT 1", "PREPARE s AS SELECT 1"]), ("26000", ["EXECUTE s"])])
    func named(state: String, statements: [String]) async throws {
        let database = try Database(
            postgreSQL: PostgreSQLServer.shared.database("pooler_\(state.lowercased())"), migrations: [],
            settings: DatabaseSettings())
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write { connection in for text in statements { try connection.execute(text) } }
        }
        #expect(error?.code == .cannotOpen)
        #expect(error?.message.contains("SQLSTATE \(state)") == true)
        #expect(error?.message.contains("pool_mode = session") == true)
    }
}
