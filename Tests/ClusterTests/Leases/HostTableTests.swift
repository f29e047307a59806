import Database
import Glibc
import Primitives
import Store
import TestSupport
import Testing

@testable import Cluster

/// Against a real server, whose clock and locks decide.
@Suite("Hosts and places in PostgreSQL", .timeLimit(.minutes(2)))
struct HostTableTests {
    private let place: PostgreSQLSettings

    private static let names = Protected(0)

    init() throws {
        let number = Self.names.withLock { number in
            number += 1
            return number
        }
        self.place = try PostgreSQLServer.shared.database("hosts_\(number)")
    }

    /// - Parameter run: Names the program's start; its database sessions carry it.
    private func table(_ host: String, run: String, lease: Duration = .seconds(3)) throws -> HostTable {
        HostTable(
            database: try Database(
                postgreSQL: self.place.named("jetbridge \(run)"), migrations: StoreSchema.migrations,
                settings: DatabaseSettings(readers: 1)),
            host: host, run: run, lease: lease)
    }

    private func store(_ table: HostTable) -> SessionStore { SessionStore(database: table.database) }

    private func fence(_ table: HostTable, _ places: [Place], epoch: Int64) async throws -> Set<Place> {
        try await self.store(table).write { ledger in try table.fence(places, epoch: epoch, in: ledger.connection) }
    }

    private func join(_ table: HostTable) async throws -> (epoch: Int64, places: Set<Place>) {
        try await table.join(version: "1", address: "http://127.0.0.1:1")
    }

    @Test("a place has one host, and only that one passes the fence")
    func fence() async throws {
        let (a, b) = (try self.table("a", run: "r1"), try self.table("b", run: "r2"))
        let (ofA, ofB) = (try await self.join(a).epoch, try await self.join(b).epoch)
        let irc = Place(name: "irc:libera")
        try await expectEqual(a.claim([irc, .gitHub], epoch: ofA), [irc, .gitHub])
        try await expectEqual(b.claim([irc, .janitor], epoch: ofB), [.janitor])
        try await expectEqual(self.fence(a, [irc, .gitHub], epoch: ofA), [])
        try await expectEqual(self.fence(b, [irc, .janitor], epoch: ofB), [irc])
        try await expectEqual(self.fence(a, [irc], epoch: ofA + 1), [irc])
        try await expectEqual(
            a.unserved([irc, .gitHub, .janitor, Place(name: "matrix:home")]), [Place(name: "matrix:home")])
        let hosts = try await b.hosts()
        #expect(hosts.map(\.name) == ["a", "b"] && hosts.map(\.state) == [.live, .live])
        #expect(hosts[0].adapters == ["irc:libera"] && hosts[1].adapters == [])
    }

    @Test("a host whose lease has run out loses its places to one other, and writes nothing old")
    func takeOver() async throws {
        let a = try self.table("a", run: "r1", lease: .milliseconds(300))
        let (b, c) = (try self.table("b", run: "r2"), try self.table("c", run: "r3"))
        let ofA = try await self.join(a).epoch
        let (ofB, ofC) = (try await self.join(b).epoch, try await self.join(c).epoch)
        let places: Set = [Place(name: "irc:libera"), .web("t1"), .janitor]
        _ = try await a.claim(places, epoch: ofA)
        try await expectEqual(b.takeOver("a", ofA, epoch: ofB), [])
        try await PostgreSQLServer.until { try await !b.deadHosts().isEmpty }
        try await expectEqual(b.deadHosts().map(\.host), ["a"])
        async let first = b.takeOver("a", ofA, epoch: ofB)
        async let second = c.takeOver("a", ofA, epoch: ofC)
        let taken = try await (first, second)
        expectEqual([taken.0, taken.1].filter { !$0.isEmpty }, [places])
        try await expectEqual(self.fence(a, Array(places), epoch: ofA), places)
        try await expectEqual(a.renew(epoch: ofA), nil)
        let again = try await self.join(a)
        #expect(again.epoch > ofA && again.places == [])
    }

