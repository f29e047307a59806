import Audit
import Chat
import JSON
import Jail
import Logging
import Primitives
import TestSupport

@testable import Work

/// A workbench with a fake jail, workspace, audit and list of jobs.
final class WorkbenchHarness: AuditRecorder, JobLog, ThreadNotices, Sendable {
    private struct State {
        var entries: [AuditEntry] = []
        var isFull = false
        /// Of the workspace, in bytes.
        var measured: Int64?
        var jobs: [(job: Job, start: JobStart, hasChanges: Bool, isUndone: Bool)] = []
        var notices: [String] = []
        var commits: [CommitNotice] = []
        var results: [String] = []
    }

    private let state = Protected(State())
    let workspace: FakeWorkspace
    let shell: FakeShell
    private let box = Protected<Workbench?>(nil)
    let policy = Protected(CommandPermission(.allow, rule: "own"))
    let refusal = Protected<String?>(nil)

    init() {
        self.workspace = FakeWorkspace()
        self.shell = FakeShell(self.workspace)
        let (policy, refusal) = (self.policy, self.refusal)
        let bench = Workbench(
            shells: FakeShells(shell: self.shell), workspaces: self.workspace, audit: self, log: self,
            running: RunningJobs(), notices: self,
            settings: PerRepository(WorkbenchSettings(timeout: .seconds(7), outputLimit: 4_096, jobsPerSession: 2)),
            policy: { _, role, _ in
                let permission = policy.withLock { $0 }
                return role == .member && permission.rule == "own" ? CommandPermission(.ask) : permission
            },
            status: {
                JailReport(
                    summary: "a fake jail", refusal: refusal.withLock { $0 }, profile: "fake", limits: "none at all")
            }, observe: { [weak self] result, _ in self?.note(result) }, logger: Logger(label: "test"))
        self.box.withLock { $0 = bench }
    }

    var bench: Workbench {
        guard let bench = self.box.withLock({ $0 }) else { preconditionFailure("made by the initialiser") }
        return bench
    }

    var entries: [AuditEntry] { self.state.withLock { $0.entries } }
    var notices: [String] { self.state.withLock { $0.notices } }
    /// Posted outside of turns.
    var commits: [CommitNotice] { self.state.withLock { $0.commits } }
    var results: [String] { self.state.withLock { $0.results } }
    func fillDisk() { self.state.withLock { $0.isFull = true } }
    private func note(_ result: String) { self.state.withLock { $0.results.append(result) } }

    var measured: Int64? { self.state.withLock { $0.measured } }

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
        _ kind: TurnKind, _ text: String = "", _ role: Role = .owner, approving outcome: ApprovalOutcome = .expired
    ) async throws -> Result {
        let result = Protected(Result())
        let worker = self.bench.workers[kind]
        do {
            _ = try await worker?.run(
                Self.request(text, role),
                in: ClosureThread(approving: outcome) { event in result.withLock { $0.events.append(event) } })
        } catch let failure as TurnFailure {
            result.withLock { $0.failure = failure.message }
        }
        return result.withLock { $0 }
    }

    // MARK: AuditRecorder, ThreadNotices

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

    // MARK: JobLog

    func begin(_ start: JobStart) async throws -> Job {
        self.state.withLock { state in
            let job = Job(
                id: "j\(state.jobs.count + 1)", session: start.session, turn: start.turn, command: start.command,
                isBackground: start.isBackground, startedAt: 1)
            state.jobs.append((job, start, false, false))
            return job
        }
    }

    func end(_ job: Job, ending: String, hasChanges: Bool) async throws {
        self.state.withLock { state in
            guard let index = state.jobs.firstIndex(where: { $0.job.id == job.id }) else { return }
            state.jobs[index].job.state = .ended
            state.jobs[index].job.ending = ending
            state.jobs[index].hasChanges = hasChanges
        }
    }

    func jobs(of session: String) async throws -> [Job] { self.state.withLock { $0.jobs.map(\.job).reversed() } }

    func job(_ id: String, of session: String) async throws -> Job? {
        self.state.withLock { $0.jobs.first { $0.job.id == id }?.job }
    }

    func isRunning(in session: String) async throws -> Bool {
        self.state.withLock { $0.jobs.contains { $0.job.session == session && $0.job.state == .running } }
    }

    func measured(_ bytes: Int64, of session: String) async throws { self.state.withLock { $0.measured = bytes } }

    func forgetSnapshots(of session: String) async throws {}

    func unfinished() async throws -> [(job: Job, actor: String)] {
        self.state.withLock { $0.jobs.filter { $0.job.state == .running }.map { ($0.job, $0.start.actor) } }
    }

    func lastChange(of session: String) async throws -> (job: Job, snapshot: String)? {
        self.state.withLock { state in
            state.jobs.last { $0.hasChanges && !$0.isUndone }.map { ($0.job, $0.start.snapshot ?? "") }
        }
    }

    func markUndone(_ job: Job) async throws {
        self.state.withLock { state in
            for index in state.jobs.indices where state.jobs[index].job.id == job.id {
                state.jobs[index].isUndone = true
            }
        }
    }
}
