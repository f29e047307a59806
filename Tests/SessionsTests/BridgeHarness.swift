import Chat
import Database
import Glibc
import JetbridgeTesting
import Logging
import Primitives

@testable import Sessions

/// A bridge on a database of its own with one fake network and scripted workers.
struct BridgeHarness {
    let directory: TemporaryDirectory
    let adapter: FakeAdapter
    let bridge: Bridge
    let worker: ScriptedWorker

    init(
        directory: TemporaryDirectory? = nil, adapter: FakeAdapter? = nil,
        traits: RoomTraits = RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false),
        worker: ScriptedWorker = ScriptedWorker(),
        settings: BridgeSettings = BridgeSettings(
            publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50), repositories: ["notes"]),
        store: DatabaseSettings = DatabaseSettings()
    ) async throws {
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        self.adapter = adapter ?? FakeAdapter(traits: traits)
        self.worker = worker
        let database = try Database(path: Self.path(directory), migrations: Schema.migrations, settings: store)
        self.bridge = Bridge(
            store: SessionStore(database: database), adapters: AdapterRegistry([self.adapter]),
            workers: ["chat": worker, "specify": worker],
            models: ModelDirectory(defaultModel: "small", provider: "test") {
                [ModelChoice(id: "small", detail: ""), ModelChoice(id: "large", detail: "")]
            },
            policy: AccessPolicy(owners: ["fake:one/alice"], guests: ["fake:one/gina"]),
            environment: BridgeEnvironment(
                settings: settings, logger: Logger(label: "test"), metrics: Metrics(), now: { 1_000 }))
        self.adapter.connect(to: self.bridge)
        try await self.bridge.recover()
    }

    private static func path(_ directory: TemporaryDirectory) -> String { directory.path + "/jetbridge.sqlite" }

    /// Runs `body` while somebody else writes into the store without an end: what is to be stored meanwhile is refused
    /// after the store's busy timeout.
    func whileLocked(_ body: () async throws -> Void) async throws {
        let other = try Database(path: Self.path(self.directory), migrations: Schema.migrations)
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

    /// A room of the network's.
    var room: RoomID { RoomID(adapter: self.adapter.id, name: "#team") }

    /// A lane for ``room`` beside the bridge's own.
    func lane() -> Lane {
        Lane(room: self.room, adapter: self.adapter, store: self.bridge.store, environment: self.bridge.environment)
    }

    /// Stores notes for ``room`` that nobody has sent yet.
    func notes(_ texts: String...) async throws -> [OutboxItem] {
        let route = Route(room: self.room)
        return try await self.bridge.store.write { ledger in
            try texts.map {
                try ledger.insertOutbox(session: "t", turn: nil, kind: .note, route: route, text: $0, at: 1)
            }
        }
    }

    /// Writes as `person` and waits for the operation.
    func ask(_ text: String, from person: String = "alice", id: String? = nil) async throws -> Submission? {
        try await self.bridge.submit(self.adapter.event(text, from: person, in: person, id: id))
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

    /// Waits until nothing of what came in is to be handled any more.
    func settleInbox() async throws {
        while try await self.bridge.store.read({ ledger in
            try !ledger.newEvents(after: 0, limit: 1).isEmpty || !ledger.newChanges().isEmpty
        }) { await Task.yield() }
    }

    /// Waits until all that was to be sent is recorded as sent.
    func settleOutbox() async throws {
        while try await self.bridge.store.read({ ledger in try ledger.outboxPending() > 0 }) { await Task.yield() }
    }

    /// Waits until nothing is to be handled, answered or sent any more.
    func settle() async throws {
        while try await self.bridge.store.read({ ledger in
            try !ledger.openTurns().isEmpty || ledger.outboxPending() > 0
                || !ledger.newEvents(after: 0, limit: 1).isEmpty
        }) { await Task.yield() }
    }

    /// Waits until so many previews stand in the rooms, and that is stored.
    func waitForLivePreviews(_ count: Int64) async throws {
        while try await self.bridge.store.read({ ledger in
            try ledger.connection.query("SELECT COUNT(*) AS n FROM outbox WHERE state = 'live'", [])
                .first?.integer("n") ?? 0
        }) < count { await Task.yield() }
    }

    func turn(_ id: String) async throws -> TurnRecord? {
        try await self.bridge.store.read { ledger in try ledger.turn(id: id) }
    }
}

/// A worker that reports what the question scripts: each request takes the next script.
final class ScriptedWorker: TurnWorker {
    enum Step: Sendable {
        case event(TurnEvent)
        /// Waits for ``ScriptedWorker/release()``.
        case hold
        case fail(String)
        case cut(String)
    }

    private struct State {
        var scripts: [[Step]] = []
        var requests: [TurnRequest] = []
        var holders: [CheckedContinuation<Void, Never>] = []
        var released = 0
    }

    private let state = Protected(State())

    init(_ scripts: [Step]...) {
        self.state.withLock { $0.scripts = scripts }
    }

    var requests: [TurnRequest] { self.state.withLock { $0.requests } }

    func refusal(of text: String) -> String? { text == "refuse me" ? "Refused: say something else." : nil }

    func release() {
        let holder = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.holders.isEmpty { state.released += 1 }
            return state.holders.isEmpty ? nil : state.holders.removeFirst()
        }
        holder?.resume()
    }

    func run(
        _ request: TurnRequest, report: @escaping @Sendable (TurnEvent) async throws -> Void
    ) async throws -> TurnEnding {
        let script = self.state.withLock { state -> [Step] in
            state.requests.append(request)
            return state.scripts.isEmpty ? [.event(.text("You said: \(request.text)"))] : state.scripts.removeFirst()
        }
        for step in script {
            switch step {
            case .event(let event): try await report(event)
            case .hold: try await self.hold()
            case .fail(let message): throw TurnFailure(message)
            case .cut(let reason): return .cut(reason)
            }
        }
        return .complete
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
