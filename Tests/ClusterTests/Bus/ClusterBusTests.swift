import Cluster
import JSON
import Logging
import NATS
import Primitives
import TestSupport
import Testing

@Suite("Hosts on one NATS server", .timeLimit(.minutes(1)), .serialized)
struct ClusterBusTests {
    /// A host's bus that runs until ``stop()``.
    private struct Host {
        let bus: ClusterBus
        let nats: NATSConnection
        private let running: Task<Void, any Error>

        init(
            _ name: String, on server: NATSServer, key: String = "key",
            answer: @escaping @Sendable (BusRequest, String) async -> BusReply = { _, _ in .refused("no") }
        ) async throws {
            let nats = NATSConnection(NATSSettings(servers: [server.url]), logger: .silent)
            let bus = ClusterBus(
                nats: nats, key: ClusterKey(Secret(key)), host: name, logger: .silent, answer: answer)
            self.nats = nats
            self.bus = bus
            self.running = Task { try await bus.run() }
            // The bus subscribes before it connects, so its own subscription is in effect after this.
            for await delivery in try nats.subscribe("ready") where delivery == .gap { break }
        }

        func stop() async {
            await self.bus.stop()
            _ = await self.running.result
        }
    }

    @Test("an inbox row, frames and news reach the other hosts, and not the one that tells them")
    func events() async throws {
        let server = try await NATSServer()
        let (a, b) = (try await Host("host-a", on: server), try await Host("host-b", on: server))
        var wakes = b.bus.wakes().makeAsyncIterator()
        var own = a.bus.wakes().makeAsyncIterator()
        var frames = b.bus.frames(ofSession: "t_1").makeAsyncIterator()
        var news = try b.bus.news().makeAsyncIterator()
        #expect(await wakes.next() == .gap)
        #expect(await own.next() == .gap)
        #expect(await frames.next() == .gap)
        #expect(await news.next() == .gap)

        // Both hosts may say that row 7 is stored; it is delivered once.
        for _ in 0..<2 { a.bus.post(.stored(place: "irc:libera", number: 7)) }
        a.bus.post(.stored(place: "web:t_1", number: 8))
        #expect(await wakes.next() == .event(.stored(place: "irc:libera", number: 7), host: "host-a"))
        #expect(await wakes.next() == .event(.stored(place: "web:t_1", number: 8), host: "host-a"))
        b.bus.post(.stored(place: "irc:libera", number: 9))
        #expect(await own.next() == .event(.stored(place: "irc:libera", number: 9), host: "host-b"))

        let batch = try #require(
            BusFrames(turn: "o_1", [.init(sequence: 1, kind: "text", content: "hello", timestamp: 1)]))
        a.bus.post(.live(session: "t_2", batch))
        a.bus.post(.live(session: "t_1", batch))
        #expect(await frames.next() == .event(.live(session: "t_1", batch), host: "host-a"))

