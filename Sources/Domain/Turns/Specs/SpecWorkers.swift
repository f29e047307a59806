package import Chat
internal import Logging
package import Models
internal import Primitives
package import Repositories
internal import Specs

/// Makes the workers of the specification flow.
package struct SpecWorkers: Sendable {
    let model: any ModelClient
    let repositories: RepositoryCatalog
    let limit: AnswerLimit
    /// Makes what a turn needs that works in the thread's workspace.
    let agent: AgentWorker
    let pages: RepositoryPages

    package init(
        model: any ModelClient, repositories: RepositoryCatalog, limit: AnswerLimit, agent: AgentWorker,
        pages: RepositoryPages
    ) {
        self.model = model
        self.repositories = repositories
        self.limit = limit
        self.agent = agent
        self.pages = pages
    }

    /// By the command that begins them.
    package var workers: [TurnKind: any TurnWorker] {
        let logger = Logger(label: "specs")
        let now: @Sendable () -> Int64 = { WallClock.now() / 1_000 }
        var workers: [TurnKind: any TurnWorker] = [
            .specify: SpecifyTurn(
                self.model, catalog: self.repositories, limit: self.limit, now: now, logger: logger),
            .clarify: ClarifyTurn(
                self.model, catalog: self.repositories, limit: self.limit, now: now, logger: logger),
            .conflict: ConflictTurn(catalog: self.repositories, now: now, logger: logger),
            .implement: ImplementTurn(agent: self.agent, repositories: self.repositories),
            .spec: SpecTurn(catalog: self.repositories, pages: self.pages),
        ]
        for stage in StageTurn.stages {
            workers[stage.turn] = StageTurn(
                stage, model: self.model, catalog: self.repositories, limit: self.limit, now: now, logger: logger)
        }
        return workers
    }
}
