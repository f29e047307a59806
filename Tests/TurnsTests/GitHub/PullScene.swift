import Agent
import Audit
import Chat
import Database
import EventLoop
import Git
import GitHub
import JSON
import Jail
import Lifecycle
import Logging
import Metrics
import Models
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

/// The workers `pr`, `review` and `fix` with a scripted model, and the stand-in's repository octo/app with one feature.
struct PullScene: Sendable {
    static let feature = "001-greet"
    static let token = "ghp_PlantedTokenOfTheHost0000000000000000"
    static let spec = """
        # Feature Specification: Greet people

        ## Summary

        Says hello.

        ### User Story 1 - Greet (Priority: P1)

        Hello.

        """
    static let tasks = """
        # Tasks: Greet

        ## Phase 1: User Story 1 - Greet (Priority: P1)

        - [x] T001 [US1] Create the script in src/greet.sh
        - [ ] T002 [US1] Describe it in docs/greet.md

        """

    let github: LoopbackGitHub
    let model: ScriptedModel
    let workers: [TurnKind: any TurnWorker]
    let news: GitHubNewsStore
    let store: SessionStore
    let work: GitHubWork
    let desk: TaskDesk
    let folder: String
    let session: String

    /// - Parameter access: What the host's account may do in the repository.
    static func with(
        _ settings: String = "approvals: {commands: allow, writes: allow}", access: GitHubAccess = .write,
        _ body: @Sendable (PullScene) async throws -> Void
    ) async throws {
        let folder = try TemporaryDirectory()
        let github = try await LoopbackGitHub.started()
        try await github.addRepository(
            "octo/app", files: ["README.md": "# App\n"], people: ["jet": access, "bob": .write, "reader": .read])
        await github.addToken(Self.token, HubToken("jet"))
        try await github.colleague("bob").push(
            [
                "specs/\(Self.feature)/spec.md": Self.spec, "specs/\(Self.feature)/tasks.md": Self.tasks,
                "src/greet.sh": "#!/bin/sh\necho helo\n",
            ], to: "octo/app", branch: Self.feature, message: "Begin to greet")
        try TestFile.write(Self.token, to: "\(folder.path)/token", mode: 0o600)
        let loaded = load(
            """
            data_dir: \(folder.path)/data
            github: {api_url: "\(github.url)", web_url: "\(github.url)", token: {file: \(folder.path)/token}}
            repositories:
              - {name: app, github: octo/app}
              - {name: notes, path: notes}
            \(settings)
            """)
        let configuration = try #require(loaded.configuration, "\(loaded.issues)")
        let result: Result<Void, any Error>
        do {
            result = .success(try await Self.run(configuration, github, folder.path, body))
        } catch {
            result = .failure(error)
        }
        await github.stop()
        try result.get()
        withExtendedLifetime(folder) {}
    }

    private static func run(
        _ configuration: Configuration, _ github: LoopbackGitHub, _ folder: String,
        _ body: @Sendable (PullScene) async throws -> Void
    ) async throws {
        let directory = try DataDirectory(path: configuration.dataDirectory)
        let logger = Logger(label: "test")
        let jail = await JailProbing.means(configuration, .jail, in: directory, logger: logger)
        let metrics = Metrics()
        let database = try Stores.open(configuration, metrics: metrics)
        let audit = try await AuditLog.open(database, keyIn: directory.path)
        let store = SessionStore(database: database)
        let host = try GitHubHost(configuration)
        let news = GitHubNewsStore(store: store, now: WallClock.now)
        let repositories = await RepositorySetup.catalog(for: configuration, upstreams: host.upstreams())
        let settings = CurrentAgentSettings(configuration.agentSettings)
        let commands = try await WorkbenchSetup(
            configuration, posts: ThreadPosts(store, metrics), audit: audit, trial: Task { jail },
            repositories: repositories,
            agent: settings)
        _ = try await commands.shells.found()
        let model = ScriptedModel { _ in ScriptedModel.answer("There is no script.") }
        let agent = AgentWorker(
            model: model, catalog: ModelCatalog(model), store: store, settings: settings, workbench: commands.workbench,
            repositories: repositories, audit: audit, steering: AgentSteering(),
            answerLimit: AnswerLimit(), hasNetwork: false)
        var work = GitHubWork(
            client: host.client, names: host.repositories, repositories: repositories,
            pages: RepositorySetup.pages(of: configuration, viewer: "http://127.0.0.1:8787"), store: store, news: news)
        let desk = TaskDesk(
            store: store, repositories: repositories, pages: work.pages, now: WallClock.now, propose: work.proposing)
        work.tasks = desk
        let key = ThreadKey(adapter: AdapterID("slack:team"), value: "C1/1")
        let route = Route(room: RoomID(adapter: AdapterID("slack:team"), name: "C1"))
        let session = try await store.write { ledger in
            try ledger.session(for: key, route: route, owner: "slack:T1/U1", title: "", at: WallClock.now()).id
        }
        let scene = PullScene(
            github: github, model: model,
            workers: work.workers(agent).merging([.task: TaskTurn(desk: desk, agent: agent)]) { $1 },
            news: news, store: store, work: work, desk: desk, folder: folder, session: session)
        let result: Result<Void, any Error>
        do { result = .success(try await body(scene)) } catch { result = .failure(error) }
        await commands.workbench.stop()
        await database.close()
        try result.get()
    }

