internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Metrics
internal import People
internal import Primitives
internal import Sessions
internal import SignIn
internal import Store
internal import Threads
internal import WebSockets

/// The dependencies of the routes.
final class GatewayContext: Sendable {
    let settings: GatewaySettings
    let bridge: Bridge
    let web: WebAdapter
    let viewer: any ViewerSource
    /// Nil in a host without the specification flow.
    let features: (any FeatureSource)?
    let readiness: HostReadiness
    let logger: Logger
    /// Nil for a host that is alone, like the next.
    let forwarder: Forwarder?
    let remoteFrames: RemoteFrames?
    let authenticator: Authenticator
    let origins: OriginPolicy
    let cors: CORSPolicy
    let sockets: WebSocketServer
    /// Of documents, whose messages are larger.
    let documentSockets: WebSocketServer
    let connections = LiveConnections()
    let presence: ThreadPresence
    let feed: EventFeed
    let streams = OpenStreams()
    let webhooks: Webhooks
    let push: PushDesk
    // Change: how many wrong codes are allowed
    /// Wrong codes per minute: five from one address, and four times as many from all other machines together.
    let codeAttempts = Protected(AttemptLimiter(perPeer: 5, perGroup: 20, window: 60_000))
    let signIn: WebSignIn
    /// Beginnings of sign-ins elsewhere, per minute: they are stored, and anybody may begin.
    let signInAttempts = Protected(AttemptLimiter(perPeer: 60, perGroup: 600, window: 60_000))
    /// Looks at public pages, per minute.
    let pageAttempts = Protected(AttemptLimiter(perPeer: 60, perGroup: 600, window: 60_000))
    let mcp = MCPState()
    let ownerReads = Protected(OwnerReads())
    private let madeDocument = Protected<Representation.Kept?>(nil)

    init(
        settings: GatewaySettings, bridge: Bridge, web: WebAdapter, viewer: any ViewerSource,
        features: (any FeatureSource)? = nil, readiness: HostReadiness, peers: GatewayPeers? = nil, logger: Logger
    ) throws {
        self.settings = settings
        self.presence = ThreadPresence(pause: settings.presencePause)
        self.bridge = bridge
        self.web = web
        self.viewer = viewer
        self.features = features
        self.readiness = readiness
        self.logger = logger
        let authenticator = Authenticator(
            store: bridge.store, access: bridge.access, isSecure: settings.isSecure, now: bridge.environment.now)
        self.authenticator = authenticator
        self.forwarder = peers.map { Forwarder($0, bridge: bridge, authenticator: authenticator, logger: logger) }
        self.remoteFrames = peers.map { RemoteFrames($0, authenticator: authenticator) }
        self.origins = OriginPolicy(publicURL: try HTTPURL(settings.publicURL))
        self.signIn = WebSignIn(
            providers: settings.signIn, access: bridge.access, store: bridge.store, tokens: settings.signInTokens,
            publicURL: settings.publicURL, now: bridge.environment.now)
        self.feed = EventFeed(store: bridge.store, logger: logger)
        self.webhooks = Webhooks(
            settings: settings, store: bridge.store, environment: bridge.environment, logger: logger)
        self.push = PushDesk(
            key: settings.pushKey, allowsLoopback: settings.pushAllowsLoopback, publicURL: settings.publicURL,
            isSecure: settings.isSecure, store: bridge.store, access: bridge.access, environment: bridge.environment,
            logger: logger)
        self.cors = CORSPolicy(origins: settings.corsOrigins)
        self.sockets = WebSocketServer(LiveRoutes.settings, name: "live", logger: logger)
        self.documentSockets = WebSocketServer(DocumentSocket.settings, name: "editors", logger: logger)
    }

    /// What `GET /api/v1/openapi.json` answers; made when it is first asked for, which takes as long as half a start.
    var document: Representation.Kept {
        self.madeDocument.withLock { made in
            let document =
                made
                ?? Representation.Kept(
                    APITable.document(
                        publicURL: self.settings.publicURL, version: self.settings.version,
                        isSecure: self.settings.isSecure
                    ).bytes)
            made = document
            return document
        }
    }

    var store: SessionStore { self.bridge.store }
    var deletion: SessionDeletion {
        SessionDeletion(
            store: self.store, filesDirectory: self.environment.settings.filesDirectory,
            objects: self.environment.settings.objects)
    }
    var environment: BridgeEnvironment { self.bridge.environment }
    var metrics: Metrics { self.environment.metrics }
    func now() -> Int64 { self.environment.now() }

