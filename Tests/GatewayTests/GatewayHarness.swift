import Chat
import Database
import Documents
import EventLoop
import Files
import HTTP
import JSON
import Logging
import Metrics
import Models
import People
import Primitives
import Sessions
import Store
import TestSupport
import Threads

@testable import Delivery
@testable import Gateway

/// A gateway on a free port, with a bridge, the web, a fake network and a scripted worker.
struct GatewayHarness {
    let directory: TemporaryDirectory
    let gateway: Gateway
    let bridge: Bridge
    let network: FakeAdapter
    let worker: StepWorker
    let clock: Protected<Int64>
    let origin: String

    static let start: Int64 = 1_700_000_000_000

    /// Waits until something of a running answer was shown: what is written before that joins its question.
    func waitForText(of operation: String) async throws {
        try await eventually("the answer has begun") {
            try await self.bridge.store.read { ledger in
                try ledger.frames(of: operation, after: 0).contains { $0.kind == .execution }
            }
        }
    }

    /// Runs `body` while the gateway serves.
    static func run(
        worker: StepWorker = StepWorker(), viewer: any ViewerSource = FakeViewer(),
        features: (any FeatureSource)? = nil,
        hooks: [GatewayHook] = [], checks: @escaping @Sendable () -> HostReadiness.Checks = { HostReadiness.Checks() },
        settings change: (inout GatewaySettings) -> Void = { _ in },
        documents: (Bridge) -> OpenDocuments? = { _ in nil }, peers: GatewayPeers? = nil,
        quota: PersonQuota = PersonQuota(), access: AccessPolicy = AccessPolicy(owners: ["irc:local/alice"]),
        _ body: (GatewayHarness) async throws -> Void
    ) async throws {
        let harness = try await GatewayHarness(
            worker: worker, viewer: viewer, features: features, hooks: hooks, checks: checks, change: change,
            documents: documents, peers: peers, quota: quota, access: access)
        try await harness.gateway.start()
        async let running: Void = harness.gateway.run()
        do {
            try await body(harness)
        } catch {
            await harness.gateway.stop()
            try await running
            throw error
        }
        await harness.gateway.stop()
        try await running
    }

    private init(
        worker: StepWorker, viewer: any ViewerSource, features: (any FeatureSource)? = nil, hooks: [GatewayHook],
        checks: @escaping @Sendable () -> HostReadiness.Checks, change: (inout GatewaySettings) -> Void,
        documents: (Bridge) -> OpenDocuments?, peers: GatewayPeers?, quota: PersonQuota, access: AccessPolicy
    ) async throws {
        self.directory = try TemporaryDirectory()
        self.worker = worker
        let clock = Protected(Self.start)
        self.clock = clock
        let now: @Sendable () -> Int64 = { clock.withLock { $0 } }
        var settings = GatewaySettings(port: 0, publicURL: "http://bot.example")
        change(&settings)
        self.origin = settings.publicURL
        let web = WebAdapter(now: now, uploads: Uploads(directory: self.directory.path + "/files", limit: 1 << 20))
        self.network = FakeAdapter(id: "irc:local")
        let database = try TestDatabase.open(
            path: self.directory.path + "/jetbridge.sqlite", migrations: StoreSchema.migrations)
        var bridgeSettings = BridgeSettings(
            publicURL: settings.publicURL, drainTimeout: .milliseconds(50), repositories: ["notes"],
            filesDirectory: self.directory.path + "/files")
        bridgeSettings.quota = quota
        self.bridge = Bridge(
            store: SessionStore(database: database), adapters: AdapterRegistry([web, self.network]),
            workers: [.chat: worker, .specify: worker],
            models: ModelDirectory(defaultModel: "small", provider: "test") {
                [
                    ModelInfo(id: "small", name: "small", inputLimit: 8_000, outputLimit: 0),
                    ModelInfo(id: "large", name: "large", inputLimit: 0, outputLimit: 0),
                ]
            },
            policy: access,
            environment: BridgeEnvironment(
                settings: bridgeSettings,
                logger: Logger(label: "test", output: LogOutput(level: .error, format: .json) { _ in }),
                metrics: Metrics(), now: now),
            agent: AgentDirectory(
                personas: {
                    [
                        PersonaChoice(name: "coder", summary: "changes code"),
                        PersonaChoice(name: "reviewer", summary: "reads", model: "large"),
                    ]
                }, defaultPersona: { "coder" }, explain: { _, _, _, _ in "" }))
        self.network.connect(to: self.bridge)
        settings.openDocuments = documents(self.bridge)
        try await self.bridge.recover()
        self.gateway = try Gateway(
            settings: settings, bridge: self.bridge, web: web, viewer: viewer, features: features,
            readiness: HostReadiness { checks() }, peers: peers, hooks: hooks)
    }

    func advance(by milliseconds: Int64) { self.clock.withLock { $0 += milliseconds } }

    // MARK: Callers

    /// A browser that has signed in with a code for `role`.
    func signedIn(_ role: Role = .owner, name: String? = nil) async throws -> Caller {
        let now = self.clock.withLock { $0 }
        let code = try await AccessControl.makeCode(for: role, in: self.bridge.store, at: now).code
        var body: JSONObject = ["code": .string(code)]
        if let name { body["name"] = .string(name) }
        let answer = try await self.anybody.send(.post, "/api/v1/signin", json: .object(body))
        guard answer.status == 204, let cookie = answer.headers["set-cookie"]?.split(separator: ";").first else {
            throw Caller.Unexpected(answer: answer)
        }
        return Caller(gateway: self.gateway, headers: ["Cookie": String(cookie), "Origin": self.origin])
    }

    /// A program with a token.
    func token(_ scopes: Scope..., role: Role = .owner) async throws -> Caller {
        let secret = "jb_test_\(scopes.map(\.rawValue).joined())_\(role.rawValue)"
        let record = CredentialRecord(
            id: "k_\(secret)", kind: .token, name: "test", identity: "web:\(secret)", role: role,
            scopes: scopes.map(\.rawValue), createdAt: 0)
        try await self.bridge.store.write { ledger in
            try ledger.insert(record, hash: CredentialSecret.hash(of: secret))
        }
        return Caller(gateway: self.gateway, headers: ["Authorization": "Bearer \(secret)"])
    }

    /// Without a credential.
    var anybody: Caller { Caller(gateway: self.gateway, headers: [:]) }
}

extension Caller {
    func newThread() async throws -> String {
        try await self.send(.post, "/api/v1/threads", json: [:]).expect(201)["id"]?.stringValue ?? ""
    }

    /// Posts a message and returns the operation's id.
    func write(_ text: String, to thread: String, key: String? = nil) async throws -> String {
        let headers = key.map { ["Idempotency-Key": $0] } ?? [:]
        let body: JSON = ["text": .string(text)]
        return try await self.send(.post, "/api/v1/threads/\(thread)/messages", json: body, headers: headers)
            .expect(202)["operation_id"]?.stringValue ?? ""
    }

    /// Waits until an operation has ended and returns it.
    func ended(_ operation: String) async throws -> JSON {
        var document = JSON.null
        try await eventually("the operation has ended") {
            document = try await self.send(.get, "/api/v1/operations/\(operation)").expect(200)
            return !["queued", "running"].contains(document["state"]?.stringValue)
        }
        return document
    }
}
