internal import Agent
internal import Chat
internal import Sessions
internal import Work

/// Policy and personas as configured, for those who decide by them.
enum AgentSetup {
    static func settings(_ configuration: Configuration) -> AgentSettings {
        AgentSettings(
            policy: configuration.policy, personas: configuration.agent.personas, persona: configuration.agent.persona,
            limits: configuration.agent.limits)
    }

    /// - Parameter defaultRepository: Where threads work that have not chosen a repository.
    static func commandPolicy(_ current: CurrentAgentSettings, defaultRepository: String?) -> CommandPolicy {
        { command, role, repository in
            let verdict = current.settings.policy.verdict(
                on: .run(command, role: role, repository: repository ?? defaultRepository))
            let decision: CommandPermission.Decision =
                switch verdict.decision {
                case .allow: .allow
                case .ask: .ask
                case .deny: .deny
                }
            return CommandPermission(decision, rule: verdict.rule, isSetting: verdict.setting != nil)
        }
    }

    static func directory(
        _ current: CurrentAgentSettings, steering: AgentSteering, defaultRepository: String?
    ) -> AgentDirectory {
        AgentDirectory(
            personas: {
                current.settings.personas.personas.map { PersonaChoice(name: $0.name, summary: $0.summary) }
            },
            defaultPersona: { current.settings.persona },
            explain: { command, role, persona, repository in
                let settings = current.settings
                return PolicyExplanation(
                    policy: settings.policy, role: role, persona: settings.persona(chosen: persona),
                    repository: repository ?? defaultRepository
                ).text(about: command)
            },
            steer: { text, author, session in steering.steer(text, by: author, in: session) })
    }
}
