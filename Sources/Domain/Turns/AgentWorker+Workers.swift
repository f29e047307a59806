package import Chat
internal import Logging
internal import Models
internal import Primitives
internal import Repositories
internal import Specs
package import Tasks
internal import Work

extension AgentWorker {
    /// The workers of all turns.
    ///
    /// - Parameter pages: Where links to documents lead.
    package func workers(
        _ tasks: TaskDesk, _ github: GitHubWork, _ pages: RepositoryPages
    ) -> [TurnKind: any TurnWorker] {
        var workers: [TurnKind: any TurnWorker] = [.chat: self, .task: TaskTurn(desk: tasks, agent: self)]
        workers.merge(self.specWorkers(pages)) { $1 }
        workers.merge(github.workers(self)) { $1 }
        workers.merge(self.workbench.workers) { own, _ in own }
        return workers
    }

    /// The workers of the specification flow, by the commands that begin them.
    private func specWorkers(_ pages: RepositoryPages) -> [TurnKind: any TurnWorker] {
        let logger = Logger(label: "specs")
        let (model, repositories, limit) = (self.model, self.repositories, self.answerLimit)
        let now: @Sendable () -> Int64 = { WallClock.now() / 1_000 }
        var workers: [TurnKind: any TurnWorker] = [
            .specify: SpecifyTurn(model, catalog: repositories, limit: limit, now: now, logger: logger),
            .clarify: ClarifyTurn(model, catalog: repositories, limit: limit, now: now, logger: logger),
            .conflict: ConflictTurn(catalog: repositories, now: now, logger: logger),
            .implement: ImplementTurn(agent: self, repositories: repositories),
            .spec: SpecTurn(catalog: repositories, pages: pages),
        ]
        for stage in StageTurn.stages {
            workers[stage.turn] = StageTurn(
                stage, model: model, catalog: repositories, limit: limit, now: now, logger: logger)
        }
        return workers
    }
}
