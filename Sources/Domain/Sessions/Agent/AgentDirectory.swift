package import Chat

/// A persona that a thread can choose.
package struct PersonaChoice: Sendable, Equatable {
    package let name: String
    /// One line.
    package let summary: String
    /// The model of threads that have chosen none; nil for the default.
    package let model: String?

    package init(name: String, summary: String, model: String? = nil) {
        self.name = name
        self.summary = summary
        self.model = model
    }
}

/// Personas and policy, as commands need them. Each call sees the settings in effect.
package struct AgentDirectory: Sendable {
    package let personas: @Sendable () -> [PersonaChoice]
    package let defaultPersona: @Sendable () -> String
    /// What the policy says to a command: the command, the role of the person who asks, and the thread's persona and
    /// repository (nil for the defaults). Markdown.
    package let explain:
        @Sendable (_ command: String, _ role: Role, _ persona: String?, _ repository: String?) -> String

    /// The list of skills in a repository (nil for the default). Markdown.
    package let skills: @Sendable (_ repository: String?) async -> String

    /// Passes what a person says to the running turn of a session; false when none takes it.
    package let steer: @Sendable (_ text: String, _ author: String, _ session: String) -> Bool

    /// How the extensions are, one line of Markdown each.
    package let extensions: @Sendable () async throws -> [String]

    package init(
        personas: @escaping @Sendable () -> [PersonaChoice], defaultPersona: @escaping @Sendable () -> String,
        explain:
            @escaping @Sendable (
                _ command: String, _ role: Role, _ persona: String?, _ repository: String?
            ) -> String,
        skills: @escaping @Sendable (_ repository: String?) async -> String = { _ in "" },
        steer: @escaping @Sendable (_ text: String, _ author: String, _ session: String) -> Bool = { _, _, _ in false },
        extensions: @escaping @Sendable () async throws -> [String] = { [] }
    ) {
        self.personas = personas
        self.defaultPersona = defaultPersona
        self.explain = explain
        self.skills = skills
        self.steer = steer
        self.extensions = extensions
    }

    /// The model of a persona; nil for the default. Without a persona, that of the default one.
    func model(of persona: String?) -> String? {
        let (personas, standard) = (self.personas(), self.defaultPersona())
        return (personas.first { $0.name == persona } ?? personas.first { $0.name == standard })?.model
    }
}
