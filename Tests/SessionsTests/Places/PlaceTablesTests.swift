import Chat
import Database
import Primitives
import Store
import TestSupport
import Testing

@Suite("Tables of a place", .timeLimit(.minutes(1)))
struct PlaceTablesTests {
    private let place = Place.network(AdapterID("matrix:home"))

    @Test("only the host that has the place writes, and only what it has opened since it has it")
    func holds() async throws {
        let directory = try TemporaryDirectory()
        let database = try TestDatabase.open(path: directory.path + "/store", migrations: StoreSchema.migrations)
        let places = TestPlaces()
        places.give(self.place, to: "a")
        let tenancy = places.tenancy(of: "a")
        let held = HeldPlaces(tenancy, hasAll: false)
        let store = SessionStore(database: database, held: held)
        func write(_ tables: PlaceTables) async throws {
            try await tables.commit { try $0.execute("INSERT INTO github_pushes (sha, created_at) VALUES ('a', 1)") }
        }
        let early = PlaceTables(of: self.place, in: store)
        #expect(!early.isHeld)
        await #expect(throws: PlaceLost.self) { try await write(early) }
        held.take([self.place])
        let first = PlaceTables(of: self.place, in: store)
        #expect(first.isHeld)
        // The lease has run out, as far as this host knows.
        tenancy.setMayPost(false)
        #expect(!first.isHeld)
        tenancy.setMayPost(true)
        // Another host has it meanwhile.
        places.give(self.place, to: "b")
        await #expect(throws: PlaceLost.self) { try await write(first) }
        places.give(self.place, to: "a")
        held.take([self.place])
        #expect(!first.isHeld)
        await #expect(throws: PlaceLost.self) { try await write(first) }
        try await write(PlaceTables(of: self.place, in: store))
        try await expectEqual(
            first.read { try $0.first("SELECT COUNT(*) AS count FROM github_pushes")?.int("count") }, 1)
    }
}
