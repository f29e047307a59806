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

    /// Throws ``HTTPURLError`` when the public URL is none.
    package init(
        settings: GatewaySettings, bridge: Bridge, web: WebAdapter, viewer: any ViewerSource, readiness: Readiness,
        mount: GatewayMount? = nil, hooks: [GatewayHook] = []
    ) throws {
        let publicURL = try HTTPURL(settings.publicURL)
        let logger = bridge.environment.logger.with(["part": "gateway"])
        let context = GatewayContext(
            settings: settings, bridge: bridge, web: web, viewer: viewer, readiness: readiness, logger: logger)
        let authenticator = Authenticator(store: bridge.store, access: bridge.access, now: bridge.environment.now)
        self.sockets = WebSocketServer(LiveRoutes.settings, name: "live", logger: logger)
        let origins = OriginPolicy(publicURL: publicURL)
        let front = Front(context: context, authenticator: authenticator, origins: origins)
        let live = LiveRoutes(context: context, authenticator: authenticator, sockets: self.sockets)
        let routes = Self.routes(context: context, origins: origins) + live.routes
        var serverSettings = HTTPServerSettings(port: settings.port)
        serverSettings.address = settings.address
        let table = routes.map { $0.route(front: front) }
        let document = Self.document(of: table, settings)
        self.server = HTTPServer(
            serverSettings, name: "gateway", logger: logger,
            dispatcher: GatewayDispatcher(
                router: Router(table + [document.route(front: front)]),
                headers: SecurityHeaders(isSecure: settings.isSecure), mount: mount,
                hooks: Dictionary(hooks.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })))
    }

    /// Where it listens, once it does.
    package var boundAddress: SocketAddress? { self.server.boundAddress }

    /// Begins to listen. Throws ``HTTPServerError`` when the address cannot be had.
    package func start() async throws { try await self.server.start() }

    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "http") { try await self.server.run() }
            group.addTask(name: "live") { try await self.sockets.run() }
            try await group.waitForAll()
        }
    }

    /// Ends the live connections, whose clients come back with what they have, and lets running answers end.
    package func stop() async {
        await self.sockets.stop()
        await self.server.stop()
    }

    private static func routes(context: GatewayContext, origins: OriginPolicy) -> [APIRoute] {
        StatusRoutes(context: context).routes + SignInRoutes(context: context, origins: origins).routes
            + ThreadRoutes(context: context).routes + CatalogRoutes(context: context).routes
            + ViewerRoutes(context: context).routes + PageRoutes(context: context).routes
    }

    private static func document(of routes: [Route], _ settings: GatewaySettings) -> APIRoute {
        let document = OpenAPIDocument.make(
            title: "Jetbridge", version: settings.version, servers: [settings.publicURL], routes: routes,
            components: [
                "schemas": .object(Schemas.all),
                "securitySchemes": [
                    "token": [
                        "type": "http", "scheme": "bearer", "description": "A token of `jetbridge token create`.",
                    ],
                    "cookie": ["type": "apiKey", "in": "cookie", "name": .string(Authenticator.cookie)],
                ],
            ])
        return APIRoute(
            method: .get, pattern: "/api/v1/openapi.json", operation: "openapi", summary: "This document.",
            access: .open, answers: [], isHidden: true, handle: { _ in .json(document) })
    }
}