    // MARK: What people do

    @discardableResult
    func run(
        _ kind: TurnKind, _ text: String = "", id: String = "op_1", repository: String? = nil,
        feature: String? = Self.feature, answered: AnsweredQuestion? = nil, isResumed: Bool = false,
        in thread: RecordingThread = RecordingThread()
    ) async throws -> (ending: TurnEnding, thread: RecordingThread) {
        let request = TurnRequest(
            id: id, session: self.session, text: text,
            sender: Sender(id: "slack:T1/U1", identities: [], displayName: "Ada"), role: .owner,
            repository: repository, feature: feature, isResumed: isResumed, answered: answered)
        let worker = try #require(self.workers[kind])
        let remote = RemoteWork(person: request.sender.id) { line in try? await thread.report(.notice(line)) }
        let ending = try await RemoteWork.$current.withValue(remote) { try await worker.run(request, in: thread) }
        return (ending, thread)
    }

    /// The line that a turn fails with.
    func failure(_ kind: TurnKind, _ text: String = "", repository: String? = nil, feature: String? = Self.feature)
        async throws -> String
    {
        do {
            let (_, thread) = try await self.run(kind, text, repository: repository, feature: feature)
            return "no failure: \(thread.text)"
        } catch let failure as TurnFailure {
            return failure.message
        }
    }

    func answer(_ parked: ParkedQuestion, with key: String, id: String = "op_2") async throws -> RecordingThread {
        let answered = AnsweredQuestion(
            ask: "q1", question: parked.question, payload: parked.payload,
            answer: QuestionAnswer(.option(key: key, label: "", comment: nil), by: "Ada"))
        return try await self.run(parked.kind, id: id, answered: answered).thread
    }

    // MARK: What the model does

    func play(_ calls: (tool: String, arguments: JSON)...) {
        self.model.append(
            calls.enumerated().map { number, call in
                .event(.toolCall(ToolCall(id: "call_\(number)", name: call.tool, arguments: call.arguments.text)))
            } + [.event(.finished(.toolCalls))])
    }

    func say(_ text: String) { self.model.append(ScriptedModel.answer(text)) }

    // MARK: What GitHub has

    @Net func repository() throws -> HubRepository { try #require(self.github.repository("octo/app")) }

    /// A check of the branch's last commit ends.
    func check(_ name: String, _ conclusion: String, title: String = "") async throws {
        let head = try #require(try await self.github.head(Self.feature, of: "octo/app"))
        try await self.github.colleague().check(name, on: head, in: "octo/app", conclusion, title: title)
    }

    /// Requests to a route so far.
    func count(_ route: String) async -> Int { await self.github.ledger.counts[route] ?? 0 }

    func pull(_ number: Int = 1) async throws -> GitHubPullRequest {
        let client = self.work.client
        return try await client.pullRequest(number, in: GitHubRepositoryName(owner: "octo", name: "app"))
    }
}
