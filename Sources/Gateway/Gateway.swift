internal import Documents
package import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Lifecycle
internal import Logging
internal import People
internal import Primitives
package import Sessions
internal import Store
internal import Threads
internal import WebSockets

/// The web side of the bridge: API, live protocol, chat page and viewer.
package final class Gateway: Service {
    package let name = "gateway"
    private let server: HTTPServer
    private let sockets: WebSocketServer
    private let documentSockets: WebSocketServer
    let context: GatewayContext

    /// Throws ``HTTPURLError`` if the public URL is invalid.
    package init(
        settings: GatewaySettings, bridge: Bridge, web: WebAdapter, viewer: any ViewerSource,
        features: (any FeatureSource)? = nil, readiness: HostReadiness,
        peers: GatewayPeers? = nil, mount: GatewayMount? = nil, hooks: [GatewayHook] = []
    ) throws {
        let publicURL = try HTTPURL(settings.publicURL)
        let logger = bridge.environment.logger.with(["part": "gateway"])
        let context = try GatewayContext(
            settings: settings, bridge: bridge, web: web, viewer: viewer, features: features,
            readiness: readiness, peers: peers, logger: logger)
        (self.sockets, self.documentSockets) = (context.sockets, context.documentSockets)
        let front = Front(context: context)
        let connections = context.connections
        let (streams, authenticator) = (context.streams, context.authenticator)
        bridge.access.observe { change in
            await connections.check { $0.identity == change.person.identity }
            await streams.check(authenticator) { $0.identity == change.person.identity }
        }
        bridge.shares.observe { await connections.check { !$0.seesEverything } }
        self.context = context
        if peers != nil { bridge.store.held.observe { connections.placesChanged() } }
        var serverSettings = HTTPServerSettings(port: settings.port)
        serverSettings.address = settings.address
        self.server = HTTPServer(
            serverSettings, name: "gateway", logger: logger,
            dispatcher: GatewayDispatcher(
                router: Router(APITable.routes.map { $0.route(front: front) }),
                pages: PagePolicy(listen: settings.address, names: [publicURL.host]), publicURL: settings.publicURL,
                headers: SecurityHeaders(isSecure: settings.isSecure), cors: context.cors, mount: mount,
                hooks: Dictionary(hooks.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first }),
                forwarder: context.forwarder))
    }

    /// Nil until it is listening.
    package var boundAddress: SocketAddress? { self.server.boundAddress }

    /// Starts listening. Throws ``HTTPServerError`` if the address is not available.
    package func start() async throws {
        // Where that fails now, it is tried again while the gateway serves.
        try? await self.context.webhooks.start()
        try await self.server.start()
    }

    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "http") { try await self.server.run() }
            group.addTask(name: "live") { try await self.sockets.run() }
            group.addTask(name: "editors") { try await self.documentSockets.run() }
            group.addTask(name: "events") { await self.context.feed.run() }
            group.addTask(name: "webhooks") { await self.context.webhooks.run() }
            group.addTask(name: "push") { await self.context.push.run() }
            if let documents = self.context.settings.openDocuments {
                group.addTask(name: "documents") { await documents.run() }
            }
            try await group.waitForAll()
        }
    }

    /// A copy of the listening socket for the program that takes over this process; see ``HTTPServer/keepListening()``.
    package func keepListening() async -> Int32? { await self.server.keepListening() }

    /// Closes the live connections, whose clients reconnect and resume, and lets running answers finish.
    package func stop() async {
        self.context.streams.close()
        await self.context.settings.openDocuments?.stop()
        await self.sockets.stop()
        await self.documentSockets.stop()
        await self.server.stop()
        self.context.feed.stop()
        self.context.webhooks.stop()
        self.context.push.stop()
    }
}
