import Cluster
import Logging
import NATS
import Primitives
import TestSupport
import Testing

@Suite("Hosts on one NATS server", .timeLimit(.minutes(1)), .serialized)
struct ClusterBusTests {
    /// A host's bus that runs until ``stop()``.
    private final class Host: Sendable {
        let bus: ClusterBus
        private let running: Task<Void, any Error>
        private let woken: Protected<Int>

        init(_ name: String, on url: String, key: String = "key") {
            var settings = NATSSettings(servers: [url])
            settings.connectTimeout = .milliseconds(500)
            settings.reconnectWait = .milliseconds(100)
            let woken = Protected(0)
            self.woken = woken
            let bus = ClusterBus(
                nats: NATSConnection(settings, logger: .silent), key: ClusterKey(Secret(key)), host: name,
                logger: .silent, woken: { woken.withLock { $0 += 1 } })
            self.bus = bus
            self.running = Task { try await bus.run() }
        }

        var wakes: Int { self.woken.withLock { $0 } }

        func waitForWakes(_ count: Int) async throws {
            try await eventually("\(count) wakes have come") { self.wakes >= count }
        }

        func stop() async {
            await self.bus.stop()
            _ = await self.running.result
        }
    }

    @Test("a wake reaches all others, and not oneself; beginning is one, because something may have been missed")
    func wakes() async throws {
        let server = try await NATSServer(hasJetStream: false)
        let hosts = ["a", "b", "c"].map { Host($0, on: server.url) }
        for host in hosts { try await host.waitForWakes(1) }
        hosts[0].bus.wake()
        for host in hosts.dropFirst() { try await host.waitForWakes(2) }
        hosts[1].bus.wake()
        try await hosts[0].waitForWakes(2)
        try await hosts[2].waitForWakes(3)
        expectEqual(hosts.map(\.wakes), [2, 2, 3])
        for host in hosts { await host.stop() }
        await server.stop()
    }

    @Test("who does not have the key wakes nobody, and another cluster on the server is not heard")
    func strangers() async throws {
        let server = try await NATSServer(hasJetStream: false)
        let (a, b) = (Host("a", on: server.url), Host("b", on: server.url))
        let other = Host("a", on: server.url, key: "another key")
        for host in [a, b, other] { try await host.waitForWakes(1) }
        let stranger = NATSConnection(NATSSettings(servers: [server.url]), logger: .silent)
        let running = Task { try await stranger.run() }
        for await delivery in try stranger.subscribe(to: "ready") where delivery == .gap { break }
        let forged = Array(#"{"v":1,"host":"b"}"#.utf8)
        let signature = Array(String(repeating: "A", count: 43).utf8) + [UInt8(ascii: "\n")]
        for bytes in [[], forged, signature + forged] {
            try stranger.publish(bytes, to: "jb.\(ClusterKey(Secret("key")).name).all")
        }
        try await eventually("three messages are refused") { a.bus.counts.forged >= 3 }
        other.bus.wake()
        b.bus.wake()
        try await a.waitForWakes(2)
        #expect(a.wakes == 2 && a.bus.counts.forged == 3 && a.bus.counts.received == 1)
        await stranger.stop()
        _ = await running.result
        for host in [a, b, other] { await host.stop() }
        await server.stop()
    }

    @Test("while NATS is away, wakes are dropped and counted; its return is one")
    func restart() async throws {
        let server = try await NATSServer(hasJetStream: false)
        let (a, b) = (Host("a", on: server.url), Host("b", on: server.url))
        for host in [a, b] { try await host.waitForWakes(1) }
        await server.kill()
        try await eventually("both hosts have lost the bus") { !a.bus.status.isConnected && !b.bus.status.isConnected }
        a.bus.wake()
        #expect(a.bus.counts.unsent == 1 && a.bus.status.lastError != nil)
        try await server.restart()
        for host in [a, b] { try await host.waitForWakes(2) }
        a.bus.wake()
        try await b.waitForWakes(3)
        for host in [a, b] { await host.stop() }
        await server.stop()
    }
}
