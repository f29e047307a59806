internal import Agent
internal import Chat
internal import Models

/// Makes the workers of pull requests, reviews and fixes.
struct GitHubWorkers: Sendable {
    let work: GitHubWork
    let agent: AgentWorker

    /// By the command that begins them.
    var workers: [String: any TurnWorker] {
        [
            "pr": PullRequestTurn(work: self.work),
            ReviewTurn.name: ReviewTurn(
                work: self.work,
                reader: ReviewReader(
                    client: self.agent.model, catalog: self.agent.catalog, settings: self.agent.settings,
                    limit: self.agent.answerLimit)),
            "workflow": WorkflowTurn(work: self.work),
            "fix": FixTurn(work: self.work, agent: self.agent),
        ]
    }
}
