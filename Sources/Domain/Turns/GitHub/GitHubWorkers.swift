internal import Agent
package import Chat
internal import Models

/// Makes the workers of pull requests, reviews and fixes.
package struct GitHubWorkers: Sendable {
    let work: GitHubWork
    let agent: AgentWorker

    package init(work: GitHubWork, agent: AgentWorker) {
        self.work = work
        self.agent = agent
    }

    /// By the command that begins them.
    package var workers: [TurnKind: any TurnWorker] {
        [
            .pr: PullRequestTurn(work: self.work),
            .review: ReviewTurn(work: self.work, agent: self.agent),
            .workflow: WorkflowTurn(work: self.work),
            .fix: FixTurn(work: self.work, agent: self.agent),
        ]
    }
}
