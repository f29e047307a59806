internal import EventLoop
internal import Lifecycle

/// A proxy's server and its further processes, which begin and end together.
package struct ProxyServing: Service {
    private let server: ProxyServer
    private let workers: ProxyWorkers?

    package init(server: ProxyServer, workers: ProxyWorkers?) {
        self.server = server
        self.workers = workers
    }

    package var name: String { self.server.name }

    package func run() async throws {
        guard let workers = self.workers else { return try await self.server.run() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.server.run() }
            group.addTask { try await workers.run() }
            try await group.waitForAll()
        }
    }

    package func stop() async {
        await self.workers?.stop()
        await self.server.stop()
    }
}
