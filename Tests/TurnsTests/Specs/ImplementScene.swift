import Agent
import Audit
import Chat
import Database
import JSON
import Jail
import Lifecycle
import Logging
import Metrics
import Models
import People
import Primitives
import Repositories
import Sessions
import Store
import Tasks
import TestSupport
import Testing
import Threads
import Work

@testable import Host
@testable import Posts
@testable import Turns

/// The worker of `implement` with a scripted model, a real jail and a repository with one feature.
struct ImplementScene: Sendable {
    static let feature = "001-greet"
    static let tasks = """
        # Tasks: Greet

        ## Phase 1: User Story 1 - Greet (Priority: P1)

        - [ ] T001 [US1] Create the script in src/greet.sh
        - [ ] T002 [US1] Describe it in docs/greet.md

        """

    let git: RealGit
    let model: ScriptedModel
    let worker: ImplementTurn
    let desk: TaskDesk
    let tasks: TaskTurn
    let store: SessionStore
    let repository: String

    static func with(
        tasks: String = Self.tasks, _ settings: String = "approvals: {commands: allow, writes: allow}",
        client: (any ModelClient)? = nil, means: JailMeans? = nil,
        _ body: @Sendable (ImplementScene) async throws -> Void
    ) async throws {
        let folder = try TemporaryDirectory()
        let path = "\(folder.path)/app"
        let git = try Self.repository(at: path, tasks: tasks)
        let loaded = load(
            """
            data_dir: \(folder.path)/data
            repositories: [{name: app, path: \(path)}]
            \(settings)
            """)
        let configuration = try #require(loaded.configuration, "\(loaded.issues)")
        let directory = try DataDirectory(path: configuration.dataDirectory)
        let logger = Logger(label: "test")
        let jail =
            if let means { means } else { await JailProbing.means(configuration, .jail, in: directory, logger: logger) }
        let metrics = Metrics()
        let database = try Stores.open(configuration, metrics: metrics)
        let audit = try await AuditLog.open(database, keyIn: directory.path)
        let store = SessionStore(database: database)
        let access = AccessControl(
            policy: AccessPolicy(), store: store, audit: { _, _ in }, now: { 1_700_000_000_000 })
        let repositories = await RepositorySetup.catalog(
            for: configuration, upstreams: [:], authors: access.author)
        let settings = CurrentAgentSettings(configuration.agentSettings)
        let commands = try await WorkbenchSetup(
            configuration, posts: ThreadPosts(store, metrics), audit: audit, trial: Task { jail },
            repositories: repositories,
            agent: settings)
        _ = try await commands.shells.found()
        let model = ScriptedModel { _ in ScriptedModel.answer("There is no script.") }
        let agent = AgentWorker(
            model: client ?? model, catalog: ModelCatalog(client ?? model), store: store, settings: settings,
            workbench: commands.workbench, repositories: repositories, audit: audit, steering: AgentSteering(),
            answerLimit: AnswerLimit(), hasNetwork: false)
        let desk = TaskDesk(
            store: store, repositories: repositories, pages: RepositoryPages(viewer: "http://host"), now: WallClock.now)
        let scene = ImplementScene(
            git: git, model: model, worker: ImplementTurn(agent: agent, repositories: repositories), desk: desk,
            tasks: TaskTurn(desk: desk, agent: agent), store: store, repository: path)
        let result: Result<Void, any Error>
        do { result = .success(try await body(scene)) } catch { result = .failure(error) }
        await commands.workbench.stop()
        await database.close()
        try result.get()
        withExtendedLifetime(folder) {}
    }

    private static func repository(at path: String, tasks: String) throws -> RealGit {
        try RealGit("/").shell("mkdir -p '\(path)/specs/\(Self.feature)'")
        let folder = "\(path)/specs/\(Self.feature)"
        try TestFile.write(
            "# Feature Specification: Greet\n\n### User Story 1 - Greet (Priority: P1)\n\nHello.\n",
            to: "\(folder)/spec.md")
        try TestFile.write("# Plan\n\n## Summary\n\nPlain sh.\n", to: "\(folder)/plan.md")
        try TestFile.write(tasks, to: "\(folder)/tasks.md")
        try TestFile.write("hello\n", to: "\(path)/README.md")
        let git = RealGit(path)
        try git("init -q && git add README.md && git commit -qm Start")
        try git("switch -qc \(Self.feature) && git add -A && git commit -qm Tasks && git switch -q -")
        return git
    }

    // MARK: What the model does

    func play(_ calls: (tool: String, arguments: JSON)...) {
        self.model.append(
            calls.enumerated().map { number, call in
                .event(
                    .toolCall(ToolCall(id: "call_\(number)", name: call.tool, arguments: call.arguments.text)))
            } + [.event(.finished(.toolCalls))])
    }

