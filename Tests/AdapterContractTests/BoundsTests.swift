import Chat
import Database
import Glibc
import Logging
import Metrics
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Threads

/// Serialized, because they measure the memory of the process.
@Suite("Contract: bounds", .serialized, .timeLimit(.minutes(3)))
struct BoundsTests {
    /// How many messages are for the bot: real servers need time for each message.
    private struct Load {
        let people: Int
        let waves: Int

        init(_ kind: NetworkKind) {
            switch kind {
            case .matrix, .matrixEncrypted: (self.people, self.waves) = (10, 5)
            case .slack, .slackEdits, .irc, .telegram: (self.people, self.waves) = (20, 20)
            // With many people each history stays short; long histories cost time.
            case .editing, .appending, .rich, .web: (self.people, self.waves) = (100, 20)
            }
        }

        var chatterInWave: Int { (10_000 - self.people * self.waves) / self.waves }
    }

    @Test(
        "memory does not grow after the first fifth of 10,000 messages through one room",
        // How Slack shows growing answers makes no difference here.
        arguments: NetworkKind.allCases.filter { $0 != .slackEdits })
    func memory(_ kind: NetworkKind) async throws {
        let load = Load(kind)
        let people = (0..<load.people).map { "person\($0)" }
        let worker = ContractWorker { [.text("Answer to \($0).")] }
        try await ContractBench.run(kind, people: people, worker: worker) { bench in
            var early = 0
            for wave in 0..<load.waves {
                if wave == max(1, load.waves / 5) { early = ProcessTable.residentMemory(of: getpid()) }
                try await bench.network.chatter(load.chatterInWave)
                try await self.ask(people, wave, bench)
            }
            let late = ProcessTable.residentMemory(of: getpid())
            expectEqual(worker.count, load.people * load.waves)
            #expect(late - early < 6 << 20, "grew by \((late - early) >> 10) KB")
        }
    }

    private func ask(_ people: [String], _ wave: Int, _ bench: ContractBench) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for person in people { group.addTask { try await bench.say("wave \(wave)", as: person) } }
            try await group.waitForAll()
        }
        _ = try await bench.settled()
        let shown = try await bench.network.shown()
        expectEqual(shown.map(\.person).sorted(), people.sorted(), "\(shown.filter { $0.person.isEmpty }.map(\.text))")
        #expect(shown.allSatisfy { $0.text == "Answer to wave \(wave)." })
        try await bench.network.forget()
    }

    @Test("a lane that cannot send keeps a bounded part of its outbox in memory and sends everything later")
    func lane() async throws {
        let directory = try TemporaryDirectory()
        let adapter = FakeAdapter()
        let database = try Database(path: directory.path + "/jetbridge.sqlite", migrations: StoreSchema.migrations)
        let store = SessionStore(database: database)
        let room = RoomID(adapter: adapter.id, name: FakeNetwork.room)
        let lane = Lane(
            room: room, adapter: adapter, store: store,
            environment: BridgeEnvironment(
                settings: BridgeSettings(publicURL: "http://127.0.0.1:8787"), logger: ContractBench.logger,
                metrics: Metrics(), now: { ContractBench.now }),
            reactions: BotReactions(adapters: AdapterRegistry([adapter])))
        adapter.setHolding(true)
        let texts = (0..<1_000).map { "message \($0)" }
        for start in stride(from: 0, to: texts.count, by: 20) {
            let route = Route(room: room)
            let items = try await store.write { ledger in
                try texts[start..<(start + 20)].map { text in
                    try ledger.insertOutbox(session: "s", turn: nil, kind: .note, route: route, text: text, at: 1)
                }
            }
            await lane.enqueue(items)
            #expect(await lane.state.queue.count <= LaneStateMachine.queueLimit)
        }
        adapter.setHolding(false)
        await adapter.waitForPosts(texts.count)
        expectEqual(adapter.texts, texts)
        await lane.drain(until: .now + .seconds(5))
        try await expectEqual(store.read { ledger in try ledger.outboxPending() }, 0)
        await database.close()
    }
}