    @Test("a host that has not renewed its own lease takes nothing: all may have waited for the server")
    func stalled() async throws {
        let lease = Duration.milliseconds(400)
        let (a, b) = (try self.table("a", run: "r1", lease: lease), try self.table("b", run: "r2", lease: lease))
        let (ofA, ofB) = (try await self.join(a).epoch, try await self.join(b).epoch)
        _ = try await a.claim([.janitor], epoch: ofA)
        try await PostgreSQLServer.until { try await !b.deadHosts().isEmpty }
        try await expectEqual(b.takeOver("a", ofA, epoch: ofB), [])
        try await expectEqual(a.renew(epoch: ofA), .live)
        try await PostgreSQLServer.until { try await !b.deadHosts().isEmpty }
        _ = try await b.renew(epoch: ofB)
        try await expectEqual(b.takeOver("a", ofA, epoch: ofB), [.janitor])
    }

    @Test("a take-over waits for a write that has begun, and no later one passes")
    func writeInProgress() async throws {
        let a = try self.table("a", run: "r1", lease: .milliseconds(200))
        let b = try self.table("b", run: "r2")
        let (ofA, ofB) = (try await self.join(a).epoch, try await self.join(b).epoch)
        let irc = Place(name: "irc:libera")
        _ = try await a.claim([irc], epoch: ofA)
        let (isInside, mayGoOn) = (Gate(isOpen: false), Protected(false))
        let written = Protected(false)
        let write = Task {
            try await a.database.write(key: "x") { connection in
                let lost = try a.fence([irc], epoch: ofA, in: connection)
                isInside.setOpen(true)
                while !mayGoOn.withLock({ $0 }) { usleep(1_000) }
                try connection.execute("INSERT INTO floors (name, id) VALUES ('probe', 1)")
                written.withLock { $0 = true }
                return lost
            }
        }
        await isInside.pass()
        try await PostgreSQLServer.until { try await !b.deadHosts().isEmpty }
        let taking = Task {
            let places = try await b.takeOver("a", ofA, epoch: ofB)
            return (places, written.withLock { $0 })
        }
        try await Task.sleep(for: .milliseconds(200))
        mayGoOn.withLock { $0 = true }
        try await expectEqual(write.value, [])
        let (places, wasWritten) = try await taking.value
        #expect(places == [irc] && wasWritten)
        try await expectEqual(self.fence(a, [irc], epoch: ofA), [irc])
    }

    @Test("a second program with the same name is refused while the first is connected")
    func sameName() async throws {
        let first = try self.table("a", run: "r1")
        let ofFirst = try await self.join(first).epoch
        _ = try await first.claim([.janitor], epoch: ofFirst)
        let second = try self.table("a", run: "r2")
        let error = await #expect(throws: HostNameTaken.self) { try await self.join(second) }
        expectEqual(error?.description.contains("cluster.name"), true)
        // After its end the name is free, and its places are still its own.
        await first.database.close()
        try await PostgreSQLServer.until {
            (try? await self.join(second)) != nil
        }
        try await expectEqual(second.hosts().map(\.state), [.live])
    }

    @Test("a host that is killed is found when its sessions end, long before its lease")
    func killed() async throws {
        let a = try self.table("a", run: "r1", lease: .seconds(600))
        let b = try self.table("b", run: "r2")
        let (ofA, ofB) = (try await self.join(a).epoch, try await self.join(b).epoch)
        _ = try await a.claim([.janitor], epoch: ofA)
        #expect(try await b.deadHosts().isEmpty)
        await a.database.close()
        try await PostgreSQLServer.until { try await !b.deadHosts().isEmpty }
        _ = try await b.renew(epoch: ofB)
        try await expectEqual(b.takeOver("a", ofA, epoch: ofB), [.janitor])
        try await expectEqual(b.hosts().map(\.state), [.gone, .live])
    }

    @Test("behind a pooler, whose sessions say nothing of it, a host is dead only after its lease")
    func pooled() async throws {
        let (a, b) = (try self.table("a", run: "\(HostTable.pooled) r1"), try self.table("b", run: "r2"))
        let (ofA, ofB) = (try await self.join(a).epoch, try await self.join(b).epoch)
        _ = try await a.claim([.janitor], epoch: ofA)
        await a.database.close()
        _ = try PostgreSQLServer.shared.run(
            "UPDATE hosts SET renewed_at = renewed_at - 2000 WHERE id = 'a'", in: "hosts_\(Self.names.withLock { $0 })")
        try await expectEqual(b.deadHosts().map(\.host), [])
        _ = try PostgreSQLServer.shared.run(
            "UPDATE hosts SET expires_at = 0 WHERE id = 'a'", in: "hosts_\(Self.names.withLock { $0 })")
        try await expectEqual(b.deadHosts().map(\.host), ["a"])
        _ = try await b.renew(epoch: ofB)
        try await expectEqual(b.takeOver("a", ofA, epoch: ofB), [.janitor])
    }

