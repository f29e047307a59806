package import EventLoop
internal import HTTP
internal import HTTPServer
internal import Lifecycle
package import Logging

/// The standalone server of a ``ReverseProxy``, for `jetbridge proxy`.
package final class ProxyServer: Service {
    package let name = "proxy"
    private let server: HTTPServer
    private let accessLog: AccessLog
    /// How long running answers may continue after the stop.
    package let drain: Duration

    /// - Parameters:
    ///   - port: Overrides the port of the settings.
    ///   - sharing: Whether other processes serve the same port.
    package init(
        _ proxy: ReverseProxy, port: UInt16? = nil, sharing: Socket.PortSharing = .none, logger: Logger
    ) {
        let settings = proxy.settings
        self.accessLog = proxy.accessLog
        self.drain = settings.drain
        var server = HTTPServerSettings(port: port ?? settings.port)
        server.sharing = sharing
        server.address = settings.host == "localhost" ? "127.0.0.1" : settings.host
        server.deadlines.drain = settings.drain
        server.deadlines.exchange = settings.patience
        // With the same limit on the upstream's side, a slow client costs 128 KB.
        server.highWater = 64 * 1024
        self.server = HTTPServer(server, name: "proxy", logger: logger, dispatcher: proxy)
    }

    /// Nil until it is listening.
    package var boundAddress: SocketAddress? { self.server.boundAddress }

    @Net var connectionCount: Int { self.server.connectionCount }

    /// Starts listening. Throws ``HTTPServerError`` if the address is not available.
    package func start() async throws { try await self.server.start() }

    package func run() async throws {
        do {
            try await self.server.run()
        } catch {
            await self.accessLog.flush()
            throw error
        }
        await self.accessLog.flush()
    }

    /// Accepts no new connections. Running answers may finish until the deadline and are then aborted.
    package func stop() async { await self.server.stop() }
}

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
