import Audit
import Chat
import Database
import Files
import Glibc
import Logging
import Metrics
import Models
import Primitives
import Store
import TestSupport

@testable import Delivery
@testable import People
@testable import Sessions
@testable import Threads

/// A bridge with its own database, one fake network and scripted workers.
struct BridgeHarness {
    let directory: TemporaryDirectory
    let adapter: FakeAdapter
    let bridge: Bridge
    let worker: ScriptedWorker

    init(
        directory: TemporaryDirectory? = nil, adapter: FakeAdapter? = nil, others: [any ChatAdapter] = [],
        traits: RoomTraits = RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false),
        worker: ScriptedWorker = ScriptedWorker(),
        settings: BridgeSettings = BridgeSettings(
            publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50), repositories: ["notes"]),
        store: DatabaseSettings = DatabaseSettings(),
        models: ModelDirectory = ModelDirectory(defaultModel: "small", provider: "test") {
            [
                ModelInfo(id: "small", name: "small", inputLimit: 0, outputLimit: 0),
                ModelInfo(id: "large", name: "large", inputLimit: 0, outputLimit: 0),
            ]
        },
        desk: (any CommandDesk)? = nil,
        agent: AgentDirectory? = nil, accounts: (any PersonalAccounts)? = nil,
        policy: AccessPolicy = AccessPolicy(owners: ["fake:one/alice"], guests: ["fake:one/gina"]),
        now: @escaping @Sendable () -> Int64 = { 1_000 },
        audit: @escaping @Sendable (Ledger, AuditEntry) throws -> Void = { _, _ in },
        export: ConversationExporter? = nil, reading: (any FileReading)? = nil,
        voice: (any VoiceReading)? = nil
    ) async throws {
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        self.adapter = adapter ?? FakeAdapter(traits: traits)
        self.worker = worker
        let database = try TestDatabase.open(
            path: Self.path(directory), migrations: StoreSchema.migrations, settings: store)
        var environment = BridgeEnvironment(
            settings: settings, logger: Logger(label: "test"), metrics: Metrics(), now: now,
            auditDecision: audit, export: export)
        environment.reading = reading
        environment.voice = voice
        self.bridge = Bridge(
            store: SessionStore(database: database), adapters: AdapterRegistry([self.adapter] + others),
            workers: [.chat: worker, .specify: worker, .run: worker, .files: worker, .say: worker],
            models: models, policy: policy, environment: environment, desk: desk, agent: agent, accounts: accounts)
        self.adapter.connect(to: self.bridge)
        try await self.bridge.recover()
    }

    private static func path(_ directory: TemporaryDirectory) -> String { directory.path + "/jetbridge.sqlite" }

    /// Runs `body` while another connection holds the write lock: each write fails after the store's busy timeout.
    func whileLocked(_ body: () async throws -> Void) async throws {
        let other = try TestDatabase.open(path: Self.path(self.directory), migrations: StoreSchema.migrations)
        let isOver = Protected(false)
        let begun = Gate(isOpen: false)
        let write = Task {
            try await other.write { _ in
                begun.setOpen(true)
                while !isOver.withLock({ $0 }) { usleep(1_000) }
            }
        }
        await begun.pass()
        var failure: (any Error)?
        do { try await body() } catch { failure = error }
        isOver.withLock { $0 = true }
        try await write.value
        await other.close()
        if let failure { throw failure }
    }

    var room: RoomID { RoomID(adapter: self.adapter.id, name: "#team") }

    /// A second lane for ``room``, next to the bridge's.
    func lane() -> Lane {
        Lane(
            room: self.room, adapter: self.adapter, store: self.bridge.store, environment: self.bridge.environment,
            reactions: self.bridge.lanes.reactions)
    }

    /// Stores unsent notes for ``room``.
    func notes(_ texts: String...) async throws -> [OutboxItem] {
        let route = Route(room: self.room)
        return try await self.bridge.store.write { ledger in
            try texts.map {
                try ledger.insertOutbox(session: "t", turn: nil, kind: .note, route: route, text: $0, at: 1)
            }
        }
    }

    /// Writes as `person` and waits for the operation; nil for a message that is not for the bot.
    func ask(_ text: String, from person: String = "alice", id: String? = nil) async throws -> Submission? {
        do {
            return try await self.bridge.submit(self.adapter.event(text, from: person, in: person, id: id))
        } catch is IgnoredEvent {
            return nil
        }
    }

    /// Every frame of an operation, up to its last one.
    func frames(of operation: String) async throws -> [LiveFrame] {
        var frames: [LiveFrame] = []
        for await frame in try await self.bridge.hub.subscribe(toOperation: operation, after: 0).frames {
            frames.append(frame)
            if frame.isLast { break }
        }
        return frames
    }

    /// Waits until the inbox is handled.
    func settleInbox() async throws {
        try await eventually("the inbox is handled") {
            try await self.bridge.store.read { ledger in
                try ledger.newEvents(after: 0, limit: 1).isEmpty && ledger.newChanges().isEmpty
            }
        }
    }

    /// Waits until the outbox is sent and recorded.
    func settleOutbox() async throws {
        try await eventually("the outbox is sent") {
            try await self.bridge.store.read { ledger in try ledger.outboxPending() == 0 }
        }
    }

    /// Waits until nothing is left to handle, answer or send.
    func settle() async throws {
        try await eventually("nothing is left to handle, answer or send") {
            try await self.bridge.store.read { ledger in
                // In the order in which one becomes the next: each statement sees what is committed then.
                try ledger.newEvents(after: 0, limit: 1).isEmpty && ledger.openTurns().isEmpty
                    && ledger.outboxPending() == 0
            }
        }
    }

    /// Waits until `count` previews are posted and recorded.
    func waitForLivePreviews(_ count: Int64) async throws {
        try await eventually("\(count) previews are posted and recorded") {
            try await self.bridge.store.read { ledger in
                try ledger.connection.query("SELECT COUNT(*) AS n FROM outbox WHERE state = 'live'", [])
                    .first?.integer("n") ?? 0
            } >= count
        }
    }

    func turn(_ id: String) async throws -> TurnRecord? {
        try await self.bridge.store.read { ledger in try ledger.turn(id: id) }
    }
}

