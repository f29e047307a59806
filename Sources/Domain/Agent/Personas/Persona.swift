/// How the model works in a thread: what it is told, which tools it sees, and its limits.
package struct Persona: Sendable, Equatable {
    package let name: String
    /// One line for people.
    package let summary: String
    /// The system text.
    package let prompt: String
    /// The system text of a turn with tools. Made once: it is two kilobytes in each running turn otherwise.
    let promptWithTools: String
    /// The tools that it sees, in the catalogue's order. Empty: it only talks. `search` has brought `grep`.
    package let tools: [String]
    /// Nil for the configuration's limits.
    package let limits: AgentLimits?
    /// The model of threads that have chosen none; nil for the default.
    package let model: String?

    package init(
        name: String, summary: String, prompt: String, tools: [String], limits: AgentLimits? = nil,
        model: String? = nil
    ) {
        self.name = name
        self.summary = summary
        self.prompt = prompt
        self.promptWithTools = prompt + "\n\n" + AgentTexts.data
        self.tools =
            tools
            + (tools.contains(ToolCatalog.webSearch) && !tools.contains(ToolCatalog.fileSearch)
                ? [ToolCatalog.fileSearch] : [])
        self.limits = limits
        self.model = model
    }

    /// What its tools may name besides those of the catalogue: all that extensions offer.
    package static let extensions = "extensions"

    package func mayUse(_ tool: ToolDefinition) -> Bool {
        self.tools.contains(tool.origin == nil ? tool.name : Self.extensions)
    }

    package func with(model: String) -> Persona {
        Persona(
            name: self.name, summary: self.summary, prompt: self.prompt, tools: self.tools, limits: self.limits,
            model: model)
    }
}

/// The personas of a host. Names are unique.
package struct PersonaCatalog: Sendable, Equatable {
    /// Sorted by name.
    package let personas: [Persona]

    /// Of two with one name the later one counts.
    package init(_ personas: [Persona]) {
        var byName: [String: Persona] = [:]
        for persona in personas { byName[persona.name] = persona }
        self.personas = byName.values.sorted { $0.name < $1.name }
    }

    package subscript(name: String) -> Persona? { self.personas.first { $0.name == name } }
}