    @Test("a server that has ended everybody's sessions says nothing of a host that is not back yet")
    func restarted() async throws {
        let a = try self.table("a", run: "r1", lease: .seconds(600))
        let b = try self.table("b", run: "r2")
        let (ofA, ofB) = (try await self.join(a).epoch, try await self.join(b).epoch)
        _ = try await a.claim([.janitor], epoch: ofA)
        try PostgreSQLServer.shared.run(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name LIKE 'jetbridge r_'
            """, in: String(self.place.url.split(separator: "/").last ?? ""))
        try await PostgreSQLServer.until { try await !b.deadHosts().isEmpty }
        _ = try await b.renew(epoch: ofB)
        try await expectEqual(b.takeOver("a", ofA, epoch: ofB), [])
        await a.database.close()
        await b.database.close()
    }

    @Test("places are given to the live host with the fewest")
    func giving() async throws {
        let a = try self.table("a", run: "r1")
        let ofA = try await self.join(a).epoch
        let places: Set = [Place(name: "irc:libera"), .web("t1")]
        _ = try await a.claim(places, epoch: ofA)
        #expect(try await !a.hasHeir())
        #expect(try await !a.give(places, epoch: ofA))
        let (b, c) = (try self.table("b", run: "r2"), try self.table("c", run: "r3"))
        let (ofB, ofC) = (try await self.join(b).epoch, try await self.join(c).epoch)
        _ = try await b.claim([.janitor], epoch: ofB)
        #expect(try await a.set(.draining, of: "a"))
        try await expectEqual(a.renew(epoch: ofA), .draining)
        #expect(try await a.hasHeir())
        #expect(try await a.give(places, epoch: ofA))
        try await expectEqual(c.places(epoch: ofC)?.places, places)
        try await expectEqual(a.places(epoch: ofA)?.places, [])
        try await expectEqual(self.fence(a, Array(places), epoch: ofA), places)
        try await expectEqual(self.fence(c, Array(places), epoch: ofC), [])
        try await expectEqual(a.owner(of: .web("t1"))?.name, "c")
        #expect(try await !a.set(.draining, of: "nobody"))
    }

    @Test("places are read only when they have changed")
    func unchanged() async throws {
        let (a, b) = (try self.table("a", run: "r1"), try self.table("b", run: "r2"))
        let (ofA, ofB) = (try await self.join(a).epoch, try await self.join(b).epoch)
        _ = try await a.claim([.web("t1"), .web("t2")], epoch: ofA)
        let first = try #require(try await a.places(epoch: ofA))
        expectEqual(first.places, [.web("t1"), .web("t2")])
        _ = try await b.claim([.janitor], epoch: ofB)
        try await expectEqual(a.places(epoch: ofA, unless: first.mark)?.places, nil)
        _ = try await a.claim([.web("t3")], epoch: ofA)
        let second = try #require(try await a.places(epoch: ofA, unless: first.mark))
        expectEqual(second.places, [.web("t1"), .web("t2"), .web("t3")])
        try await a.database.write { try $0.execute("DELETE FROM places WHERE place = 'web:t1'") }
        try await expectEqual(a.places(epoch: ofA, unless: second.mark)?.places, [.web("t2"), .web("t3")])
    }

    @Test("10,000 places move at once")
    func many() async throws {
        let a = try self.table("a", run: "r1", lease: .milliseconds(100))
        let b = try self.table("b", run: "r2")
        let (ofA, ofB) = (try await self.join(a).epoch, try await self.join(b).epoch)
        let places = Set((0..<10_000).map { Place.web("t\($0)") })
        _ = try await a.claim(places, epoch: ofA)
        try await PostgreSQLServer.until { try await !b.deadHosts().isEmpty }
        _ = try await b.renew(epoch: ofB)
        try await expectEqual(b.takeOver("a", ofA, epoch: ofB), places)
        try await expectEqual(b.places(epoch: ofB)?.places, places)
    }
}
