internal import Analytics
internal import Attention
internal import Chat
internal import Delivery
internal import Etiquette
internal import Files
internal import Models
internal import People
internal import Schedules
internal import Store
internal import Surroundings
internal import Threads

/// The parts of the bridge that a conversation uses.
struct ConversationContext: Sendable {
    let store: SessionStore
    let hub: LiveHub
    let adapters: AdapterRegistry
    let lanes: Lanes
    let workers: [TurnKind: any TurnWorker]
    let models: ModelDirectory
    let repositories: RepositoryDirectory
    let access: AccessControl
    let shares: ShareDesk
    let environment: BridgeEnvironment
    let gate: TurnGate
    let histories: HistoryCache
    let questions: OpenQuestions
    let mutes: MutedThreads
    let notices: AskNotices
    let askChanges: ChangeSignals
    let indexer: MessageIndexer
    /// Nil on a host without workspaces.
    let fileQuota: FileQuota
    let desk: (any CommandDesk)?
    /// Nil on a host whose model has no tools.
    let agent: AgentDirectory?
    /// Nil on a host without GitHub.
    let accounts: (any PersonalAccounts)?
    let schedules: ScheduleTimer
    let pastNotes = PastNotes()

    var origin: UsageOrigin {
        UsageOrigin(provider: self.models.provider(of:), repository: self.environment.settings.repositories.first)
    }

    /// The model of a thread that has chosen none.
    func usualModel(of persona: String?) -> String {
        self.agent?.model(of: persona).map(self.models.fullName) ?? self.models.defaultModel
    }

    var intents: IntentReader { IntentReader(adapters: self.adapters, access: self.access) }
}
