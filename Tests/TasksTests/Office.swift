import Analytics
import Audit
import Chat
import Database
import Glibc
import JSON
import Logging
import Metrics
import Primitives
import Repositories
import Store
import TestSupport

@testable import Delivery
@testable import People
@testable import Posts
@testable import Sessions
@testable import Tasks
@testable import Threads

/// A repository with a list, a colleague's clone, and the desk.
struct Office {
    let directory: TemporaryDirectory
    let database: Database
    let store: SessionStore
    let network = FakeAdapter(id: "irc:local")
    let desk: TaskDesk
    let git: RealGit
    let colleague: RealGit
    let audited = Protected<[AuditEntry]>([])

    static let alice = Sender(id: "web:a", identities: [Identity("web:a")], displayName: "Alice")

    init(_ text: String? = "# Tasks\n\n- [ ] T1 One\n- [ ] Two\n") async throws {
        self.directory = try TemporaryDirectory()
        let path = self.directory.path + "/notes"
        let setting = RepositorySetting(name: "notes", place: .local(path: path), branch: "main")
        let catalog = RepositoryCatalog([setting], now: { 1_700_000_000 }, logger: Logger(label: "test"))
        await catalog.prepare()
        self.git = RealGit(path)
        if let text {
            try self.git.shell("mkdir -p docs")
            try TestFile.write(text, to: path + "/docs/TASKS.md")
            try self.git.shell("git add . && git commit -qm list")
        }
        try self.git.shell("git clone -q . ../colleague")
        self.colleague = RealGit(self.directory.path + "/colleague")
        self.database = try TestDatabase.open(path: self.directory.path + "/store", migrations: StoreSchema.migrations)
        self.store = SessionStore(database: self.database)
        let posts = ThreadPosts(
            store: self.store, adapters: AdapterRegistry([self.network, FakeAdapter(id: "web")]),
            environment: BridgeEnvironment(
                settings: BridgeSettings(publicURL: "http://host"), logger: Logger(label: "test"), metrics: Metrics(),
                now: { 1_700_000_000_000 }))
        self.desk = TaskDesk(
            store: self.store, posts: posts, repositories: catalog, pages: RepositoryPages(viewer: "http://host"),
            audit: { [audited] _, entry in audited.withLock { $0.append(entry) } }, now: { 1_700_000_000_000 })
    }

    /// The tasks that became done, by person.
    var done: [String: Int64] {
        get async throws {
            try await self.store.read { ledger in
                let table = try ledger.analytics(
                    AnalyticsQuery(0..<2_000_000_000_000, by: [.user]), prices: PriceTable(own: [:]))
                return Dictionary(uniqueKeysWithValues: table.items.map { ($0.key[0], $0.sums.tasksDone) })
            }
        }
    }

    func change(
        _ task: String?, _ changes: TaskWish.Change..., base: String? = nil, turn: String? = nil
    ) async throws -> TaskDesk.Outcome {
        try await self.desk.change(
            TaskWish(task, changes, base: base), in: nil,
            by: .init(Self.alice, turn: turn ?? Identifier.make("t"), isNew: turn == nil))
    }

    /// Somebody has written to the bot directly.
    func meet(_ account: String, _ name: String) async throws -> Sender {
        let id = "irc:local/\(account)"
        let sender = Sender(id: id, identities: [Identity(id)], displayName: name)
        let direct = DirectConversation(
            thread: ThreadKey(adapter: self.network.id, value: "dm/\(account)"),
            route: Route(room: RoomID(adapter: self.network.id, name: account), recipient: account))
        try await self.store.write { ledger in try ledger.note(Sighting(sender: sender, direct: direct, at: 1)) }
        return sender
    }

    /// Somebody has signed in to the web chat, and in no other place.
    func signIn(_ name: String, usedAt: Int64 = 1, role: Role = .member) async throws -> String {
        let id = Identifier.make("k")
        let credential = CredentialRecord(
            id: id, kind: .cookie, name: name, identity: "web:\(id)", role: role, scopes: ["chat"], createdAt: usedAt)
        try await self.store.write { ledger in try ledger.insert(credential, hash: id) }
        return credential.identity
    }

    /// The threads of somebody, newest first, with their messages.
    func threads(of owner: String) async throws -> [(id: String, title: String, messages: [String])] {
        try await self.store.read { ledger in
            try ledger.sessions(after: nil, limit: 100).items.filter { $0.owner == owner }.map { session in
                let messages = try ledger.messages(of: session.id, after: nil, limit: 100).items
                return (session.id, session.title, messages.map(\.text))
            }
        }
    }

    /// What waits for the network, or was sent.
    var messages: [String] {
        get async throws {
            try await self.store.read { ledger in
                try ledger.sessions(after: nil, limit: 100).items.flatMap { session in
                    try ledger.messages(of: session.id, after: nil, limit: 100).items.map(\.text)
                }
            }
        }
    }

    var text: String { get throws { try self.git.shell("cat docs/TASKS.md") } }
    var changes: Int64 {
        get async throws {
            try await self.store.read { ledger in
                try ledger.connection.first("SELECT COALESCE(MAX(number), 0) AS n FROM changes", [])?.integer("n") ?? 0
            }
        }
    }
}
