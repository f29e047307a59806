import Chat
import Database
import Glibc
import Kit
import Logging
import Metrics
import Models
import Primitives
import Store
import TestSupport

@testable import Delivery
@testable import People
@testable import Sessions
@testable import Threads

/// Why a test of the contract could not proceed.
struct ContractFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// One store, one network and a bridge between them that can be stopped and restarted.
final class ContractBench: Sendable {
    private struct Host {
        let bridge: Bridge
        let database: Database
        let adapter: any ChatAdapter
        let sink: ContractSink
        let running: Task<Void, any Error>
    }

    let network: any ContractNetwork
    let worker: ContractWorker
    private let people: [String]
    private let directory: TemporaryDirectory
    private let host = Protected<Host?>(nil)

    /// The host's clock, in milliseconds since 1970: platforms use the real time.
    private let clock = Protected(ContractBench.now)

    /// The commands that an adapter offers to people.
    static let commands = CommandName.allCases.map { command in
        MenuCommand(name: command.rawValue, argument: command.argument, summary: command.summary)
    }

    /// When the tests began, in milliseconds since 1970.
    static let now: Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000
    }()
    /// The maximum size of a person's file in bytes.
    static let fileLimit = 64 << 10
    static let logger = Logger(label: "test", output: LogOutput(level: .error, format: .json) { _ in })

    /// Runs `body` with a bridge on a network of `kind`; `people` may use the bot, and the first of them observes the
    /// room.
    static func run(
        _ kind: NetworkKind, people: [String] = ["alice"], worker: ContractWorker = ContractWorker(),
        _ body: (ContractBench) async throws -> Void
    ) async throws {
        try await Self.run(try await kind.make(), people: people, worker: worker, body)
    }

    static func run(
        _ network: any ContractNetwork, people: [String] = ["alice"], worker: ContractWorker = ContractWorker(),
        _ body: (ContractBench) async throws -> Void
    ) async throws {
        let bench = try ContractBench(network, people, worker)
        do {
            try await network.open(to: people)
            try await bench.start()
            try await body(bench)
        } catch {
            await bench.stop()
            await network.close()
            throw error
        }
        await bench.stop()
        await network.close()
    }

    private init(_ network: any ContractNetwork, _ people: [String], _ worker: ContractWorker) throws {
        self.network = network
        self.people = people
        self.worker = worker
        self.directory = try TemporaryDirectory()
    }

    /// Where the sessions' files are stored.
    var filesDirectory: String { self.directory.path + "/files" }

    // MARK: Life

    /// Starts a host on the store.
    func start() async throws {
        let adapter = try await self.network.makeAdapter()
        let clock = self.clock
        let database = try Database(path: self.directory.path + "/jetbridge.sqlite", migrations: StoreSchema.migrations)
        let bridge = Bridge(
            store: SessionStore(database: database), adapters: AdapterRegistry([adapter]),
            workers: [.chat: self.worker],
            models: ModelDirectory(defaultModel: "small", provider: "test") {
                [ModelInfo(id: "small", name: "small", inputLimit: 0, outputLimit: 0)]
            },
            policy: AccessPolicy(owners: self.people.map { self.network.identity(of: $0) }),
            environment: BridgeEnvironment(
                settings: BridgeSettings(
                    publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50), repositories: ["notes"],
                    filesDirectory: self.filesDirectory, fileLimit: Self.fileLimit),
                logger: Self.logger, metrics: Metrics(), now: { clock.withLock { $0 } }))
        try await bridge.recover()
        // Unstructured: it runs until another call ends the host.
        let sink = ContractSink(bridge)
        let running = Task { try await adapter.run(delivering: sink) }
        self.host.withLock {
            $0 = Host(bridge: bridge, database: database, adapter: adapter, sink: sink, running: running)
        }
        _ = try await self.eventually("the connection") { adapter.status.state == .up ? true : nil }
        try await self.network.connected(to: sink)
    }

    /// Ends the host as a signal does: first the bridge, then the connection.
    func stop() async {
        guard let host = self.host.withLock({ $0.take() }) else { return }
        try? await self.network.connected(to: nil)
        await host.bridge.stop()
        await host.adapter.stop()
        _ = await host.running.result
        await host.database.close()
    }

    /// Abandons the host, as `kill -9` does: its turns never resume, its connection is gone.
    func crash() async throws {
        guard let host = self.host.withLock({ $0.take() }) else { return }
        try await self.network.connected(to: nil)
        try await self.network.sever()
        await host.adapter.stop()
        _ = await host.running.result
    }

    /// Advances the host's clock.
    func advance(by milliseconds: Int64) { self.clock.withLock { $0 += milliseconds } }

    var bridge: Bridge {
        get throws {
            guard let host = self.host.withLock({ $0 }) else { throw ContractFailure("no host is running") }
            return host.bridge
        }
    }

    /// The last message that the host has got.
    var lastMessage: InboundMessage? { self.lastMessage { _ in true } }

    func lastMessage(where isMeant: (InboundMessage) -> Bool) -> InboundMessage? {
        self.host.withLock { $0?.sink }?.lastMessages.last(where: isMeant)
    }

    /// Waits until the host has got a message, by the platform's id.
    func message(_ id: String) async throws -> InboundMessage {
        try await self.eventually("the message \(id)") { self.lastMessage { $0.route.replyTo == id } }
    }

    // MARK: Talking

    @discardableResult
    func say(_ text: String, as person: String = "alice", _ manner: Manner = Manner()) async throws -> String {
        try await self.network.say(text, as: person, manner)
    }

    /// Sends a command with the network's prefix.
    func command(
        _ words: String, as person: String = "alice", _ manner: Manner = Manner(isAddressed: false)
    ) async throws {
        let adapter = try self.bridge.adapters.all[0]
        let sign = adapter.traits(of: RoomID(adapter: adapter.id, name: self.network.room)).sign.character
        try await self.say("\(sign)\(words)", as: person, manner)
    }

    /// The bot's messages to a person, without notes about waiting messages.
    func answers(to person: String = "alice") async throws -> [String] {
        try await self.network.shown().filter { $0.person == person }.map(\.text)
            .filter { !Self.isWaitNote($0) }
    }

    /// Whether a text says how many messages wait, or, where it is edited, that none does any more.
    static func isWaitNote(_ text: String) -> Bool {
        text.hasPrefix("I am still answering") || text == TurnTexts.waiting(0)
    }

    /// Waits until the messages to a person satisfy `isMet`.
    func wait(for person: String = "alice", until isMet: ([String]) -> Bool) async throws {
        _ = try await self.eventually("the answers to \(person)") {
            isMet(try await self.answers(to: person)) ? true : nil
        }
    }

    /// Waits for a growing answer that begins with `text`, where answers grow.
    func waitForGrowth(_ text: String) async throws {
        let abilities = self.network.abilities
        guard abilities.contains(.edits) else { return }
        try await self.wait { shown in
            abilities.contains(.heldBack) ? shown.count == 1 && text.hasPrefix(shown[0]) : shown == [text]
        }
    }

    /// Waits until no turn or delivery is left, and returns the messages to a person.
    func settled(_ person: String = "alice") async throws -> [String] {
        try await self.waitUntilIdle()
        try await self.network.settle()
        return try await self.answers(to: person)
    }

    /// Waits until no turn or delivery is left.
    func waitUntilIdle() async throws {
        let store = try self.bridge.store
        _ = try await self.eventually("the end of all turns") {
            try await store.read { ledger in
                // In the order in which one becomes the next: each statement sees what is committed then.
                try ledger.newEvents(after: 0, limit: 1).isEmpty && ledger.openTurns().isEmpty
                    && ledger.outboxPending() == 0
            } ? true : nil
        }
    }

    /// Waits until `count` turns run or wait.
    func waitForTurns(_ count: Int) async throws {
        let store = try self.bridge.store
        _ = try await self.eventually("\(count) turns") {
            try await store.read { ledger in try ledger.openTurns().count } == count ? true : nil
        }
    }

    /// Waits until the last waiting turn has that many messages.
    func waitForMessages(_ count: Int) async throws {
        let store = try self.bridge.store
        _ = try await self.eventually("\(count) messages in a turn") {
            try await store.read { ledger in try ledger.openTurns().last?.messages.count } == count ? true : nil
        }
    }

    /// Polls until `look` returns a value, since a network may offer nothing but what people see.
    func eventually<Value>(_ what: String, _ look: () async throws -> Value?) async throws -> Value {
        let deadline = ContinuousClock.now + .seconds(25)
        while true {
            if let value = try await look() { return value }
            guard ContinuousClock.now < deadline else {
                let shown = try await self.network.shown().suffix(20).map(\.description).joined(separator: "\n")
                throw ContractFailure("timed out waiting for \(what); last shown:\n\(shown)")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

extension MemoryStore {
    /// Keeps the bytes in a test's state.
    static func kept<State>(
        in state: Protected<State>, _ memory: any WritableKeyPath<State, [UInt8]?> & Sendable
    ) -> Self {
        Self {
            state.withLock { $0[keyPath: memory] }
        } save: { bytes in
            state.withLock { $0[keyPath: memory] = bytes }
            return true
        }
    }
}
