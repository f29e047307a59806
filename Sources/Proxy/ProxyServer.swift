package import EventLoop
internal import HTTP
internal import HTTPServer
internal import Lifecycle
package import Logging

/// `jetbridge proxy`: a server of its own for a ``ReverseProxy``.
package final class ProxyServer: Service {
    package let name = "proxy"
    private let server: HTTPServer
    private let accessLog: AccessLog

    package init(_ proxy: ReverseProxy, logger: Logger) {
        let settings = proxy.settings
        self.accessLog = proxy.accessLog
        var server = HTTPServerSettings(port: settings.port)
        server.address = settings.host == "localhost" ? "127.0.0.1" : settings.host
        server.deadlines.drain = settings.drain
        // With as much on the upstream's side, a client that reads slowly costs 128 KB.
        server.highWater = 64 * 1024
        self.server = HTTPServer(server, name: "proxy", logger: logger, dispatcher: proxy)
    }

    /// Where it listens, once it does.
    package var boundAddress: SocketAddress? { self.server.boundAddress }

    /// Begins to listen. Throws ``HTTPServerError`` when the address cannot be had.
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

    /// No new connections; running answers may end until the deadline, then they are cut.
    package func stop() async { await self.server.stop() }
}
