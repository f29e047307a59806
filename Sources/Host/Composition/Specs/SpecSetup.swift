internal import Chat
internal import Logging
internal import Models
internal import Primitives
internal import Repositories
internal import Specs

/// Makes the workers of the specification flow.
struct SpecSetup: Sendable {
    let model: any ModelClient
    let repositories: RepositoryCatalog
    let limit: AnswerLimit
    /// Makes what a turn needs that works in the thread's workspace.
    let agent: AgentWorker

    /// By the command that begins them.
    var workers: [String: any TurnWorker] {
        [
            Stage.specify.rawValue: SpecifyTurn(
                self.model, catalog: self.repositories, limit: self.limit, now: { WallClock.now() / 1_000 },
                logger: Logger(label: "specs")),
            Stage.implement.rawValue: ImplementTurn(agent: self.agent, repositories: self.repositories),
        ]
    }
}
