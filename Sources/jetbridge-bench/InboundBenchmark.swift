internal import Chat
internal import Database
internal import Delivery
internal import Logging
internal import Metrics
internal import Models
internal import People
internal import Primitives
internal import Sessions
internal import Store
internal import Synchronization
internal import Threads

/// Measures events that are stored durably in the inbox before they are acknowledged.
///
/// Ours: as many deliverers as rooms, each with one event in flight, like an adapter. The bridge is stopped first, so
/// that it stores events but starts no turns: only the path into the inbox is measured. `answered` then measures whole
/// turns of a running bridge. The peer commits each event separately, with the same statement on the same connection.
final class InboundBenchmark: Sendable {
    private let directory: String
    private let rooms: Int
    private let seconds: Int
    private let part: String
    /// Numbers the events, as a network connection does.
    private let counter = Atomic(0)

    init(_ arguments: BenchArguments) throws {
        self.directory = try arguments.text("directory")
        self.rooms = arguments.number("rooms", default: 64)
        self.seconds = arguments.number("seconds", default: 3)
        self.part = arguments.text("part", default: "all")
    }

    func run() async throws {
        switch self.part {
        case "together": BenchOutput.tell("\(try await self.together(1)) events/s")
        case "answered": BenchOutput.tell("\(try await self.answered(1)) turns/s")
        default: try await self.compare()
        }
    }

    private func compare() async throws {
        var ours: [Double] = []
        var peer: [Double] = []
        var turns: [Double] = []
        // Alternating, so that a slow moment of the disk affects all of them.
        for round in 1...BenchRounds.count {
            peer.append(try await self.alone(round))
            ours.append(try await self.together(round))
            turns.append(try await self.answered(round))
        }
        if BenchRounds.areQuiet(("events", ours), ("a commit for each event", peer)) {
            BenchOutput.result(
                "inbound", "durable events, \(self.rooms) rooms", ours: BenchRounds.median(ours),
                peer: BenchRounds.median(peer), peerName: "a commit for each event", unit: "events/s")
        }
        guard BenchRounds.areQuiet(("turns", turns)) else { return }
        BenchOutput.result(
            "inbound", "whole turns, \(self.rooms) rooms", ours: BenchRounds.median(turns), unit: "turns/s")
    }

    private func together(_ round: Int) async throws -> Double {
        let database = try self.database("together\(round)")
        let bridge = self.bridge(on: database)
        await bridge.stop()
        let rate = try await self.rate(deliverers: self.rooms) { room in
            let delivery = try await bridge.deliver(self.event(room: room))
            guard delivery == .stored else { throw BenchFailure("an event was not stored: \(delivery)") }
        }
        try await self.check(database, at: rate.count)
        return rate.perSecond
    }

    private func alone(_ round: Int) async throws -> Double {
        let database = try self.database("alone\(round)")
        let store = SessionStore(database: database)
        let body = Self.body
        let rate = try await self.rate(deliverers: 1) { _ in
            let id = self.nextID()
            let stored = try await store.write { ledger in
                try ledger.insertEvent(id, adapter: SilentAdapter.id, body: body, role: .member, at: 1_000)
            }
            guard stored != nil else { throw BenchFailure("an event was not stored") }
        }
        try await self.check(database, at: rate.count)
        return rate.perSecond
    }

    /// Events with complete turns: session, question, turn, answer and outbox stored, and the answer posted.
    private func answered(_ round: Int) async throws -> Double {
        let database = try self.database("answered\(round)")
        let bridge = self.bridge(on: database)
        let rate = try await self.rate(deliverers: self.rooms) { room in
            let event = self.event(room: room)
            guard let submission = try await bridge.submit(event) else { throw BenchFailure("an event was ignored") }
            let live = try await bridge.hub.subscribe(toOperation: submission.operation, after: 0)
            for await frame in live.frames where frame.isLast { break }
        }
        await bridge.stop()
        await database.close()
        return rate.perSecond
    }

    // MARK: Helpers

    private func rate(
        deliverers: Int, _ deliver: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> (perSecond: Double, count: Int) {
        let clock = ContinuousClock()
        let started = clock.now
        let deadline = started + .seconds(self.seconds)
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for room in 0..<deliverers {
                group.addTask {
                    var number = 0
                    while clock.now < deadline {
                        try await deliver(room)
                        number += 1
                    }
                    return number
                }
            }
            return try await group.reduce(0, +)
        }
        return (Double(count) / ((clock.now - started) / .seconds(1)), count)
    }

    private func check(_ database: Database, at count: Int) async throws {
        let stored = try await database.read { connection in
            try connection.query("SELECT COUNT(*) AS n FROM inbox", []).first?["n"].int64 ?? 0
        }
        guard stored == count else { throw BenchFailure("\(count) events were acknowledged but \(stored) are stored") }
        await database.close()
    }

    private func database(_ name: String) throws -> Database {
        try Database(path: "\(self.directory)/\(name).sqlite", migrations: StoreSchema.migrations)
    }

    private func bridge(on database: Database) -> Bridge {
        Bridge(
            store: SessionStore(database: database), adapters: AdapterRegistry([SilentAdapter()]),
            workers: [.chat: InstantWorker()],
            models: ModelDirectory(defaultModel: "instant", provider: "bench") { [] },
            policy: AccessPolicy(owners: [Self.sender.id]),
            environment: BridgeEnvironment(
                settings: BridgeSettings(publicURL: "http://127.0.0.1:8787", drainTimeout: .seconds(1)),
                logger: Logger(label: "bench"), metrics: Metrics(), now: BenchClock.now))
    }

    private static let sender = Sender(
        id: "bench/alice", identities: [Identity("bench/alice")], displayName: "alice")

    /// In the form that the IRC adapter generates if the server sends no ids.
    private func nextID() -> String {
        "0123456789abcdef-\(self.counter.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    private func event(room: Int) -> InboundEvent {
        let name = "#room\(room)"
        let message = InboundMessage(
            thread: ThreadKey(adapter: SilentAdapter.id, value: "\(name)/alice"),
            route: Route(room: RoomID(adapter: SilentAdapter.id, name: name), addressee: "alice"), sender: Self.sender,
            text: "How long does a message of ordinary length take until it is safe on the disk?", sentAt: 1_000,
            isDirect: false, isAddressed: true)
        return InboundEvent(id: self.nextID(), adapter: SilentAdapter.id, kind: .message(message))
    }

    /// As long as the body that the bridge stores for an event.
    private static let body = String(repeating: "x", count: 370)
}
