import Cluster
import Database
import Primitives
import TestSupport
import Testing

@Suite("Hosts that wake each other by PostgreSQL", .timeLimit(.minutes(1)), .serialized)
struct ClusterBusTests {
    /// A host's bus that runs until ``stop()``.
    private final class Host: Sendable {
        let bus: ClusterBus
        private let database: Database
        private let running: Task<Void, any Error>
        private let woken: Protected<Int>

        /// - Parameter port: Of what is between the host's ear and the server.
        init(
            _ name: String, at place: String, key: String = "key", port: Int? = nil,
            patience: Duration = .seconds(5)
        ) async throws {
            let server = PostgreSQLServer.shared
            self.database = try Database(postgreSQL: server.settings(of: place), migrations: [])
            let woken = Protected(0)
            self.woken = woken
            let bus = ClusterBus(
                server.settings(of: place, port: port), database: self.database, key: ClusterKey(Secret(key)),
                host: name, logger: .silent, pause: .seconds(600), patience: patience,
                woken: { woken.withLock { $0 += 1 } })
            self.bus = bus
            self.running = Task { try await bus.run() }
            _ = await bus.problem(within: .seconds(20))
        }

        var wakes: Int { self.woken.withLock { $0 } }

        /// Waits until it has heard others so many times.
        func hear(_ count: Int, line: Int = #line) async throws {
            try await eventually("\(count) wakes have come, line \(line)") { self.bus.counts.received >= count }
            expectEqual(self.bus.counts.received, count, "line \(line)")
        }

        func stop() async {
            await self.bus.stop()
            _ = await self.running.result
            await self.database.close()
        }
    }

    private static let names = Protected(0)

    /// A database of its own.
    private let place: String

    init() throws {
        let number = Self.names.withLock { number in
            number += 1
            return number
        }
        self.place = "bus_\(number)"
        _ = try PostgreSQLServer.shared.database(self.place)
    }

    private func run(_ sql: String) throws { try PostgreSQLServer.shared.run(sql, in: self.place) }

    /// Ends the sessions that listen, and keeps new ones away until ``admit()``.
    private func deafen() throws {
        try PostgreSQLServer.shared.run(
            [
                "ALTER DATABASE \(self.place) ALLOW_CONNECTIONS false",
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = '\(self.place)' AND application_name = '\(ClusterBus.application)'
                """,
            ], in: "postgres")
    }

    private func admit() throws {
        try PostgreSQLServer.shared.run("ALTER DATABASE \(self.place) ALLOW_CONNECTIONS true", in: "postgres")
    }

    @Test("a wake reaches all others, and not oneself; beginning is one, because something may have been missed")
    func wakes() async throws {
        let a = try await Host("a", at: self.place)
        let b = try await Host("b", at: self.place)
        let c = try await Host("c", at: self.place)
        expectEqual([a, b, c].map(\.bus.problem), [nil, nil, nil])
        try await a.hear(2)
        try await b.hear(1)
        a.bus.wake()
        try await b.hear(2)
        try await c.hear(1)
        b.bus.wake()
        try await a.hear(3)
        try await c.hear(2)
        expectEqual([a, b, c].map(\.wakes), [4, 3, 3])
        for host in [a, b, c] { await host.stop() }
    }

    @Test("many wakes at once are said together")
    func coalescing() async throws {
        let (a, b) = (try await Host("a", at: self.place), try await Host("b", at: self.place))
        for _ in 0..<10_000 { a.bus.wake() }
        try await eventually("the last one is said") { a.bus.counts.sent >= 2 && b.bus.counts.received >= 1 }
        #expect(a.bus.counts.sent < 1_000 && a.bus.counts.unsent == 0)
        for host in [a, b] { await host.stop() }
    }

    @Test("who does not have the key wakes nobody, and another cluster in the database is not heard")
    func strangers() async throws {
        let (a, b) = (try await Host("a", at: self.place), try await Host("b", at: self.place))
        let other = try await Host("a", at: self.place, key: "another key")
        try await a.hear(1)
        let channel = "jetbridge_\(ClusterKey(Secret("key")).name)"
        let forged = #"{"v":1,"host":"b"}"#
        let signature = String(repeating: "A", count: 43)
        for text in ["''", "'\(forged)'", "E'\(signature)\\n\(forged)'", "repeat('A', 7999)"] {
            try self.run("SELECT pg_notify('\(channel)', \(text))")
        }
        try await eventually("four messages are refused") { a.bus.counts.refused >= 4 }
        other.bus.wake()
        b.bus.wake()
        try await a.hear(2)
        #expect(a.wakes == 3 && a.bus.counts.refused == 4 && a.bus.problem == nil)
        for host in [a, b, other] { await host.stop() }
    }

    @Test("a session that ends is opened again, which counts as a wake")
    func ended() async throws {
        let (a, b) = (try await Host("a", at: self.place), try await Host("b", at: self.place))
        let before = [a.wakes, b.wakes]
        try self.deafen()
        for host in [a, b] {
            try await eventually("the end is seen") { host.bus.problem?.contains("not heard") == true }
        }
        try self.admit()
        for host in [a, b] { try await eventually("it hears again") { host.bus.problem == nil } }
        #expect(a.wakes > before[0] && b.wakes > before[1])
        let heard = b.bus.counts.received
        a.bus.wake()
        try await eventually("the other is woken") { b.bus.counts.received > heard }
        for host in [a, b] { await host.stop() }
    }

    @Test("a session behind a network that swallows everything is noticed, and opened again")
    func swallowed() async throws {
        let proxy = try await FaultProxy.started(before: PostgreSQLServer.shared.port)
        let host = try await Host("a", at: self.place, port: proxy.port, patience: .milliseconds(500))
        try await eventually("it hears") { host.bus.problem == nil }
        await proxy.set(.swallow, ofConnection: 0)
        host.bus.wake()
        try await eventually("it says so") { host.bus.problem?.contains("has not come back") == true }
        try await eventually("it hears again") { host.bus.problem == nil }
        await host.stop()
        await proxy.stop()
    }

    @Test("a pooler that gives each transaction another session is named, with what to set")
    func transactions() async throws {
        let pooler = try await PgBouncer(before: PostgreSQLServer.shared.port, mode: .transaction)
        let host = try await Host("a", at: self.place, port: pooler.port, patience: .milliseconds(500))
        try await eventually("it says so") { host.bus.problem?.contains("set pool_mode = session") == true }
        // It says what it has to say all the same.
        let direct = try await Host("b", at: self.place)
        host.bus.wake()
        try await eventually("the other one hears it") { direct.bus.counts.received > 0 }
        #expect(direct.bus.problem == nil)
        for host in [host, direct] { await host.stop() }
        await pooler.stop()
    }

    @Test("a pooler with a session for each client makes no difference to the hosts")
    func sessions() async throws {
        let pooler = try await PgBouncer(before: PostgreSQLServer.shared.port, mode: .session)
        let host = try await Host("a", at: self.place, port: pooler.port)
        let other = try await Host("b", at: self.place, port: pooler.port)
        #expect(host.bus.problem == nil && other.bus.problem == nil)
        other.bus.wake()
        try await host.hear(2)
        for host in [host, other] { await host.stop() }
        await pooler.stop()
    }
}
