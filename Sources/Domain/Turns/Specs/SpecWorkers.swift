package import Chat
internal import Logging
internal import Models
internal import Primitives
internal import Repositories
internal import Specs

/// Makes the workers of the specification flow.
package struct SpecWorkers: Sendable {
    /// Makes what a turn needs that works in the thread's workspace.
    let agent: AgentWorker
    let pages: RepositoryPages

    package init(agent: AgentWorker, pages: RepositoryPages) {
        self.agent = agent
        self.pages = pages
    }

    /// By the command that begins them.
    package var workers: [TurnKind: any TurnWorker] {
        let logger = Logger(label: "specs")
        let (model, repositories, limit) = (self.agent.model, self.agent.repositories, self.agent.answerLimit)
        let now: @Sendable () -> Int64 = { WallClock.now() / 1_000 }
        var workers: [TurnKind: any TurnWorker] = [
            .specify: SpecifyTurn(
                model, catalog: repositories, limit: limit, now: now, logger: logger),
            .clarify: ClarifyTurn(
                model, catalog: repositories, limit: limit, now: now, logger: logger),
            .conflict: ConflictTurn(catalog: repositories, now: now, logger: logger),
            .implement: ImplementTurn(agent: self.agent, repositories: repositories),
            .spec: SpecTurn(catalog: repositories, pages: self.pages),
        ]
        for stage in StageTurn.stages {
            workers[stage.turn] = StageTurn(
                stage, model: model, catalog: repositories, limit: limit, now: now, logger: logger)
        }
        return workers
    }
}
