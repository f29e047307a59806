import Database
import Gateway
import Sessions
import TestSupport
import Testing

@testable import Host

@Suite("Readiness", .timeLimit(.minutes(1)))
struct ReadinessTests {
    @Test("the store is not ok on a full disk, and ok again when there is space")
    func fullDisk() async throws {
        let disk = try await SmallDisk(megabytes: 8)
        let database = try Database(path: disk.path + "/jetbridge.sqlite", migrations: Schema.migrations)
        let readiness = HostReadiness.checking(SessionStore(database: database), ScriptedModel(), in: disk.path)
        #expect(await readiness.checks().store == nil)
        disk.fill()
        #expect(await readiness.checks().store?.hasPrefix("the disk is full (0 KB free)") == true)
        disk.free()
        #expect(await readiness.checks().store == nil)
        await database.close()
        await disk.remove()
    }

    @Test("the store is not ok when it cannot be written")
    func failingStore() async throws {
        let directory = try TemporaryDirectory()
        let database = try Database(path: directory.path + "/jetbridge.sqlite", migrations: Schema.migrations)
        let readiness = HostReadiness.checking(SessionStore(database: database), ScriptedModel(), in: directory.path)
        try await database.write { connection in try connection.execute("DROP TABLE floors", []) }
        #expect(await readiness.checks().store != nil)
        await database.close()
    }
}
