import Audit
import Chat
import Primitives
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions
@testable import Threads

/// A bridge whose turns ask for approvals: alice and olga are owners, bob and mia members, gina a guest.
struct AskStage {
    let harness: BridgeHarness
    let audit: Protected<[AuditEntry]>
    let clock: Protected<Int64>

    static let start: Int64 = 1_700_000_000_000
    static let policy = Self.policy(takesRequests: false)

    private static func policy(takesRequests: Bool) -> AccessPolicy {
        AccessPolicy(
            owners: ["fake:one/alice", "fake:one/olga", "web:olga"], members: ["fake:one/bob", "fake:one/mia"],
            guests: ["fake:one/gina"], takesRequests: takesRequests)
    }

    /// A room with everything, such as Slack's.
    static let rich = RoomTraits(
        capabilities: [.edits, .buttons, .reactions, .threads], textLimit: 4_000, textUnit: .bytes)
    /// A room of lines, such as IRC's.
    static let lines = RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false, answerMessages: 60)

    static func request(
        _ subject: String = "make test", in directory: String = "/workspace",
        _ approver: ApprovalRequest.Approver = .ownersOnly
    ) -> ApprovalRequest {
        ApprovalRequest(action: .run, subject: subject, directory: directory, tool: "run", approver: approver)
    }

    init(
        _ traits: RoomTraits = AskStage.rich, directory: TemporaryDirectory? = nil, adapter: FakeAdapter? = nil,
        timeout: Duration = .seconds(300), clock: Protected<Int64> = Protected(AskStage.start),
        takesRequests: Bool = false,
        playing scripts: [[ScriptedWorker.Step]]
    ) async throws {
        let audit = Protected<[AuditEntry]>([])
        self.audit = audit
        self.clock = clock
        let settings = BridgeSettings(
            publicURL: "http://127.0.0.1:8787", approvalTimeout: timeout, drainTimeout: .milliseconds(50))
        self.harness = try await BridgeHarness(
            directory: directory, adapter: adapter, traits: traits, worker: ScriptedWorker(scripts: scripts),
            settings: settings, policy: Self.policy(takesRequests: takesRequests), now: { clock.withLock { $0 } },
            audit: { _, entry in audit.withLock { $0.append(entry) } })
    }

    /// A turn that asks for `requests`, one after the other, and then says `done`.
    init(
        _ traits: RoomTraits = AskStage.rich, timeout: Duration = .seconds(300), asking requests: ApprovalRequest...
    ) async throws {
        try await self.init(traits, timeout: timeout, playing: [Self.script(requests)])
    }

    static func script(_ requests: [ApprovalRequest]) -> [ScriptedWorker.Step] {
        requests.map { .approval($0) } + [.event(.text("done"))]
    }

    var adapter: FakeAdapter { self.harness.adapter }
    var bridge: Bridge { self.harness.bridge }
    var outcomes: [ApprovalOutcome] { self.harness.worker.outcomes }

    func advance(by milliseconds: Int64) { self.clock.withLock { $0 += milliseconds } }

    /// Says something in the platform's thread `thread` of `#team`, or in the person's own one.
    @discardableResult
    func say(
        _ text: String, as person: String, thread: String? = "t1", room: String = "#team", id: String? = nil
    ) async throws -> Delivery {
        try await self.adapter.say(
            text, from: person, in: room, id: id, isDirect: false, isAddressed: true, thread: thread)
    }

    /// Waits for the ask `id` in the room, and returns its last message.
    @discardableResult
    func ask(_ id: String = "a1") async throws -> FakeAdapter.Post { try await self.posted("deny \(id) REASON") }

    /// Waits for a message that contains `text` and whose id the bridge has, and returns it.
    func posted(_ text: String) async throws -> FakeAdapter.Post {
        await self.wait(for: text)
        let post = try #require(self.adapter.posts.last { $0.text.contains(text) })
        // Nobody sees a message before the bridge has its id: the post that is on its way is recorded first.
        let reference = MessageReference(room: post.route.room, id: post.id)
        // Rooms of lines have no buttons, and record none.
        guard !post.buttons.isEmpty else { return post }
        while try await self.bridge.store.read({ ledger in try ledger.posted(reference) }) == nil {
            try await Task.sleep(for: .milliseconds(2))
        }
        return post
    }

    /// Waits until `count` frames of the asking turn are stored: one tells that it waits, for each start. A bridge that
    /// plays a crashed one must have nothing left to write.
    func waitForFrames(_ count: Int) async throws {
        let turn = try await self.record().turn
        while try await self.bridge.store.read({ ledger in try ledger.frames(of: turn, after: 0).count }) < count {
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Waits until a message contains `text`.
    func wait(for text: String) async {
        await self.adapter.waitForPosts { posts in posts.contains { $0.text.contains(text) } }
    }

    func record(_ id: String = "a1") async throws -> AskRecord {
        try #require(try await self.bridge.store.read { ledger in try ledger.ask(id: id) })
    }

    /// Messages that contain `text`.
    func count(_ text: String) -> Int { self.adapter.posts.count { $0.text.contains(text) } }
}
