import Chat
import Copilot
import Database
import GitHub
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
import Testing
import Threads

@testable import Delivery
@testable import Posts
@testable import Turns

/// A bridge with one fake network, and a thread of alice's in it.
struct GitHubScene {
    static let start: Int64 = 1_800_000_000_000
    static let repositories = ["app": GitHubRepositoryName(owner: "Octo", name: "app")]

    let directory: TemporaryDirectory
    let adapter: FakeAdapter
    let bridge: Bridge
    let clock: ManualClock
    let logs = Protected<[String]>([])
    private let database: Database

    init(
        directory: TemporaryDirectory? = nil, clock: ManualClock = ManualClock(), adapter: FakeAdapter? = nil,
        accounts: (ThreadPosts) -> (any PersonalAccounts)? = { _ in nil }
    ) async throws {
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        self.clock = clock
        self.adapter =
            adapter ?? FakeAdapter(traits: RoomTraits(textLimit: 4_000, textUnit: .bytes, isMultiline: true))
        self.database = try TestDatabase.open(
            path: directory.path + "/jetbridge.sqlite", migrations: StoreSchema.migrations)
        let now: @Sendable () -> Int64 = { Self.start + Int64(clock.now.offset / .milliseconds(1)) }
        let posts = ThreadPosts(
            store: SessionStore(database: self.database), adapters: AdapterRegistry([self.adapter]),
            environment: BridgeEnvironment(
                settings: BridgeSettings(publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50)),
                logger: .silent, metrics: Metrics(), now: now))
        self.bridge = Bridge(
            posts,
            access: AccessControl(
                policy: AccessPolicy(owners: ["fake:one/alice"], members: ["fake:one/bob"]), store: posts.store,
                audit: posts.environment.auditDecision, now: now),
            workers: [:], models: ModelDirectory(defaultModel: "small", provider: "test") { [] },
            accounts: accounts(posts))
        self.adapter.connect(to: self.bridge)
        try await self.bridge.recover()
    }

    var store: SessionStore { self.bridge.store }
    var desk: NewsDesk { NewsDesk(repositories: Self.repositories) }
    var news: GitHubNewsStore { GitHubNewsStore(store: self.store, now: self.bridge.environment.now) }

    /// The thread's session; makes it.
    func session(of person: String = "alice") async throws -> String {
        let event = self.adapter.event("!usage", from: person, in: person)
        let submission = try #require(try await self.bridge.submit(event))
        let turn = try await self.store.read { ledger in try ledger.turn(id: submission.operation) }
        try await self.settle()
        self.adapter.forgetPosts()
        return try #require(turn).session
    }

    /// Writes as alice in her direct message, and returns what the bot answers.
    func answer(to text: String) async throws -> String {
        try await self.settle()
        self.adapter.forgetPosts()
        _ = try await self.bridge.submit(self.adapter.event(text, from: "alice", in: "alice"))
        try await self.settle()
        return self.adapter.texts.first ?? ""
    }

    /// Waits until everything is sent.
    func settle() async throws {
        try await eventually("the outbox is sent") {
            try await self.store.read { ledger in try ledger.outboxPending() == 0 }
        }
    }

    func close() async { await self.database.close() }

    /// A webhook's intake.
    func intake() -> WebhookIntake {
        WebhookIntake(posts: self.bridge.posts, desk: self.desk, logger: .silent, gathering: .zero)
    }

    static func payload(_ members: JSONObject) -> JSON {
        var object: JSONObject = ["repository": ["full_name": "octo/App"], "sender": ["login": "mona"]]
        object.merge(members)
        return .object(object)
    }

    static func sha(_ number: Int) -> String { String(repeating: "\(number)", count: 40) }

    static func push(to number: Int, _ message: String, branch: String = "001-feature") -> JSON {
        self.payload([
            "ref": .string("refs/heads/\(branch)"), "before": .string(self.sha(number - 1)),
            "after": .string(self.sha(number)),
            "commits": [["id": .string(self.sha(number)), "message": .string(message)]],
        ])
    }

    static func comment(_ id: Int, _ text: String) -> JSON {
        self.payload([
            "action": "created", "issue": ["number": 7, "pull_request": [:]],
            "comment": ["id": JSON(id), "body": .string(text), "user": ["login": "mona"]],
        ])
    }

    static func check(_ id: Int, of number: Int, _ conclusion: String = "failure") -> JSON {
        self.payload([
            "action": "completed",
            "check_run": [
                "id": JSON(id), "status": "completed", "conclusion": .string(conclusion), "name": "build",
                "head_sha": .string(self.sha(number)), "check_suite": ["head_branch": "001-feature"],
            ],
        ])
    }
}
