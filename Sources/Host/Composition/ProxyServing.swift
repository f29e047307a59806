internal import Lifecycle
internal import Proxy

/// A proxy's server and its further processes, which begin and end together.
struct ProxyServing: Service {
    let server: ProxyServer
    let workers: ProxyWorkers?

    var name: String { self.server.name }

    func run() async throws {
        guard let workers = self.workers else { return try await self.server.run() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.server.run() }
            group.addTask { try await workers.run() }
            try await group.waitForAll()
        }
    }

    func stop() async {
        await self.workers?.stop()
        await self.server.stop()
    }
}
