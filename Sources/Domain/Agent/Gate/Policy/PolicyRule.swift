package import Chat

/// One rule of the policy. An empty list does not restrict the rule.
package struct PolicyRule: Sendable, Equatable {
    /// Unique in its policy.
    package let name: String
    /// Never empty. Guests are included only where a rule names them.
    package let roles: [Role]
    package let personas: [String]
    package let tools: [ToolSelector]
    package let repositories: [String]
    /// Commands that begin with one of these, word by word.
    package let commands: [[String]]
    package let decision: PolicyDecision
    /// The setting that the rule follows from, as in `approvals.writes: ask`; nil for a rule of `policy`.
    package let setting: String?

    package static let standardRoles: [Role] = [.member, .owner]

    package init(
        name: String, roles: [Role] = Self.standardRoles, personas: [String] = [], tools: [ToolSelector] = [],
        repositories: [String] = [], commands: [[String]] = [], decision: PolicyDecision, setting: String? = nil
    ) {
        self.name = name
        self.roles = roles
        self.personas = personas
        self.tools = tools
        self.repositories = repositories
        self.commands = commands
        self.decision = decision
        self.setting = setting
    }

    /// Whether the rule is about such a call, whatever its command.
    func concerns(_ question: PolicyQuestion, _ kind: ToolDefinition.Kind) -> Bool {
        self.roles.contains(question.role)
            && (self.personas.isEmpty || question.persona.map(self.personas.contains) == true)
            && (self.tools.isEmpty || self.tools.contains { $0.contains(question.tool, kind) })
            && (self.repositories.isEmpty || question.repository.map(self.repositories.contains) == true)
            && (self.commands.isEmpty || kind == .execute)
    }

    enum Match { case yes, no, unclear }

    /// A command that cannot be read is never what an allowing rule means. For another rule it is unclear, unless the
    /// rule's words are in it.
    func match(_ unit: CommandUnit?) -> Match {
        guard !self.commands.isEmpty, let unit else { return .yes }
        switch unit {
        case .words(let words): return self.commands.contains { Self.begins(words, with: $0) } ? .yes : .no
        case .opaque(let text):
            guard self.decision != .allow else { return .no }
            let words = CommandLine.fragments(of: text)
            let isNamed = words.indices.contains { index in
                self.commands.contains { Self.begins(words[index...], with: $0) }
            }
            return isNamed ? .yes : .unclear
        }
    }

    /// Whether the rule decides a command, were it the only one: an allowing rule must match all of its parts, another
    /// one any of them.
    package func decides(_ command: String) -> Bool {
        let matches = CommandUnit.units(of: command).map { self.match($0) == .yes }
        return self.decision == .allow ? matches.allSatisfy { $0 } : matches.contains(true)
    }

    /// By bytes: two texts that only look the same are different names for a shell.
    private static func begins(_ words: some Collection<String>, with prefix: [String]) -> Bool {
        words.count >= prefix.count && zip(words, prefix).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }
}

/// What one match of a rule is about.
enum CommandUnit: Sendable, Equatable {
    case words([String])
    /// The whole text of a command that is not plain.
    case opaque(String)

    static func units(of command: String) -> [CommandUnit] {
        switch CommandLine(command) {
        case .plain(let parts): parts.map { .words($0) }
        case .opaque: [.opaque(command)]
        }
    }
}