        let lease = BusEvent.leaseTaken(place: "irc:libera", host: "host-a", epoch: 3)
        for event in [.policyChanged, .roomRenamed(adapter: "matrix:home", from: "!a", to: "!b"), lease] {
            a.bus.post(event)
            #expect(await news.next() == .event(event, host: "host-a"))
        }
        #expect(a.bus.counts.unsent == 0)
        await a.stop()
        await b.stop()
        await server.stop()
    }

    @Test("a request is answered by the host it names; an absent one is reported at once")
    func requests() async throws {
        let server = try await NATSServer()
        let a = try await Host("host-a", on: server)
        let b = try await Host("host:b", on: server) { request, host in
            guard case .stop(_, let turn, "alice") = request else { return .refused("not yours") }
            return .done(["turn": .string(turn), "for": .string(host)])
        }
        let stop = BusRequest.stop(session: "t_1", turn: "o_1", person: "alice")
        #expect(try await a.bus.ask("host:b", to: stop) == .done(["turn": "o_1", "for": "host-a"]))
        #expect(try await a.bus.ask("host:b", to: .take(place: "x", inboxNumber: 1)) == .refused("not yours"))
        let error = await #expect(throws: BusError.self) { try await a.bus.ask("host-c", to: stop) }
        #expect(error?.code == .unreachable)
        // More at once than are answered at once.
        let count = try await withThrowingTaskGroup(of: BusReply.self) { group in
            for _ in 0..<300 { group.addTask { try await a.bus.ask("host:b", to: stop, within: .seconds(10)) } }
            return try await group.reduce(0) { $1 == .refused("not yours") ? $0 : $0 + 1 }
        }
        #expect(count == 300)
        await a.stop()
        await b.stop()
        await server.stop()
    }

    @Test("who does not have the key stops no turn and wakes nobody")
    func strangers() async throws {
        let server = try await NATSServer()
        let asked = Protected(0)
        let a = try await Host("host-a", on: server) { _, _ in
            asked.withLock { $0 += 1 }
            return .done(.null)
        }
        var news = try a.bus.news().makeAsyncIterator()
        #expect(await news.next() == .gap)
        let name = ClusterKey(Secret("key")).name
        let stranger = NATSConnection(NATSSettings(servers: [server.url]), logger: .silent)
        let running = Task { try await stranger.run() }
        for await delivery in try stranger.subscribe("ready") where delivery == .gap { break }
        let forged = Array(#"{"v":1,"host":"host-b","id":"1","content":{"kind":"policy"}}"#.utf8)
        let signature = Array(String(repeating: "A", count: 43).utf8) + [UInt8(ascii: "\n")]
        for bytes in [[], forged, signature + forged] {
            try stranger.publish(bytes, to: "jb.\(name).all")
            let error = await #expect(throws: NATSError.self) {
                try await stranger.request(bytes, to: "jb.\(name).host.host-a", within: .milliseconds(100))
            }
            #expect(error?.code == .timeout)
        }
        // Another cluster on the same server is not heard either, nor disturbed.
        let other = try await Host("host-a", on: server, key: "another key")
        let b = try await Host("host-b", on: server)
        other.bus.post(.policyChanged)
        b.bus.post(.policyChanged)
        #expect(await news.next() == .event(.policyChanged, host: "host-b"))
        #expect(a.bus.counts.forged == 6 && asked.withLock { $0 } == 0)
        await stranger.stop()
        _ = await running.result
        for host in [a, b, other] { await host.stop() }
        await server.stop()
    }

    @Test("a restart of NATS with an empty store is a gap, and then everything works again")
    func restart() async throws {
        let server = try await NATSServer()
        let (a, b) = (try await Host("host-a", on: server), try await Host("host-b", on: server))
        var wakes = b.bus.wakes().makeAsyncIterator()
        #expect(await wakes.next() == .gap)
        await server.kill()
        a.bus.post(.stored(place: "irc:libera", number: 1))
        try await server.restart(isEmpty: true)
        #expect(await wakes.next() == .gap)
        for await delivery in try a.nats.subscribe("ready") where delivery == .gap { break }
        a.bus.post(.stored(place: "irc:libera", number: 2))
        #expect(await wakes.next() == .event(.stored(place: "irc:libera", number: 2), host: "host-a"))
        await a.stop()
        await b.stop()
        await server.stop()
    }

    @Test("without NATS it does nothing, says so, and ends when it is asked to")
    func none() async throws {
        let bus = ClusterBus(
            nats: nil, key: ClusterKey(Secret("key")), host: "host-a", logger: .silent,
            answer: { _, _ in .done(.null) })
        let running = Task { try await bus.run() }
        #expect(bus.status == nil)
        bus.post(.policyChanged)
        let error = await #expect(throws: BusError.self) {
            try await bus.ask("host-b", to: .take(place: "x", inboxNumber: 1))
        }
        #expect(error?.code == .notConfigured)
        let reader = Task {
            var iterator = bus.wakes().makeAsyncIterator()
            return await iterator.next()
        }
        reader.cancel()
        #expect(await reader.value == nil)
        await bus.stop()
        try await running.value
        #expect(bus.counts.sent == 0 && bus.counts.unsent == 0)
    }
}
