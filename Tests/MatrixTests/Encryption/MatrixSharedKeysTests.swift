import Chat
import Database
import Primitives
import Store
import TestSupport
import Testing

@testable import Matrix

/// Keys in a store that hosts share: they follow the network, and only its host uses them.
@Suite("Matrix: keys that hosts share", .timeLimit(.minutes(1)))
struct MatrixSharedKeysTests {
    private let server = KeyServer()
    private let room = "!r:s"
    private let directory: TemporaryDirectory
    private let database: Database

    init() throws {
        self.directory = try TemporaryDirectory()
        try TestFile.makeFolder(self.directory.path)
        self.database = try TestDatabase.open(path: self.directory.path + "/store", migrations: StoreSchema.migrations)
        for user in ["@a:s", "@bot:s"] { self.server.join(user, self.room) }
    }

    /// One host's view of the network.
    private final class Host: Tenancy {
        struct State {
            var hasNetwork = true
            var isPaused = false
        }

        let state = Protected(State())

        func fence(_ places: [Place], in ledger: Ledger) throws {
            if !self.state.withLock({ $0.hasNetwork }) { throw PlaceLost(Set(places)) }
        }

        func mayPost(_ place: Place) -> Bool { self.state.withLock { !$0.isPaused } }
        func wake(_ places: Set<Place>) async {}
    }

    private var files: MatrixKeyFiles {
        MatrixKeyFiles(database: self.directory.path + "/keys", key: self.directory.path + "/key")
    }

    private func keys(_ host: Host = Host(), of account: String = "matrix:home") -> MatrixSharedKeys {
        TestKeys.shared(
            account, in: SessionStore(database: self.database, held: HeldPlaces(host)), takingOver: self.files)
    }

    private func device(_ user: String, _ place: (any MatrixKeyPlace)? = nil) async throws -> KeyDevice {
        let device = try await KeyDevice(user, "D1", on: self.server, place: place)
        try await expectEqual(device.open(), .ready)
        return device
    }

    @Test("a host that takes over goes on as the same device, and reads and writes where the other one stopped")
    func takeOver() async throws {
        let (host, alice) = (Host(), try await self.device("@a:s"))
        let bot = try await self.device("@bot:s", self.keys(host))
        let question = try await alice.say("one", in: self.room, id: "$1")
        try await expectEqual(bot.sync([question]), ["$1": "one"])
        let first = try await bot.say("two", in: self.room, id: "$2", transaction: "t")
        // It has died: nothing of it is stored any more.
        host.state.withLock { $0.hasNetwork = false }
        let next = try await self.device("@bot:s", self.keys())
        await expectEqual(next.encryption.senderKey, bot.encryption.senderKey)
        try await expectEqual(next.say("two", in: self.room, id: "$2", transaction: "t"), first, "a repeat is the same")
        try await expectEqual(next.sync([question]), ["$1": "one"], "the key came to the other host")
        let second = try await next.say("three", in: self.room, id: "$3")
        try await expectEqual(alice.sync([first, second]), ["$2": "two", "$3": "three"])
        try await expectEqual(next.sync([try await alice.say("four", in: self.room, id: "$4")]), ["$4": "four"])
    }

    @Test("after a hand-over in order, the session of the room goes on")
    func handOver() async throws {
        let bot = try await self.device("@bot:s", self.keys())
        let first = try await bot.say("one", in: self.room, id: "$1")
        await bot.encryption.close()
        let next = try await self.device("@bot:s", self.keys())
        try await expectEqual(next.say("two", in: self.room, id: "$2").sessionID, first.sessionID)
    }

