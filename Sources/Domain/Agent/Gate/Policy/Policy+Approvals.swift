internal import Chat

extension Policy {
    /// The settings of `approvals`, from which the last rules of every policy follow.
    package struct Approvals: Sendable, Equatable {
        package var commands: PolicyDecision
        package var writes: PolicyDecision
        package var network: PolicyDecision

        package init(commands: PolicyDecision = .ask, writes: PolicyDecision = .allow, network: PolicyDecision = .ask) {
            self.commands = commands
            self.writes = writes
            self.network = network
        }

        /// Generated rules begin with this; configured ones may not.
        package static let prefix = "approvals."

        /// The rule that decides what the entry of an extension says of a tool.
        static let extensions = "approvals.extensions"

        // Change: a generated rule of the policy
        var rules: [PolicyRule] {
            let commands = "approvals.commands: \(self.commands)"
            var rules = [
                PolicyRule(
                    name: "approvals.guests", roles: [.guest],
                    tools: [.group(.commands), .group(.writes), .group(.network), .group(.reads), .group(.extensions)],
                    decision: .deny,
                    setting: "approvals")
            ]
            if self.commands == .ask {
                rules.append(
                    PolicyRule(
                        name: "approvals.commands.own", roles: [.owner], tools: [.name(ToolSelector.run)],
                        decision: .allow, setting: commands))
            }
            return rules + [
                PolicyRule(
                    name: "approvals.commands", tools: [.group(.commands)], decision: self.commands, setting: commands),
                PolicyRule(
                    name: "approvals.writes", tools: [.group(.writes)], decision: self.writes,
                    setting: "approvals.writes: \(self.writes)"),
                PolicyRule(
                    name: "approvals.network", tools: [.group(.network)], decision: self.network,
                    setting: "approvals.network: \(self.network)"),
                PolicyRule(
                    name: Self.extensions, tools: [.group(.extensions)], decision: .ask, setting: "extensions"),
                PolicyRule(name: "approvals.reads", tools: [.group(.reads)], decision: .allow, setting: "approvals"),
                PolicyRule(
                    name: "approvals.talk", roles: [.guest, .member, .owner], tools: [.group(.talk)], decision: .allow,
                    setting: "approvals"),
            ]
        }
    }
}
