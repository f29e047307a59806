package import Chat
internal import Work

/// What `policy explain COMMAND` answers: what would happen to a command, and which rule decides. Pure.
package struct PolicyExplanation: Sendable {
    package let policy: Policy
    /// Of the person who asks.
    package let role: Role
    /// The thread's.
    package let persona: Persona
    package let repository: String?

    package init(policy: Policy, role: Role, persona: Persona, repository: String?) {
        self.policy = policy
        self.role = role
        self.persona = persona
        self.repository = repository
    }

    /// Markdown.
    package func text(about command: String) -> String {
        // A person's ` &` makes a job of the command before it.
        let own = self.policy.verdict(
            on: .run(CommandText(command).command, role: self.role, repository: self.repository))
        var lines = ["- Your `run`: \(Self.sentence(own, approver: "an owner other than you has to approve it"))"]
        lines += Self.parts(of: own)
        let call = "- A call by the model (persona `\(self.persona.name)`): "
        guard let tool = self.persona.commandTool else {
            return (lines + [call + "denied, because this persona has no tool that runs commands."])
                .joined(separator: "\n")
        }
        let model = self.policy.verdict(
            on: PolicyQuestion(
                role: self.role, persona: self.persona.name, tool: tool, kind: .execute, repository: self.repository,
                command: command))
        lines.append(call + Self.sentence(model, approver: "you or an owner has to approve it"))
        return (lines + Self.parts(of: model)).joined(separator: "\n")
    }

    private static func sentence(_ verdict: PolicyVerdict, approver: String) -> String {
        let what =
            switch verdict.decision {
            case .allow: "allowed"
            case .ask: "\(verdict.decision): \(approver)"
            case .deny: "denied"
            }
        let source = verdict.setting.map { " (\($0))" } ?? ""
        let rule =
            verdict.rule == PolicyVerdict.noRule
            ? "No rule matches." : "Decided by the rule `\(verdict.rule)`\(source)."
        let doubt = verdict.unclear.map { " The command cannot be compared with the rule `\($0)`." } ?? ""
        return "\(what). \(rule)\(doubt)"
    }

    private static func parts(of verdict: PolicyVerdict) -> [String] {
        verdict.parts.map { "  - `\($0.text.replacing("`", with: "'"))`: \($0.decision), by `\($0.rule)`" }
    }
}

extension Persona {
    /// The tool by which it runs commands.
    var commandTool: String? {
        self.tools.first { name in ToolSelector.tools.contains { $0.name == name && $0.kind == .execute } }
    }
}