    /// Revokes a credential, and closes the connections that were opened with it. Returns whether it was there: another
    /// process may have revoked it.
    ///
    /// - Parameter actor: Who revokes it, for what may have been made with it ends as well; nil at a sign-out.
    func revoke(_ id: String, by actor: Sender? = nil) async throws -> Bool {
        let wasThere: Bool
        if let actor {
            wasThere = try await self.bridge.access.revoke(credential: id, by: actor)
        } else {
            wasThere = try await self.store.write { ledger in try ledger.revokeCredential(id: id) }
        }
        await self.connections.check { $0.credential.id == id }
        await self.streams.check(self.authenticator) { $0.credential.id == id }
        return wasThere
    }

    /// Operations as they are at this host: what follows a job is complete in the store from the start, but goes on.
    func current(_ operations: [API.Operation]) async -> [API.Operation] {
        let commands = operations.filter { $0.kind == TurnKind.command.rawValue }.map(\.id)
        guard !commands.isEmpty else { return operations }
        let open = await self.bridge.hub.open(among: commands)
        return operations.map { operation in
            guard open.contains(operation.id) else { return operation }
            var operation = operation
            (operation.state, operation.endedAt) = (.running, nil)
            return operation
        }
    }

    /// The thread of the web chat with this name, begun for `principal` if it is missing. Throws where their quota is used up.
    ///
    /// - Parameter begin: What a new one begins with.
    func webThread(
        _ name: String, for principal: Principal,
        begin: (@Sendable (inout SessionRecord) -> Void)? = nil
    ) async throws -> SessionRecord {
        let key = ThreadKey(adapter: WebAdapter.adapterID, value: name)
        let route = Route(room: RoomID(adapter: WebAdapter.adapterID, name: name))
        let now = self.now()
        let quota = self.environment.settings.quota.limits(for: principal.role)
        return try await self.store.write(beside: Place(of: key)) { ledger in
            if let session = try ledger.session(for: key) { return session }
            try ledger.checkRoom(quota, for: 0, in: key, from: principal.identity)
            var session = try ledger.session(
                for: key, route: route, owner: principal.identity, title: "", at: now)
            if let begin {
                begin(&session)
                try ledger.update(session)
            }
            return session
        }
    }

    /// The session `id`, in which `principal` may write over HTTP. Throws like ``session(_:for:to:naming:)``, and 403 for a thread
    /// of another network.
    func writableSession(_ id: String, for principal: Principal) async throws -> SessionRecord {
        let session = try await self.session(id, for: principal, to: .join)
        guard session.key.adapter == WebAdapter.adapterID else {
            throw HTTPProblem(
                .forbidden,
                "This thread belongs to \(session.key.adapter). Write there, so that people there see the message.")
        }
        return session
    }

    /// The session `id`, for a request that needs this right. Throws 404 if it does not exist or `principal` may not see it,
    /// and 403 if they may only see it.
    ///
    /// - Parameter subject: What of it the request is about, which is missing with it.
    func session(
        _ id: String, for principal: Principal, to right: ThreadRight, naming subject: String = "thread"
    ) async throws -> SessionRecord {
        try await self.read(id, for: principal, to: right, naming: subject) { _, session in session }
    }

    /// What `principal` may do with a thread now.
    func right(of principal: Principal, in session: SessionRecord) async throws -> ThreadRight? {
        let now = self.now()
        return try await self.store.read { ledger in
            try ledger.right(of: principal.visitor, in: session, at: now)
        }
    }

    /// Reads what belongs to the session `id`, in one transaction. Throws like ``session(_:for:to:naming:)``.
    func read<Value: Sendable>(
        _ id: String, for principal: Principal, to right: ThreadRight = .read, naming subject: String = "thread",
        _ body: @escaping @Sendable (Ledger, SessionRecord) throws -> Value
    ) async throws -> Value {
        let now = self.now()
        return try await self.store.read { ledger in
            guard let session = try ledger.session(id: id),
                let held = try ledger.right(of: principal.visitor, in: session, at: now)
            else { throw Problems.missing(subject) }
            guard held >= right else { throw Problems.missingRight(right) }
            return try body(ledger, session)
        }
    }
}
