package import Agent
package import Chat
package import Work

/// What the current policy says to people's own commands.
package struct CommandRules: Sendable {
    private let current: CurrentAgentSettings
    private let defaultRepository: String?

    /// - Parameter defaultRepository: Where threads work that have not chosen a repository.
    package init(_ current: CurrentAgentSettings, defaultRepository: String?) {
        self.current = current
        self.defaultRepository = defaultRepository
    }

    /// A ``CommandPolicy``.
    package func permission(_ command: String, _ role: Role, _ repository: String?) -> CommandPermission {
        let verdict = self.current.settings.policy.verdict(
            on: .run(command, role: role, repository: repository ?? self.defaultRepository))
        let decision: CommandPermission.Decision =
            switch verdict.decision {
            case .allow: .allow
            case .ask: .ask
            case .deny: .deny
            }
        return CommandPermission(decision, rule: verdict.rule, isSetting: verdict.setting != nil)
    }
}
