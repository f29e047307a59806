import Chat
import Database
import Logging
import Metrics
import Models
import Store
import TestSupport

@testable import Delivery
@testable import People
@testable import Sessions
@testable import Threads

/// One of several hosts that share a store, in one process.
struct HostOfPlaces {
    let bridge: Bridge
    let worker: ScriptedWorker
    let tenancy: TestTenancy
    let held: HeldPlaces

    init(
        _ name: String, of places: TestPlaces, _ database: Database, networks: [any ChatAdapter],
        worker: ScriptedWorker = ScriptedWorker(), desk: (any CommandDesk)? = nil
    ) async throws {
        let tenancy = places.tenancy(of: name)
        let held = HeldPlaces(tenancy, hasAll: false)
        self.tenancy = tenancy
        self.held = held
        self.worker = worker
        self.bridge = Bridge(
            store: SessionStore(database: database, held: held), adapters: AdapterRegistry(networks),
            workers: [.chat: worker],
            models: ModelDirectory(defaultModel: "small", provider: "test") { [] },
            policy: AccessPolicy(
                owners: networks.map { "\($0.id)/alice" }, guests: networks.map { "\($0.id)/gina" }),
            environment: BridgeEnvironment(
                settings: BridgeSettings(publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50)),
                logger: Logger(label: name), metrics: Metrics(), now: { 1_000 }), desk: desk)
        try await self.bridge.recover(.some([]))
    }

    func ask(_ text: String, on network: FakeAdapter) async throws -> Submission? {
        try await self.bridge.submit(network.event(text))
    }

    /// Waits until nothing of a network is left to handle, answer or send.
    func settle(_ network: FakeAdapter) async throws {
        let places = Places.some([.network(network.id)])
        try await eventually("nothing is left to handle, answer or send") {
            try await self.bridge.store.read { ledger in
                try ledger.openTurns(in: places).isEmpty && ledger.roomsWithOutbox(in: places).isEmpty
                    && ledger.newEvents(of: places, after: 0, limit: 1).isEmpty
            }
        }
    }
}
