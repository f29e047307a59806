import Chat
import Database
import Logging
import Primitives
import Store
import TestSupport
import Testing

/// What an adapter persists, as a row of the store.
@Suite("Memories in the store", .timeLimit(.minutes(1)))
struct StoredMemoryTests {
    private let directory: TemporaryDirectory
    private let database: Database
    private let adapter = AdapterID("matrix:home")

    init() throws {
        self.directory = try TemporaryDirectory()
        self.database = try TestDatabase.open(path: self.directory.path + "/store", migrations: StoreSchema.migrations)
    }

    private func memory(_ key: String = "key of the hosts", tenancy: any Tenancy = SoleTenancy()) -> StoredMemory {
        StoredMemory(
            of: self.adapter, in: SessionStore(database: self.database, held: HeldPlaces(tenancy)),
            sealedWith: Secret(key), logger: Logger(label: "test"))
    }

    @Test("another host reads what one has saved, and the store shows nothing of it")
    func shared() async throws {
        let secret = Array("a token".utf8)
        await expectEqual(self.memory().load(), nil)
        #expect(await self.memory().save([1]))
        #expect(await self.memory().save(secret))
        await expectEqual(self.memory().load(), secret)
        let id = self.adapter
        let sealed = try await SessionStore(database: self.database).read { ledger in try ledger.memory(of: id) }
        expectEqual(String(decoding: try #require(sealed), as: UTF8.self).contains("token"), false)
    }

    @Test("a host with another key neither reads nor replaces it")
    func otherKey() async {
        #expect(await self.memory().save([1, 2]))
        let other = self.memory("another key")
        await expectEqual(other.load(), nil)
        #expect(await !other.save([3]))
        await expectEqual(self.memory().load(), [1, 2])
    }

    @Test("a host that has lost the network does not replace it")
    func lost() async {
        #expect(await self.memory().save([1]))
        #expect(await !self.memory(tenancy: Elsewhere()).save([2]))
        await expectEqual(self.memory().load(), [1])
    }

    @Test("what began before the host lost the network does not replace it when the host has the network again")
    func earlierHold() async {
        let place = Place.network(self.adapter)
        let held = HeldPlaces(hasAll: false)
        held.take([place])
        func memory() -> StoredMemory {
            StoredMemory(
                of: self.adapter, in: SessionStore(database: self.database, held: held), sealedWith: Secret("key"),
                logger: Logger(label: "test"))
        }
        let first = memory()
        await expectEqual(first.load(), nil)
        #expect(await first.save([1]))
        held.drop([place])
        #expect(await !first.save([2]))
        held.take([place])
        #expect(await !first.save([2]))
        let second = memory()
        await expectEqual(second.load(), [1])
        #expect(await second.save([3]))
    }

    /// Everything belongs to another host.
    private struct Elsewhere: Tenancy {
        func fence(_ places: [Place], in ledger: Ledger) throws { throw PlaceLost(Set(places)) }
        func mayPost(_ place: Place) -> Bool { false }
        func wake(_ places: Set<Place>) async {}
    }
}
