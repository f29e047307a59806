package import Agent

extension Configuration {
    /// How the model works in threads.
    package struct Agent: Sendable {
        /// The persona of threads that have not chosen one.
        package var persona: String
        /// Of one turn; a persona may have its own.
        package var limits: AgentLimits
        package var personas: PersonaCatalog

        /// - Parameter personas: Reads the personas, whose limits default to these.
        init(_ section: Section, personas read: (AgentLimits) -> PersonaCatalog) {
            let limits = AgentLimits(section, standard: AgentLimits())
            let personas = read(limits)
            self.limits = limits
            self.personas = personas
            self.persona = section.read("persona", default: "coder") {
                $0.choice(among: personas.personas.map(\.name), named: { $0 })
            }
        }
    }
}

extension Configuration {
    /// Policy and personas, for those who decide by them.
    package var agentSettings: AgentSettings {
        AgentSettings(
            policy: self.policy, personas: self.agent.personas, persona: self.agent.persona, limits: self.agent.limits)
    }
}
