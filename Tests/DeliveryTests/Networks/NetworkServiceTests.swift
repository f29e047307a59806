import Chat
import Primitives
import Store
import TestSupport
import Testing

@testable import Delivery

/// A network's adapter, which begins and ends with the network's place.
@Suite("Networks that come and go", .timeLimit(.minutes(1)))
struct NetworkServiceTests {
    private let made = Protected<[FakeAdapter]>([])
    private let sink = RecordingSink()
    private let registry: AdapterRegistry
    private let service: NetworkService<Never>

    init() {
        let made = self.made
        let make: @Sendable () -> NetworkService<Never>.Network = {
            let adapter = FakeAdapter(id: "irc:a")
            made.withLock { $0.append(adapter) }
            return NetworkService<Never>.Network(adapter: adapter)
        }
        let first = make()
        self.registry = AdapterRegistry([first.adapter])
        self.service = NetworkService(
            first, making: make, while: HeldPlaces(hasAll: false), registry: self.registry, sink: self.sink)
    }

    private func waitUntilUp() async throws {
        try await eventually("the network is up") { self.registry[AdapterID("irc:a")]?.status.state == .up }
    }

    @Test("an adapter runs while the host has its network, each time a new one")
    func lives() async throws {
        let running = Task { try await self.service.run() }
        expectEqual(self.service.place, .network(AdapterID("irc:a")))
        self.service.begin()
        try await self.waitUntilUp()
        await self.service.end()
        expectEqual(self.registry[AdapterID("irc:a")]?.status.state, .down)
        expectEqual(self.made.withLock { $0.count }, 2)
        self.service.begin()
        try await self.waitUntilUp()
        expectEqual(self.made.withLock { $0.map(\.status.state) }, [.down, .up])
        await self.service.stop()
        try await running.value
    }

    @Test("a service that is not wanted ends when it is stopped")
    func stopsIdle() async throws {
        let running = Task { try await self.service.run() }
        await self.service.end()
        await self.service.stop()
        try await running.value
        expectEqual(self.made.withLock { $0.count }, 1)
    }
}
