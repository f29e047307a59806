internal import Primitives

/// What the configuration says about the model's work.
package struct AgentSettings: Sendable, Equatable {
    package var policy: Policy
    package var personas: PersonaCatalog
    /// The persona of threads that have not chosen one; it is in ``personas``.
    package var persona: String
    /// Of personas that have none of their own.
    package var limits: AgentLimits

    package init(
        policy: Policy = Policy(), personas: PersonaCatalog, persona: String, limits: AgentLimits = AgentLimits()
    ) {
        self.policy = policy
        self.personas = personas
        self.persona = persona
        self.limits = limits
    }

    /// A thread's persona. One that was removed since it was chosen is replaced by the default.
    package func persona(chosen name: String?) -> Persona {
        name.flatMap { self.personas[$0] } ?? self.personas[self.persona]
            ?? Persona(name: self.persona, summary: "", prompt: "", tools: [])
    }
}

/// The settings in effect: a reload replaces them, also for turns that are running.
package final class CurrentAgentSettings: Sendable {
    private let value: Protected<AgentSettings>

    package init(_ settings: AgentSettings) { self.value = Protected(settings) }

    package var settings: AgentSettings { self.value.withLock { $0 } }

    package func replace(_ settings: AgentSettings) { self.value.withLock { $0 = settings } }
}
