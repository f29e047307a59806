import TestSupport
import Testing

@testable import Database

@Suite("A pooler between the host and PostgreSQL")
struct PoolerTests {
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
