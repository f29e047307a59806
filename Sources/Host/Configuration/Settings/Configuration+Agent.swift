package import Agent
internal import JSON

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

        /// The key `personas`: what the configuration says of personas, whose files may be the program's own.
        mutating func readPersonas(_ root: Section) {
            guard let value = root.value("personas") else { return root.effective.set("personas", [:]) }
            var personas = self.personas.personas
            for (name, value) in value.members() ?? [] {
                guard let index = personas.firstIndex(where: { $0.name == name }) else {
                    value.report("no persona has this name", nearestTo: name, among: personas.map(\.name))
                    continue
                }
                let model = value.section { section in section.required("model") { $0.string() } }
                if let model { personas[index] = personas[index].with(model: model) }
            }
            self.personas = PersonaCatalog(personas)
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
