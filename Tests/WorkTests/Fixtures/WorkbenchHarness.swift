import Audit
import Chat
import Database
import JSON
import Jail
import Logging
import Primitives
import Store
import TestSupport

@testable import Work

/// A workbench with a fake jail, workspace and audit.
final class WorkbenchHarness: Sendable {
    private let records = Records()
    private let directory: TemporaryDirectory
    let store: SessionStore
    let workspace: FakeWorkspace
    let shell: FakeShell
    let bench: Workbench
    let policy = Protected(CommandPermission(.allow, rule: "own"))
    let refusal = Protected<String?>(nil)

    init() async throws {
        self.directory = try TemporaryDirectory()
        self.store = try await .made(in: self.directory, session: "s_1")
        self.workspace = FakeWorkspace()
        self.shell = FakeShell(self.workspace)
        let (records, policy, refusal) = (self.records, self.policy, self.refusal)
        self.bench = Workbench(
            shells: FakeShells(shell: self.shell), workspaces: self.workspace, audit: records, store: self.store,
            running: RunningJobs(), notices: records,
            settings: PerRepository(WorkbenchSettings(timeout: .seconds(7), outputLimit: 4_096, jobsPerSession: 2)),
            policy: { _, role, _ in
                let permission = policy.withLock { $0 }
                return role == .member && permission.rule == "own" ? CommandPermission(.ask) : permission
            },
            status: {
                JailReport(
                    summary: "a fake jail", refusal: refusal.withLock { $0 }, profile: "fake", limits: "none at all")
            }, observe: { result, _ in records.state.withLock { $0.results.append(result) } },
            logger: Logger(label: "test"))
    }

    var entries: [AuditEntry] { self.records.state.withLock { $0.entries } }
    var notices: [String] { self.records.state.withLock { $0.notices } }
    /// Posted outside of turns.
    var commits: [CommitNotice] { self.records.state.withLock { $0.commits } }
    var results: [String] { self.records.state.withLock { $0.results } }
    func fillDisk() { self.records.state.withLock { $0.isFull = true } }

    /// Of the workspace, in bytes.
    var measured: Int64 {
        get async throws {
            try await self.store.read { ledger in
                try ledger.connection.first("SELECT workspace FROM sessions", [])?.integer("workspace") ?? 0
            }
        }
    }

    func waitForNotices(_ count: Int) async throws {
        try await eventually("\(count) notices have come") { self.notices.count >= count }
    }

    static func request(_ text: String, _ role: Role = .owner, id: String = "op_1") -> TurnRequest {
        TurnRequest(
            id: id, session: "s_1", text: text,
            sender: Sender(id: "fake:one/alice", identities: [Identity("fake:one/alice")], displayName: "alice"),
            role: role)
    }

    struct Result: Sendable {
        var events: [TurnEvent] = []
        var failure: String?

        var texts: [String] { self.events.compactMap { if case .text(let text) = $0 { text } else { nil } } }
        var output: [CommandOutput] { self.events.compactMap { if case .output(let it) = $0 { it } else { nil } } }
        var commits: [CommitNotice] { self.events.compactMap { if case .commit(let it) = $0 { it } else { nil } } }
    }

    /// Runs one turn to its end.
    func turn(
        _ kind: TurnKind, _ text: String = "", _ role: Role = .owner, id: String = "op_1",
        approving outcome: ApprovalOutcome = .expired
    ) async throws -> Result {
        let result = Protected(Result())
        let worker = self.bench.workers[kind]
        do {
            _ = try await worker?.run(
                Self.request(text, role, id: id),
                in: ClosureThread(approving: outcome) { event in result.withLock { $0.events.append(event) } })
        } catch let failure as TurnFailure {
            result.withLock { $0.failure = failure.message }
        }
        return result.withLock { $0 }
    }
}

/// What was recorded and posted.
private final class Records: AuditRecorder, ThreadNotices {
    struct State {
        var entries: [AuditEntry] = []
        var isFull = false
        var notices: [String] = []
        var commits: [CommitNotice] = []
        var results: [String] = []
    }

    let state = Protected(State())

    func record(_ entry: AuditEntry) async throws {
        try self.state.withLock { state in
            if state.isFull { throw WorkspaceFailure("the disk is full") }
            state.entries.append(entry)
        }
    }

    func post(_ markdown: String, in session: String) async throws {
        self.state.withLock { $0.notices.append(markdown) }
    }

    func post(_ commit: CommitNotice, in session: String) async throws {
        self.state.withLock { $0.commits.append(commit) }
    }
}
