package import Agent
internal import Analytics
package import Audit
package import Chat
package import Extensions
internal import Git
package import Jail
internal import Logging
package import Models
internal import Primitives
package import Repositories
package import Store
package import Web
package import Work

/// Answers a message: by working with tools where the person may and the host can, else by talking. Makes what a turn
/// works with, also for those of other kinds. A class, because what it makes refers to it in many places.
package final class AgentWorker: TurnWorker {
    package let model: any ModelClient
    package let catalog: ModelCatalog
    let classes: DataClasses
    let store: SessionStore
    let settings: CurrentAgentSettings
    let workbench: Workbench
    let repositories: RepositoryCatalog
    let audit: any AuditRecorder
    let steering: AgentSteering
    let answerLimit: AnswerLimit
    /// Whether jails have a network.
    let hasNetwork: Bool
    /// Nil where the Copilot CLI is not the provider, or only talks.
    let cli: CopilotCLIAgents?
    /// Nil on a host without extensions.
    let extensions: ExtensionDesk?
    /// Where the workspace of a session is for servers that see its files; nil where they can't.
    let places: (@Sendable (SessionPlace) async throws -> JailPlace?)?
    private let talking: ChatTurn
    private let calibration = TokenCalibration()
    /// What the model has read: otherwise it reads again.
    private let ledgers = SessionMemory<ReadLedger>()
    /// The models of threads that know that theirs only talks: otherwise they hear it again.
    private let hints = SessionMemory<String>()
    let notes = ProjectNotes()
    let skills: SkillLibrary
    let proposals = MemoryProposals()
    /// Nil on a host that does not search the web.
    let web: WebSearch?

    package init(
        model: any ModelClient, catalog: ModelCatalog, store: SessionStore, settings: CurrentAgentSettings,
        workbench: Workbench, repositories: RepositoryCatalog, audit: any AuditRecorder,
        steering: AgentSteering = AgentSteering(), answerLimit: AnswerLimit, hasNetwork: Bool,
        classes: DataClasses = DataClasses(), cli: CopilotCLIAgents? = nil, skills: SkillLibrary = SkillLibrary(),
        extensions: ExtensionDesk? = nil,
        places: (@Sendable (SessionPlace) async throws -> JailPlace?)? = nil, web: WebSearch? = nil
    ) {
        self.model = model
        self.catalog = catalog
        self.classes = classes
        self.store = store
        self.settings = settings
        self.workbench = workbench
        self.repositories = repositories
        self.audit = audit
        self.steering = steering
        self.answerLimit = answerLimit
        self.hasNetwork = hasNetwork
        self.cli = cli
        self.skills = skills
        self.extensions = extensions
        self.places = places
        self.web = web
        self.talking = ChatTurn(model, catalog: catalog, limit: answerLimit, logger: Logger(label: "model"))
    }

    /// The record of the steps of turns.
    var steps: StoredSteps {
        StoredSteps(
            store: self.store,
            origin: UsageOrigin(
                provider: { [model = self.model] in model.provider(of: $0) }, repository: self.repositories.defaultName)
        )
    }

    package func refusal(of text: String) -> String? { self.talking.refusal(of: text) }

    package func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        if let ending = try await self.settled(request, in: thread) { return ending }
        let request = try await self.prompted(request, in: thread)
        // A plain answer that broke off is continued in the middle of its sentence.
        let model = self.settings.settings.persona(chosen: request.persona).model
        if request.continuing != nil, try await !StoredSteps(store: self.store).hasWorked(request.id) {
            return try await self.talking.run(request, in: thread, preferring: model)
        }
        if self.canWork(request) {
            return try await self.proposing(request) { try await self.working(request).run(request, in: thread) }
        }
        if let hint = self.hint(for: request) { try await thread.report(.notice(hint)) }
        return try await self.talking.run(request, in: thread, preferring: model)
    }

    /// With the Copilot CLI's tools, where it is the provider, else with ours.
    private func working(_ request: TurnRequest) -> any TurnWorker {
        let equip: AgentTurn.Equip = { request, thread in
            try await self.equipment(of: request, in: thread, mayDelegate: true)
        }
        guard let cli = self.cli, self.provider(of: request) == Self.cliProvider else {
            return self.turn("agent", self.steps, calibration: self.calibration, equip: equip)
        }
        return CopilotCLIWork(
            agents: cli, client: self.model, catalog: self.catalog, store: self.store, steps: self.steps,
            workbench: self.workbench, audit: self.audit, steering: self.steering,
            answerLimit: self.answerLimit, equip: equip,
            willChange: { request, snapshot in try await self.insertChange(of: request, snapshot) })
    }

    // Change: when a message is answered with tools
    /// Tools are for members and owners, in a working jail, with a model that can call them. A thread that has chosen a
    /// persona with tools is told when its model cannot.
    private func canWork(_ request: TurnRequest) -> Bool {
        guard request.role >= .member, self.workbench.canRun,
            self.cli != nil || self.provider(of: request) != Self.cliProvider
        else { return false }
        let persona = self.settings.settings.persona(chosen: request.persona)
        guard !persona.tools.isEmpty else { return request.persona != nil }
        guard request.persona == nil else { return true }
        // Never waits for the list of models: a person waits for the answer.
        return self.catalog.assumed(self.model(of: request, persona)).supportsTools != false
    }

    static let cliProvider = "copilot-cli"

    func model(of request: TurnRequest, _ persona: Persona) -> String {
        self.model.model(request.model, persona.model)
    }

    private func provider(of request: TurnRequest) -> String {
        self.model.provider(of: self.model(of: request, self.settings.settings.persona(chosen: request.persona)))
    }

    /// Says once in each thread why its model only talks.
    private func hint(for request: TurnRequest) -> String? {
        guard request.role >= .member, self.workbench.canRun, self.provider(of: request) != Self.cliProvider
        else { return nil }
        let persona = self.settings.settings.persona(chosen: request.persona)
        let model = self.model(of: request, persona)
        let models = self.catalog.known
        guard !persona.tools.isEmpty, models.first(where: { $0.id == model })?.supportsTools == false,
            self.hints.keep(model, of: request.session) != model
        else { return nil }
        return AgentTurn.notice(of: model, in: models)
    }

    /// - Parameters:
    ///   - task: The id of the task that commits are made for; nil for none.
    ///   - mayDelegate: Whether parts of it may be turns of their own.
    func equipment(
        of request: TurnRequest, in thread: any TurnThread, task: String? = nil, mayDelegate: Bool = false
    ) async throws -> AgentEquipment {
        let settings = self.settings.settings
        let persona = settings.persona(chosen: request.persona)
        let place = SessionPlace(of: request)
        let repository = request.repository ?? self.repositories.defaultName
        let known = try? self.repositories.repository(repository)
        let hasForeignSkills = known.map { SkillLibrary.isForeign($0) } ?? false
        let taint = TurnTaint {
            var sources: Set<TurnTaint.Source> = []
            if request.hasForeignText { sources.insert(.guest) }
            try await sources.formUnion(self.sources(readBy: request.id, hasForeignSkills: hasForeignSkills))
            return sources
        }
        let skills = persona.tools.contains("skill") ? await self.skills.skills(of: known) : []
        // No text of a repository whose data has a class reaches a provider of searches.
        let web = request.origins.isEmpty ? self.web : nil
        let own = ToolCatalog.all.filter {
            persona.tools.contains($0.name)
                && ($0.name == ToolCatalog.webSearch ? web != nil : $0.kind != .fetch || self.hasNetwork)
                && ($0.name != "skill" || !skills.isEmpty)
                && ($0.name != "remember" || self.proposals.isOpen(request.id))
                && ($0.name != "delegate" || mayDelegate)
        }
        // No text of a repository whose data has a class reaches an extension.
        let offer = request.origins.isEmpty ? await self.offer(to: persona, beside: own) : nil
        let tools = own + (offer?.tools ?? [])
        let pauses = TurnPauses()
        let seams = self.seams(of: request, in: thread, pauses, task) { seams in
            seams.remember = { text, isHere in try await self.propose(text, isHere: isHere, in: request, taint) }
            seams.web = web
            seams.skill = SkillLibrary.reading(skills, areForeign: hasForeignSkills, taint)
        }
        let limits = persona.limits ?? settings.limits
        var executor: any ToolExecutor = SessionTools(session: request.session, ledgers: self.ledgers) {
            await thread.takeTime(limits.time)
            return WorkspaceTools(
                files: try await self.workbench.workspaces.workspace(of: place),
                ledger: self.ledgers[request.session] ?? ReadLedger(), seams: seams)
        }
        if mayDelegate, persona.tools.contains("delegate") {
            executor = self.delegating(executor, request, in: thread, limits) {
                await self.equipment(ofPartOf: request, persona, taint, in: $0, limits: $1)
            }
        }
        if let offer, let desk = self.extensions {
            executor = ExtensionTools(
                own: executor, offer: offer, desk: desk,
                asking: self.asking(in: thread, of: request, pauses, offer))
        }
        var equipment = AgentEquipment(
            persona: persona, tools: tools, read: offer?.reader(with: own) ?? CallReader(tools: own).read,
            executor: executor,
            gate: PolicyGate(
                settings: self.settings, request: request, persona: persona, repository: repository, taint: taint,
                audit: self.audit, thread: thread),
            limits: limits,
            notes: [
                await self.notes.text(of: known), SkillLibrary.note(of: skills), offer?.instructions ?? "",
            ].filter { !$0.isEmpty }.joined(separator: "\n\n"),
            changes: { await self.changes(of: request.id, in: SessionPlace(of: request, update: .none)) })
        equipment.pauses = { pauses.total }
        return equipment
    }

    /// The size of what a turn changed; nil if that is unknown.
    private func changes(of turn: String, in place: SessionPlace) async -> GitStat? {
        do {
            guard let snapshot = try await self.store.read({ ledger in try ledger.firstSnapshot(ofTurn: turn) }) else {
                return GitStat(files: 0, additions: 0, deletions: 0)
            }
            return try await self.workbench.workspaces.workspace(of: place).changeTally(from: snapshot)
        } catch {
            // The snapshot may be gone.
            return nil
        }
    }

    /// What the turn began to read of the network and of extensions before a restart.
    private func sources(
        readBy turn: String, hasForeignSkills: Bool
    ) async throws -> Set<TurnTaint.Source> {
        let fetching = Set(ToolCatalog.all.filter { $0.kind == .fetch }.map(\.name))
        let begun = try await StoredSteps(store: self.store).records(of: turn, after: 0).begunTools
        return Set(
            begun.compactMap { tool in
                if ["skill", "delegate"].contains(tool), hasForeignSkills { return .guest }
                return fetching.contains(tool) ? .web : ToolSelector.server(of: tool).map { .server($0) }
            })
    }

    func seams(
        of request: TurnRequest, in thread: any TurnThread, _ pauses: TurnPauses, _ task: String?,
        _ add: (inout ToolSeams) -> Void
    ) -> ToolSeams {
        var seams = ToolSeams()
        add(&seams)
        seams.willChange = { snapshot in try await self.insertChange(of: request, snapshot) }
        seams.plan = { tasks in
            let lines = tasks.map { "\($0.state.rawValue): \($0.text)" }
            try await thread.report(.thinking(lines.joined(separator: "\n")))
        }
        seams.question = { text, options in
            let question = ThreadQuestion(.question, text, options: options.map { ThreadQuestion.Option($0) })
            return Self.words(try await thread.answer(to: question, lifetime: nil))
        }
        var desk = WorkbenchDesk(
            bench: self.workbench, request: request, thread: thread, hasNetwork: self.hasNetwork, pauses: pauses)
        desk.task = task
        seams.desk = desk
        seams.read = { [desk] command, output in try await desk.read(command, output: output) }
        return seams
    }

    private func insertChange(of request: TurnRequest, _ snapshot: WorkspaceSnapshot) async throws {
        try await self.store.write(ofSession: request.session) { ledger in
            try ledger.insertChange(
                session: request.session, turn: request.id, actor: request.sender.id, text: request.text,
                snapshot: snapshot.id, at: WallClock.now())
        }
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

extension [StepRecord] {
    /// The names of the tools of which a call has begun.
    var begunTools: Set<String> {
        var (names, begun) = ([String: String](), Set<String>())
        for record in self {
            switch record.event {
            case .answered(let answer): for call in answer.calls { names[call.id] = call.name }
            case .started(let start): if let name = names[start.call] { begun.insert(name) }
            default: continue
            }
        }
        return begun
    }

    /// Whether a call of one of these tools has begun.
    func haveBegun(_ tools: Set<String>) -> Bool { !self.begunTools.isDisjoint(with: tools) }
}
