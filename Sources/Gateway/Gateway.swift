package import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Lifecycle
internal import Logging
internal import Primitives
package import Sessions
internal import WebSockets

/// The web side of the bridge: API, live protocol, chat page and viewer.
package final class Gateway: Service {
    package let name = "gateway"
    private let server: HTTPServer
    private let sockets: WebSocketServer
    /// All routes but the OpenAPI document's.
    let routes: [APIRoute]

    /// Throws ``HTTPURLError`` if the public URL is invalid.
    package init(
        settings: GatewaySettings, bridge: Bridge, web: WebAdapter, viewer: any ViewerSource,
        features: (any FeatureSource)? = nil, readiness: HostReadiness,
        peers: GatewayPeers? = nil, mount: GatewayMount? = nil, hooks: [GatewayHook] = []
    ) throws {
        let publicURL = try HTTPURL(settings.publicURL)
        let logger = bridge.environment.logger.with(["part": "gateway"])
        let context = GatewayContext(
            settings: settings, bridge: bridge, web: web, viewer: viewer, features: features,
            readiness: readiness, peers: peers, logger: logger)
        let authenticator = Authenticator(
            store: bridge.store, access: bridge.access, isSecure: settings.isSecure, now: bridge.environment.now)
        self.sockets = WebSocketServer(LiveRoutes.settings, name: "live", logger: logger)
        let origins = OriginPolicy(publicURL: publicURL)
        let front = Front(context: context, authenticator: authenticator, origins: origins)
        let connections = LiveConnections()
        bridge.access.observe { change in await connections.check(change.person.identity) }
        if peers != nil { bridge.store.held.observe { connections.placesChanged() } }
        let live = LiveRoutes(
            context: context, authenticator: authenticator, sockets: self.sockets, connections: connections)
        self.routes = Self.routes(context: context, origins: origins) + live.routes
        var serverSettings = HTTPServerSettings(port: settings.port)
        serverSettings.address = settings.address
        let table = self.routes.map { $0.route(front: front) }
        let document = Self.document(of: table, settings)
        self.server = HTTPServer(
            serverSettings, name: "gateway", logger: logger,
            dispatcher: GatewayDispatcher(
                router: Router(table + [document.route(front: front)]),
                pages: PagePolicy(listen: settings.address, names: [publicURL.host]), publicURL: settings.publicURL,
                headers: SecurityHeaders(isSecure: settings.isSecure), mount: mount,
                hooks: Dictionary(hooks.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first }),
                forwarder: context.forwarder))
    }

    /// Nil until it is listening.
    package var boundAddress: SocketAddress? { self.server.boundAddress }

    /// Starts listening. Throws ``HTTPServerError`` if the address is not available.
    package func start() async throws { try await self.server.start() }

    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "http") { try await self.server.run() }
            group.addTask(name: "live") { try await self.sockets.run() }
            try await group.waitForAll()
        }
    }

    /// Closes the live connections, whose clients reconnect and resume, and lets running answers finish.
    package func stop() async {
        await self.sockets.stop()
        await self.server.stop()
    }

    private static func routes(context: GatewayContext, origins: OriginPolicy) -> [APIRoute] {
        StatusRoutes(context: context).routes + SignInRoutes(context: context, origins: origins).routes
            + ThreadRoutes(context: context).routes + AskRoutes(context: context).routes
            + ExportRoutes(context: context).routes + UploadRoutes(context: context).routes
            + WorkspaceRoutes(context: context).routes + SettingsRoutes(context: context).routes
            + SpecRoutes(context: context).routes
            + StepRoutes(context: context).routes + CommitRoutes(context: context).routes
            + CatalogRoutes(context: context).routes
            + OperationRoutes(context: context).routes + AuditRoutes(context: context).routes
            + HostRoutes(context: context).routes + PeopleRoutes(context: context).routes
            + ViewerRoutes(context: context).routes + PageRoutes(context: context).routes
    }

    private static func document(of routes: [HTTPRoute], _ settings: GatewaySettings) -> APIRoute {
        let cookie = Authenticator.cookie(isSecure: settings.isSecure)
        let document = OpenAPIDocument.make(
            title: "Jetbridge", version: settings.version, servers: [settings.publicURL], routes: routes,
            components: [
                "schemas": .object(Schemas.all),
                "securitySchemes": [
                    "token": [
                        "type": "http", "scheme": "bearer", "description": "A token from `jetbridge token create`.",
                    ],
                    "cookie": ["type": "apiKey", "in": "cookie", "name": .string(cookie)],
                ],
            ])
        let bytes = document.bytes
        return APIRoute(
            method: .get, pattern: "/api/v1/openapi.json", operation: "openapi", summary: "This document.",
            access: .open, answers: [], isHidden: true, handle: { _ in HTTPServerResponse(.ok, .json, bytes: bytes) })
    }
}
