internal import Agent
internal import Chat
internal import Extensions
package import Models
internal import Repositories
package import Sessions

extension AgentDirectory {
    /// The current personas and policy of the worker, whose turns hear what people say.
    package init(_ worker: AgentWorker) {
        let (current, steering) = (worker.settings, worker.steering)
        let model = worker.model
        let defaultRepository = worker.repositories.defaultName
        self.init(
            personas: {
                current.settings.personas.personas.map {
                    PersonaChoice(name: $0.name, summary: $0.summary, model: $0.model)
                }
            },
            defaultPersona: { current.settings.persona },
            explain: { command, role, persona, repository in
                let settings = current.settings
                let explanation = PolicyExplanation(
                    policy: settings.policy, role: role, persona: settings.persona(chosen: persona),
                    repository: repository ?? defaultRepository
                ).text(about: command)
                let rule = (model as? ModelRouter)?.dataRule(for: repository).map { "\n- \($0)" } ?? ""
                return explanation + rule
            },
            skills: { repository in
                let name = repository ?? defaultRepository
                let known = name.flatMap { try? worker.repositories.repository($0) }
                return SkillLibrary.list(await worker.skills.skills(of: known), repository: name)
            },
            steer: { text, author, session in steering.steer(text, by: author, in: session) },
            extensions: { [desk = worker.extensions] in
                try await desk?.report(ours: ToolCatalog.all.count) { TokenEstimator.tokens(in: $0) }.map(\.line) ?? []
            })
    }
}

extension ModelDirectory {
    /// What the worker's client and catalog say of models and their quota.
    package init(_ worker: AgentWorker) { self.init(worker.model, worker.catalog) }
}