    @Test("a store that was restored from a backup of the same run is noticed, and a hand-over is not taken for it")
    func restored() async throws {
        let clock = Protected<Int64>(1_800_000_000_000)
        let bot = try await KeyDevice(
            "@bot:s", "D1", on: self.server, place: self.keys(), clock: { clock.withLock { $0 } })
        try await expectEqual(bot.open(), .ready)
        let backup = try await self.keys().open().fact("stamp")
        clock.withLock { $0 += 3_600_000 }
        try await bot.sync()
        for await errand in await bot.encryption.errands.stream where errand == .stamp {
            await bot.encryption.run(errand)
            break
        }
        let next = try await self.device("@bot:s", self.keys())
        await next.encryption.close()
        expectEqual(backup, "1")
        try await expectEqual(self.keys().open().fact("stamp"), "3")
        // As in the backup; the rest does not matter here.
        try await self.database.write { connection in
            try connection.execute(
                "UPDATE matrix_facts SET value = '1' WHERE account = 'matrix:home' AND name = 'stamp'")
        }
        let restored = try await KeyDevice("@bot:s", "D1", on: self.server, place: self.keys())
        guard case .needsNewDevice(let reason) = try await restored.open() else {
            Issue.record("the old keys are used again")
            return
        }
        #expect(reason.contains("old copy"))
    }

    @Test("a host that has lost the network encrypts nothing, and uses no key that another host has")
    func lost() async throws {
        let (host, alice) = (Host(), try await self.device("@a:s"))
        let bot = try await self.device("@bot:s", self.keys(host))
        let before = try await bot.say("one", in: self.room, id: "$1")
        host.state.withLock { $0.hasNetwork = false }
        let next = try await self.device("@bot:s", self.keys())
        let after = try await next.say("two", in: self.room, id: "$2")
        await #expect(throws: PlaceLost.self) { try await bot.say("stale", in: self.room, id: "$3") }
        // Also when it has the network again: what it knows is older than what the other one has stored.
        host.state.withLock { $0.hasNetwork = true }
        await #expect(throws: PlaceLost.self) { try await bot.say("stale", in: self.room, id: "$3") }
        try await expectEqual(bot.sync([try await alice.say("to whom?", in: self.room, id: "$4")]), [:])
        try await expectEqual(alice.sync([before, after]), ["$1": "one", "$2": "two"])
        host.state.withLock { $0.isPaused = true }
        #expect(!bot.encryption.isHeld)
    }

    @Test("the store shows no key, accounts do not see each other's, and another key of the cluster opens nothing")
    func sealed() async throws {
        let bot = try await self.device("@bot:s", self.keys())
        _ = try await bot.say("one", in: self.room, id: "$1")
        let other = try await self.keys(of: "matrix:other").open()
        #expect(try await other.read { try $0.first("SELECT 1 FROM {device}") == nil })
        let stranger = MatrixSharedKeys(
            of: "matrix:home", sealedWith: Array(repeating: 8, count: 32), takingOver: self.files
        ) { [database] in
            PlaceTables(of: .network(AdapterID("matrix:home")), in: SessionStore(database: database))
        }
        let error = await #expect(throws: MatrixKeyStoreError.self) { _ = try await stranger.open() }
        expectEqual(error?.description.contains("another cluster.key"), true)
        #expect(try await stranger.hasKeys())
        #expect(try await !self.keys(of: "matrix:third").hasKeys())
    }

    @Test("a host that was alone brings its files along: the same device, and its keys still read")
    func files() async throws {
        let alice = try await self.device("@a:s")
        let alone = try await self.device("@bot:s", self.files)
        let question = try await alice.say("one", in: self.room, id: "$1")
        try await expectEqual(alone.sync([question]), ["$1": "one"])
        let key = await alone.encryption.senderKey
        await alone.encryption.close()
        // What a host left that ended in the middle of it.
        try await self.database.write { connection in
            try connection.execute("INSERT INTO matrix_facts (account, name, value) VALUES ('matrix:home', 'x', 'y')")
        }
        let bot = try await self.device("@bot:s", self.keys())
        await expectEqual(bot.encryption.senderKey, key)
        try await expectEqual(bot.sync([question]), ["$1": "one"])
        try await expectEqual(self.keys().open().fact("x"), nil)
        let answer = try await bot.say("two", in: self.room, id: "$2")
        try await expectEqual(alice.sync([answer]), ["$2": "two"])
        // The files are older than the store now.
        let back = try await KeyDevice("@bot:s", "D1", on: self.server, place: self.files)
        guard case .needsNewDevice = try await back.open() else {
            Issue.record("the old files are used again")
            return
        }
    }
}
