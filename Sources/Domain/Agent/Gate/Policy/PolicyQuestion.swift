package import Chat

/// What the policy is asked about: one call, and for whom it is made.
package struct PolicyQuestion: Sendable, Equatable {
    /// Of the person who asked.
    package var role: Role
    /// The model's; nil for what a person does.
    package var persona: String?
    package var tool: String
    /// Nil for a tool that nobody knows.
    package var kind: ToolDefinition.Kind?
    /// The repository's configured name; nil without one.
    package var repository: String?
    /// The exact text, with a tool that runs commands.
    package var command: String?
    /// What the configuration of an extension says of its tool.
    package var entry: PolicyDecision?

    package init(
        role: Role, persona: String?, tool: String, kind: ToolDefinition.Kind?, repository: String? = nil,
        command: String? = nil, entry: PolicyDecision? = nil
    ) {
        self.role = role
        self.persona = persona
        self.tool = tool
        self.kind = kind
        self.repository = repository
        self.command = command
        self.entry = entry
    }

    /// A person's own `run`.
    package static func run(_ command: String, role: Role, repository: String?) -> Self {
        Self(
            role: role, persona: nil, tool: ToolSelector.run, kind: .execute, repository: repository, command: command)
    }
}
