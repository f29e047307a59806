import Database
import Gateway
import Lifecycle
import Objects
import Primitives
import Store
import TestSupport
import Testing

@testable import Host

@Suite("Readiness", .timeLimit(.minutes(1)))
struct ReadinessTests {
    @Test("the store is not ok on a full disk, and ok again when there is space")
    func fullDisk() async throws {
        let disk = try await SmallDisk(megabytes: 8)
        let database = try Database(path: disk.path + "/jetbridge.sqlite", migrations: StoreSchema.migrations)
        let readiness = HostReadiness.checking(SessionStore(database: database), ScriptedModel(), in: disk.path)
        await expectEqual(readiness.checks().store, nil)
        disk.fill()
        await expectEqual(readiness.checks().store?.hasPrefix("the disk is full (0 KB free)"), true)
        disk.free()
        await expectEqual(readiness.checks().store, nil)
        await database.close()
        await disk.remove()
    }

    @Test("the store is not ok when it cannot be written")
    func failingStore() async throws {
        let directory = try TemporaryDirectory()
        let database = try Database(path: directory.path + "/jetbridge.sqlite", migrations: StoreSchema.migrations)
        let readiness = HostReadiness.checking(SessionStore(database: database), ScriptedModel(), in: directory.path)
        try await database.write { connection in try connection.execute("DROP TABLE floors", []) }
        #expect(await readiness.checks().store != nil)
        await database.close()
    }

    @Test("a store that does not answer is reported in time, and one check waits for it")
    func silentStore() async throws {
        let runs = Protected(0)
        let (gate, checking) = (Signal(), Signal())
        let check = CachedCheck(lifetime: .milliseconds(1), within: .milliseconds(50), otherwise: "late") {
            runs.withLock { $0 += 1 }
            checking.signal()
            await gate.wait()
        }
        async let first = check.result()
        async let second = check.result()
        await expectEqual([first, second], ["late", "late"])
        await checking.wait()
        #expect(await check.result() == "late" && runs.withLock { $0 } == 1)
        // What comes too late does not count: otherwise it would be ready each second time.
        gate.signal()
        async let next = check.result()
        await expectEqual(next, "late")
    }

    private struct FailingObjects: ObjectStore {
        let name = "a bucket"

        func place(of key: String) -> String { key }

        func put(_ content: ObjectContent, at key: String, ifAbsent: Bool) async throws -> Bool { false }

        func get(_ key: String, range: Range<Int>?) async throws -> ObjectBytes? { nil }

        func facts(of key: String) async throws -> ObjectFacts? {
            throw ObjectStoreError(.unavailable, "the bucket is gone")
        }

        func page(below prefix: String, after token: String?) async throws -> ObjectPage {
            throw ObjectStoreError(.invalid, "nobody lists it")
        }

        func copy(_ key: String, to other: String) async throws -> Bool { false }

        func delete(_ key: String) async throws {}
    }

    @Test("the object store is reported only where there is one")
    func withObjects() async throws {
        let directory = try TemporaryDirectory()
        let database = try Database(path: directory.path + "/jetbridge.sqlite", migrations: StoreSchema.migrations)
        let store = SessionStore(database: database)
        let alone = HostReadiness.checking(store, ScriptedModel(), in: directory.path)
        let isAbsent = await alone.checks().objects == nil
        #expect(isAbsent)
        let readiness = HostReadiness.checking(store, ScriptedModel(), in: directory.path, objects: FailingObjects())
        await expectEqual(readiness.checks().objects?.problem, "the bucket is gone")
        await database.close()
    }

    @Test("a server that is silent makes the store not ok within its limit")
    func silentServer() async throws {
        let server = PostgreSQLServer.shared
        _ = try server.database("readiness_db")
        let proxy = try await FaultProxy.started(before: server.port)
        let database = try Database(
            postgreSQL: server.settings(of: "readiness_db", port: proxy.port), migrations: StoreSchema.migrations)
        let directory = try TemporaryDirectory()
        let readiness = HostReadiness.checking(SessionStore(database: database), ScriptedModel(), in: directory.path)
        await proxy.set(.hold)
        let started = ContinuousClock.now
        let problem = await readiness.checks().store
        expectEqual(problem, "the store \(database.name) has not answered within 2 s")
        #expect(ContinuousClock.now - started < .seconds(3))
        await proxy.set(.none)
        await database.close()
        await proxy.stop()
    }
}