/// A worker that plays scripts: each request takes the next one.
final class ScriptedWorker: TurnWorker {
    enum Step: Sendable {
        case event(TurnEvent)
        /// Waits for ``ScriptedWorker/release()``.
        case hold
        case fail(String)
        /// Ignores that it is cancelled, until ``ScriptedWorker/release()``.
        case ignoreStop
        /// Fails for the content of the question.
        case refuse(String)
        case cut(String)
        /// The content filter ends the answer.
        case filter(String)
        /// Asks for an approval, and says its outcome.
        case approval(ApprovalRequest)
        /// Asks for several at once.
        case approvals([ApprovalRequest])
        /// Asks a question and waits.
        case question(ThreadQuestion)
        /// Asks the thread for the last bytes of what was said.
        case recall(Int)
        /// Ends the turn with a question.
        case park(ParkedQuestion)
    }

    private struct State {
        var scripts: [[Step]] = []
        var requests: [TurnRequest] = []
        var outcomes: [ApprovalOutcome] = []
        var answers: [QuestionAnswer] = []
        var recalled: [String] = []
        var holders: [CheckedContinuation<Void, Never>] = []
        var released = 0
        var isStopped = false
    }

    private let state = Protected(State())

    init(_ scripts: [Step]...) {
        self.state.withLock { $0.scripts = scripts }
    }

    init(scripts: [[Step]]) {
        self.state.withLock { $0.scripts = scripts }
    }

    var requests: [TurnRequest] { self.state.withLock { $0.requests } }
    /// Of the approvals that it asked for.
    var outcomes: [ApprovalOutcome] { self.state.withLock { $0.outcomes } }

    /// Whether ``Step/ignoreStop`` has been cancelled.
    var isStopped: Bool { self.state.withLock { $0.isStopped } }

    /// Whether the prompts had foreign text.
    var foreign: [Bool] { self.requests.map(\.hasForeignText) }

    /// What ``Step/recall(_:)`` got.
    var recalled: [String] { self.state.withLock { $0.recalled } }

    /// To the questions that it waited for.
    var answers: [QuestionAnswer] { self.state.withLock { $0.answers } }

    func refusal(of text: String) -> String? { text == "refuse me" ? "Refused: say something else." : nil }

    func release() {
        let holder = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.holders.isEmpty { state.released += 1 }
            return state.holders.isEmpty ? nil : state.holders.removeFirst()
        }
        holder?.resume()
    }

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        let script = self.state.withLock { state -> [Step] in
            state.requests.append(request)
            return state.scripts.isEmpty ? [.event(.text("You said: \(request.text)"))] : state.scripts.removeFirst()
        }
        for step in script {
            switch step {
            case .event(let event): try await thread.report(event)
            case .hold: try await self.hold()
            case .ignoreStop:
                await withTaskCancellationHandler {
                    await self.waitForRelease()
                } onCancel: {
                    self.state.withLock { $0.isStopped = true }
                }
            case .fail(let message): throw TurnFailure(message)
            case .refuse(let message): throw TurnFailure(message, cause: .content)
            case .cut(let reason): return .cut(reason)
            case .filter(let reason): return .filtered(reason)
            case .approval(let approval):
                let outcome = try await thread.approval(of: approval)
                self.state.withLock { $0.outcomes.append(outcome) }
            case .approvals(let approvals):
                let outcomes = try await thread.approvals(of: approvals)
                self.state.withLock { $0.outcomes += outcomes }
            case .question(let question):
                let answer = try await thread.answer(to: question, lifetime: nil)
                self.state.withLock { $0.answers.append(answer) }
            case .recall(let count):
                let text = thread.keepsText ? try await thread.lastText(count) : "(not kept)"
                self.state.withLock { $0.recalled.append(text) }
            case .park(let question): return .asked(question)
            }
        }
        return .complete
    }

    private func waitForRelease() async {
        await withCheckedContinuation { continuation in
            let mayGo = self.state.withLock { state -> Bool in
                if state.released == 0 { state.holders.append(continuation) }
                defer { state.released = max(0, state.released - 1) }
                return state.released > 0
            }
            if mayGo { continuation.resume() }
        }
    }

    private func hold() async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayGo = self.state.withLock { state -> Bool in
                    if state.released > 0 || Task.isCancelled {
                        state.released = max(0, state.released - 1)
                        return true
                    }
                    state.holders.append(continuation)
                    return false
                }
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            self.release()
        }
        try Task.checkCancellation()
    }
}
