internal import Agent
internal import Audit
internal import Chat
internal import Delivery
internal import Extensions
internal import Gateway
internal import Jail
internal import Logging
internal import Metrics
internal import Models
internal import People
internal import Posts
internal import Primitives
internal import Reading
internal import Repositories
internal import Sessions
internal import Speech
internal import Store
internal import Tasks
internal import Telemetry
internal import Threads
internal import Turns
internal import Web
internal import Work

/// Sets up the bridge as configured.
enum BridgeSetup {
    /// How long running answers may continue after a stop.
    static let drainTimeout: Duration = .seconds(20)

    static func access(_ configuration: Configuration, _ store: SessionStore, _ audit: AuditLog) -> AccessControl {
        AccessControl(
            policy: configuration.access.policy, store: store,
            audit: DecisionAudit.appending(to: audit.chain), now: WallClock.now)
    }

    /// - Parameters:
    ///   - watches: Is told that a thread may watch another branch.
    ///   - trial: Finds out what the machine offers for jails, in which people's files are opened.
    static func posts(
        _ configuration: Configuration, _ store: SessionStore, _ adapters: [any ChatAdapter], _ publicURL: String,
        _ metrics: Metrics, _ audit: AuditLog, _ watches: Signal, _ trial: Task<JailMeans, Never>
    ) -> ThreadPosts {
        let registry = AdapterRegistry(adapters)
        metrics.follow(registry, store.held)
        let settings = configuration.bridgeSettings(publicURL: publicURL)
        let export = ConversationExport(store: store, pages: settings.pages, now: WallClock.now)
        var environment = BridgeEnvironment(
            settings: settings, logger: Logger(label: "bridge"),
            metrics: metrics, now: WallClock.now, auditDecision: DecisionAudit.appending(to: audit.chain),
            commitWasStored: { watches.signal() }, export: export.exporter)
        environment.tracer = configuration.telemetry.map { Tracer($0) }
        environment.draw = PictureProgram.drawing
        environment.reading = settings.files.map { files in
            ReceivedFileReader(
                files: files, directory: "\(configuration.dataDirectory)/reading", settings: configuration.files
            ) { await trial.value }
        }
        if let speech = SpeechClient(configuration) {
            environment.voice = settings.files.map { VoiceNotes(files: $0, client: speech) }
        }
        return ThreadPosts(store: store, adapters: registry, environment: environment)
    }

    static func agent(
        _ configuration: Configuration, _ model: any ModelClient, _ settings: CurrentAgentSettings,
        _ commands: WorkbenchSetup, _ repositories: RepositoryCatalog, _ audit: AuditLog, _ store: SessionStore,
        _ extensions: ExtensionDesk
    ) async throws -> AgentWorker {
        AgentWorker(
            model: model,
            catalog: ModelCatalog(
                model, contextTokens: configuration.model.contextTokens, takesImages: configuration.model.images),
            store: store, settings: settings, workbench: commands.workbench, repositories: repositories, audit: audit,
            answerLimit: AnswerLimit(bytes: configuration.model.answerSize, tokens: configuration.model.answerTokens),
            hasNetwork: configuration.jail.network.mode == .allowlist, classes: configuration.dataClasses,
            cli: try await CopilotCLISetup.agents(for: configuration, model: model, shells: commands.shells),
            skills: SkillLibrary(host: configuration.skills),
            extensions: extensions, places: ExtensionSetup.places(commands),
            web: WebSearch(configuration))
    }

    static func bridge(
        _ configuration: Configuration, _ posts: ThreadPosts, _ access: AccessControl, _ agent: AgentWorker,
        _ work: GitHubWork,
        _ commands: WorkbenchSetup, _ news: NewsSetup, _ tasks: TaskDesk
    ) -> Bridge {
        var workers = agent.workers(tasks, work, posts.environment.settings.pages)
        workers[.say] = SayTurn(SpeechClient(configuration), store: posts.store)
        return Bridge(
            posts, access: access, workers: workers.mapValues(commands.shells.delaying), models: ModelDirectory(agent),
            repositories: RepositoryDirectory(work), desk: commands.workbench, agent: AgentDirectory(agent),
            accounts: news.people)
    }
}
