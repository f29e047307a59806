internal import Agent
internal import Chat
internal import Logging
internal import Models
internal import Primitives
internal import Repositories
internal import Sessions
internal import Workbench
internal import Workspaces

/// Makes the worker of plain messages, and what each of its turns works with.
struct AgentWorker: Sendable {
    let model: any ModelClient
    let catalog: ModelCatalog
    let store: SessionStore
    let settings: CurrentAgentSettings
    let workbench: Workbench
    let workspaces: any WorkspaceDirectory
    let repositories: RepositoryCatalog
    let audit: any AuditRecorder
    let steering: AgentSteering
    let answerLimit: AnswerLimit
    /// Whether jails have a network.
    let hasNetwork: Bool
    private let ledgers = ReadLedgers()
    private let notes = ProjectNotes()

    init(
        model: any ModelClient, catalog: ModelCatalog, store: SessionStore, settings: CurrentAgentSettings,
        workbench: Workbench, workspaces: any WorkspaceDirectory, repositories: RepositoryCatalog,
        audit: any AuditRecorder, steering: AgentSteering, answerLimit: AnswerLimit, hasNetwork: Bool
    ) {
        self.model = model
        self.catalog = catalog
        self.store = store
        self.settings = settings
        self.workbench = workbench
        self.workspaces = workspaces
        self.repositories = repositories
        self.audit = audit
        self.steering = steering
        self.answerLimit = answerLimit
        self.hasNetwork = hasNetwork
    }

    var worker: any TurnWorker {
        let logger = Logger(label: "agent")
        return MessageTurn(
            talking: ChatTurn(
                self.model, catalog: self.catalog, limit: self.answerLimit, logger: Logger(label: "model")),
            working: AgentTurn(
                self.model, catalog: self.catalog, log: StoredSteps(store: self.store), steering: self.steering,
                answerLimit: self.answerLimit, logger: logger
            ) { request, thread in try await self.equipment(of: request, in: thread) },
            canWork: { request in self.canWork(request) },
            hasWorked: { turn in try await StoredSteps(store: self.store).hasWorked(turn) })
    }

    /// Tools are for members and owners, in a working jail, with a model that can call them. A thread that has chosen a
    /// persona with tools is told when its model cannot.
    private func canWork(_ request: TurnRequest) -> Bool {
        guard request.role >= .member, self.workbench.canRun, self.model.provider != "copilot-cli" else { return false }
        let persona = self.settings.settings.persona(chosen: request.persona)
        guard !persona.tools.isEmpty else { return request.persona != nil }
        guard request.persona == nil else { return true }
        let model = persona.model ?? request.model ?? self.model.defaultModel
        // Never waits for the list of models: a person waits for the answer.
        return self.catalog.assumed(model).supportsTools != false
    }

    private func equipment(of request: TurnRequest, in thread: any TurnThread) async throws -> AgentEquipment {
        let settings = self.settings.settings
        let persona = settings.persona(chosen: request.persona)
        let place = SessionPlace(session: request.session, repository: request.repository)
        let repository = request.repository ?? self.repositories.defaultLocalName
        let taint = TurnTaint()
        let tools = ToolCatalog.all.filter { persona.tools.contains($0.name) && ($0.kind != .fetch || self.hasNetwork) }
        let seams = self.seams(of: request, in: thread)
        let limits = persona.limits ?? settings.limits
        let executor = SessionTools(session: request.session, ledgers: self.ledgers) {
            await thread.takeTime(limits.time)
            return WorkspaceTools(
                files: try await self.workspaces.workspace(of: place),
                ledger: self.ledgers.ledger(of: request.session), seams: seams)
        }
        return AgentEquipment(
            persona: persona, tools: tools, read: CallReader(tools: tools).read,
            executor: executor,
            gate: PolicyGate(
                settings: self.settings, request: request, persona: persona, repository: repository, taint: taint,
                audit: self.audit, thread: thread),
            limits: limits,
            notes: await self.notes.text(of: try? self.repositories.repository(repository)),
            changes: { await self.changes(of: request.id, in: place) })
    }

    /// The size of what a turn changed; nil if that is unknown.
    private func changes(of turn: String, in place: SessionPlace) async -> ChangeTally? {
        do {
            guard let snapshot = try await self.store.read({ ledger in try ledger.firstSnapshot(ofTurn: turn) }) else {
                return ChangeTally(files: 0, additions: 0, deletions: 0)
            }
            return try await self.workspaces.workspace(of: place).changeTally(from: snapshot)
        } catch {
            // The snapshot may be gone.
            return nil
        }
    }

    private func seams(of request: TurnRequest, in thread: any TurnThread) -> ToolSeams {
        var seams = ToolSeams()
        seams.willChange = { snapshot in
            try await self.store.write { ledger in
                try ledger.insertChange(
                    session: request.session, turn: request.id, actor: request.sender.id, text: request.text,
                    snapshot: snapshot.id, at: WallClock.now())
            }
        }
        seams.plan = { tasks in
            let lines = tasks.map { "\($0.state.rawValue): \($0.text)" }
            try await thread.report(.thinking(lines.joined(separator: "\n")))
        }
        seams.question = { text, options in
            let question = ThreadQuestion(.question, text, options: options.map { ThreadQuestion.Option($0) })
            return Self.words(try await thread.answer(to: question, lifetime: nil))
        }
        seams.desk = WorkbenchDesk(
            bench: self.workbench, request: request, thread: thread, hasNetwork: self.hasNetwork)
        return seams
    }

    /// What the model is told of an answer.
    private static func words(_ answer: QuestionAnswer) -> String {
        switch answer.content {
        case .option(_, let label, let comment): comment.map { "\(label) (\($0))" } ?? label
        case .text(let text): text
        case .no(let reason): reason.map { "no: \($0)" } ?? "no"
        case .done: "no more questions"
        case .expired: "nobody answered in time; go on with what is most likely, and say so"
        }
    }
}