    func write(_ path: String, _ text: String = "text\n") {
        self.play(("write", ["path": .string(path), "text": .string(text)]))
    }

    func answer(_ text: String) { self.model.append(ScriptedModel.answer(text)) }

    /// Writes a file and says that the task is done.
    func carryOut(_ path: String) {
        self.write(path)
        self.answer("I wrote it.\n\nResult: done")
    }

    // MARK: What people do

    func run(
        _ text: String = "", id: String = "op_1", role: Role = .owner, isResumed: Bool = false,
        in thread: RecordingThread = RecordingThread()
    ) async throws -> TurnEnding {
        try await self.worker.run(
            TurnRequest(
                id: id, session: "abc123", text: text,
                sender: Sender(id: "irc:ada", identities: [], displayName: "Ada"), role: role, isResumed: isResumed),
            in: thread)
    }

    /// `task TEXT`
    func runTask(_ text: String, id: String, in thread: RecordingThread) async throws -> TurnEnding {
        try await self.tasks.run(
            TurnRequest(
                id: id, session: "abc123", text: text,
                sender: Sender(id: "irc:ada", identities: [], displayName: "Ada"), role: .owner, isNew: true),
            in: thread)
    }

    /// A colleague's commit on the feature's branch.
    func commit(_ script: String) throws {
        try self.git.shell(
            """
            rm -rf ../colleague && git clone -q . ../colleague && cd ../colleague && git switch -q \(Self.feature)
            git config user.name Bob && git config user.email bob@example.org
            \(script)
            git add -A && git commit -qm 'By Bob' && git push -q origin \(Self.feature)
            """)
    }

    /// The subjects of the feature's branch since its tasks were written, oldest first.
    var subjects: [String] {
        get throws { try self.log("%s") }
    }

    func log(_ format: String) throws -> [String] {
        try self.git("log --reverse --format='\(format)' \(Self.feature)").split(separator: "\n").dropFirst(2)
            .map(String.init)
    }

    func file(_ path: String) throws -> String { try self.git("show \(Self.feature):\(path)") }

    /// Whether each task's box is ticked.
    var boxes: String {
        get throws {
            try self.file("specs/\(Self.feature)/tasks.md").split(separator: "\n").filter { $0.hasPrefix("- [") }
                .map { String($0.dropFirst(3).prefix(1)) }.joined()
        }
    }

    func checkRepository() throws { try expectEqual(self.git("fsck --strict"), "") }
}

/// A thread that records what it is told, and answers approvals by a closure.
final class RecordingThread: TurnThread {
    private let state = Protected<[TurnEvent]>([])
    private let onEvent: @Sendable (TurnEvent) async throws -> Void
    private let onApproval: @Sendable (ApprovalRequest) async throws -> ApprovalOutcome
    private let onQuestion: @Sendable (ThreadQuestion) async throws -> QuestionAnswer

    init(
        onEvent: @escaping @Sendable (TurnEvent) async throws -> Void = { _ in },
        onApproval: @escaping @Sendable (ApprovalRequest) async throws -> ApprovalOutcome = { _ in
            .approved(ask: nil, by: "Ada")
        },
        onQuestion: @escaping @Sendable (ThreadQuestion) async throws -> QuestionAnswer = { _ in
            QuestionAnswer(.expired)
        }
    ) {
        self.onQuestion = onQuestion
        self.onEvent = onEvent
        self.onApproval = onApproval
    }

    func report(_ event: TurnEvent) async throws {
        try Task.checkCancellation()
        try await self.onEvent(event)
        self.state.withLock { $0.append(event) }
    }

    func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome { try await self.onApproval(request) }

    func answer(to question: ThreadQuestion, lifetime: Duration?) async throws -> QuestionAnswer {
        try await self.onQuestion(question)
    }

    var events: [TurnEvent] { self.state.withLock { $0 } }

    var text: String {
        self.events.compactMap {
            if case .text(let text) = $0 { text } else if case .offer(let text, _) = $0 { text } else { nil }
        }
        .joined()
    }

    var buttons: [String] {
        self.events.flatMap { if case .offer(_, let buttons) = $0 { buttons.map(\.command) } else { [String]() } }
    }

    var notices: [String] {
        self.events.compactMap { if case .notice(let text) = $0 { text } else { nil } }
    }

    var commits: [String] {
        self.events.compactMap { if case .commit(let commit) = $0 { commit.subject } else { nil } }
    }

    var steps: [TurnSteps] {
        self.events.compactMap { if case .steps(let steps) = $0 { steps } else { nil } }
    }
}
