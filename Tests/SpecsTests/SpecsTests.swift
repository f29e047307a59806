import Chat
import Git
import Logging
import Models
import Primitives
import Repositories
import Specs
import TestSupport

/// A model that answers with a given text, in small pieces.
struct SaidModel: ModelClient {
    let provider = "said"
    let defaultModel = "said-1"
    var text = SaidModel.specification
    var finish: FinishReason? = .stop
    var error: ModelError?
    /// Runs before the last piece.
    var beforeEnd: @Sendable () async throws -> Void = {}
    let requests = Protected<[ModelRequest]>([])

    func models() async throws -> [ModelInfo] { [] }
    func check() async throws {}

    func stream(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        self.requests.withLock { $0.append(request) }
        return AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    var rest = Substring(self.text)
                    while !rest.isEmpty {
                        continuation.yield(.delta(String(rest.prefix(7))))
                        rest = rest.dropFirst(7)
                    }
                    try await self.beforeEnd()
                    if let error = self.error { throw error }
                    if let finish = self.finish { continuation.yield(.finished(finish)) }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    static let specification = """
        # Feature Specification: Login Page

        **Feature Branch**: `999-wrong`
        **Created**: [DATE]
        **Status**: Final
        **Input**: User description: "something
        else"

        ## User Scenarios & Testing

        ### User Story 1 - Sign in (Priority: P1)

        A person signs in.

        **Independent Test**: sign in with a new account.

        **Acceptance Scenarios**:

        1. **Given** an account, **When** the right password is entered, **Then** the person is signed in

        ### Edge Cases

        - What happens after three wrong passwords?

        ## Requirements *(mandatory)*

        ### Functional Requirements

        - **FR-001**: System MUST let people sign in.

        ## Success Criteria *(mandatory)*

        ### Measurable Outcomes

        - **SC-001**: 9 of 10 people sign in within 20 seconds.

        ## Assumptions

        - Accounts exist.
        """
}

/// A worker with its own repository, and the events it reported.
struct Fixture {
    static let now: Int64 = 1_795_161_600  // 2026-11-20
    static let sender = Sender(id: "web:ada", identities: [], displayName: "Ada")

    let directory: TemporaryDirectory
    let git: RealGit
    let catalog: RepositoryCatalog

    init() throws {
        self.directory = try TemporaryDirectory()
        let path = self.directory.path + "/notes"
        self.git = RealGit(path)
        self.catalog = RepositoryCatalog(
            [
                RepositorySetting(name: "notes", place: .local(path: path), branch: "main")
            ], now: { Self.now }, logger: Logger(label: "test"))
    }

    func worker(_ model: any ModelClient) -> SpecifyTurn {
        SpecifyTurn(model, catalog: self.catalog, now: { Self.now }, logger: Logger(label: "test"))
    }

    struct Result {
        var events: [TurnEvent] = []
        var ending: TurnEnding?
        var failure: String?

        var text: String { self.events.map { if case .text(let text) = $0 { text } else { "" } }.joined() }
        var notices: [String] { self.events.compactMap { if case .notice(let text) = $0 { text } else { nil } } }
        var commits: [CommitNotice] { self.events.compactMap { if case .commit(let it) = $0 { it } else { nil } } }
    }

    func run(
        _ text: String, id: String = "op1", repository: String? = nil, history: [HistoryEntry] = [],
        model: any ModelClient = SaidModel()
    ) async throws -> Result {
        let request = TurnRequest(
            id: id, session: "s", text: text, sender: Self.sender, repository: repository, history: history)
        return try await self.run(self.worker(model), request)
    }

    func run(_ worker: any TurnWorker, _ request: TurnRequest) async throws -> Result {
        let events = Protected<[TurnEvent]>([])
        var result = Result()
        do {
            result.ending = try await worker.run(request) { event in
                events.withLock { $0.append(event) }
            }
        } catch let error as TurnFailure {
            result.failure = error.message
        }
        result.events = events.withLock { $0 }
        return result
    }

    var branches: [String] {
        get throws { try self.git("branch --format='%(refname:short)'").split(separator: "\n").map(String.init) }
    }
}
