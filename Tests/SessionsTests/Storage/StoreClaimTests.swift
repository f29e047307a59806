import Database
import Primitives
import Store
import TestSupport
import Testing

@Suite("One host for a database", .timeLimit(.minutes(1)))
struct StoreClaimTests {
    @Test("a second host is refused until the first has gone")
    func second() async throws {
        // The shared one ends sessions that are idle.
        let server = try PostgreSQLServer()
        let place = try server.database("claimed")
        func open() throws -> SessionStore {
            SessionStore(database: try Database(postgreSQL: place, migrations: StoreSchema.migrations))
        }
        let (first, second) = (try open(), try open())
        let claim = try #require(StoreClaim(first))
        try await claim.take()
        try await claim.take()
        let other = try #require(StoreClaim(second))
        let error = await #expect(throws: HostError.self) { try await other.take() }
        expectEqual(error?.message.contains("claimed, and only one may at a time"), true)
        await first.database.close()
        try await other.take()
        await second.database.close()
    }

    @Test("a file needs no claim")
    func file() throws {
        let directory = try TemporaryDirectory()
        let database = try Database(path: directory.path + "/store", migrations: StoreSchema.migrations)
        #expect(StoreClaim(SessionStore(database: database)) == nil)
    }
}
