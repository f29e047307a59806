internal import Agent
internal import Chat

extension Policy {
    /// Reads the list `policy`, proves that each of its rules can decide something, and adds the rules that follow from
    /// `approvals`.
    static func read(_ root: Section, approvals: Configuration.Approvals, names known: PolicyRule.Names) -> Policy {
        var names: Set<String> = []
        let rules =
            root.list("policy") { value -> (rule: PolicyRule, value: Value)? in
                let rule = value.section { PolicyRule.read($0, known) }
                guard let rule else { return nil }
                guard names.insert(rule.name).inserted else {
                    return value.error("there is another rule with the name '\(rule.name)'")
                }
                return (rule, value)
            } ?? []
        for (reach, value) in zip(PolicyReach.check(rules.map(\.rule)), rules.map(\.value)) {
            switch reach {
            case .reachable: break
            case .empty: value.report("this rule never decides: a person's own `run` has no persona")
            case .shadowed(let by):
                let first = by.map { "'\($0)'" }.joined(separator: ", ")
                value.report(
                    "this rule never decides: \(first) above matches all that it matches; move it up or remove it")
            }
        }
        return Policy(rules.map(\.rule), approvals: approvals.policy)
    }
}

extension Configuration.Approvals {
    var policy: Policy.Approvals {
        Policy.Approvals(
            commands: self.commands.decision, writes: self.writes.decision, network: self.network.decision)
    }
}

extension Configuration.Approvals.Rule {
    fileprivate var decision: PolicyDecision {
        switch self {
        case .allow: .allow
        case .ask: .ask
        case .deny: .deny
        }
    }
}

extension PolicyRule {
    /// What rules may name.
    struct Names {
        let personas: [String]
        let repositories: [String]
        let extensions: [String]
    }

    /// Nil if something is wrong with it.
    static func read(_ section: Section, _ names: Names) -> PolicyRule? {
        let name = section.required("name") { Self.name($0) }
        let roles = section.oneOrMore("role") { $0.choice(Role.self) }
        let personas = section.oneOrMore("persona") { $0.choice(among: names.personas, named: { $0 }) }
        let tools = section.oneOrMore("tool") { Self.tool($0, names.extensions) }
        let repositories = section.oneOrMore("repository") { $0.choice(among: names.repositories, named: { $0 }) }
        let commands = section.oneOrMore("command") { Self.command($0) }
        let decision = section.required("decision") { $0.choice(PolicyDecision.self) }
        let matches = section.value("matches").flatMap { $0.items() } ?? []
        let refuses = section.value("refuses").flatMap { $0.items() } ?? []
        guard let name, let roles, let personas, let tools, let repositories, let commands, let decision else {
            return nil
        }
        if !commands.isEmpty, tools.contains(where: { !$0.isAboutCommands }) {
            section.error("only commands begin with words: with 'command', 'tool' can be commands, shell or run")
            return nil
        }
        if roles.contains(.guest), decision == .ask {
            section.error("nobody can approve what a guest wants; use allow or deny for guests")
            return nil
        }
        if commands.isEmpty, !matches.isEmpty || !refuses.isEmpty {
            section.error("'matches' and 'refuses' are examples for 'command', which is missing")
            return nil
        }
        let rule = PolicyRule(
            name: name, roles: roles.isEmpty ? Self.standardRoles : roles, personas: personas, tools: tools,
            repositories: repositories, commands: commands, decision: decision)
        rule.check(matches, areMatched: true)
        rule.check(refuses, areMatched: false)
        return rule
    }

    private func check(_ examples: [Value], areMatched isMatched: Bool) {
        for example in examples {
            guard let text = example.string(), self.decides(text) != isMatched else { continue }
            example.report(
                isMatched
                    ? "the rule does not match this example; see docs/policy.md for how commands are read"
                    : "the rule matches this example")
        }
    }

    private static func name(_ value: Value) -> String? {
        let text = value.string(
            where: { $0.isPlain(with: "-_.") && $0.utf8.count <= 64 },
            else: "a rule's name has letters, digits, '-', '_' and '.', at most 64")
        guard let text else { return nil }
        guard !text.hasPrefix(Policy.Approvals.prefix) else {
            return value.error(
                "names that begin with '\(Policy.Approvals.prefix)' are those of the settings' own rules")
        }
        return text
    }

    private static func tool(_ value: Value, _ extensions: [String]) -> ToolSelector? {
        guard let text = value.text, let server = ToolSelector.server(of: text) else {
            return value.choice(among: ToolSelector.words, named: { $0 }).flatMap { ToolSelector($0) }
        }
        guard extensions.contains(server) else {
            return value.error("no extension has the name '\(server)'", nearestTo: server, among: extensions)
        }
        return ToolSelector(text)
    }

    private static func command(_ value: Value) -> [String]? {
        guard let text = value.string() else { return nil }
        guard let words = CommandLine.words(of: text) else {
            return value.error("write the first words of one plain command, as in git push; no $, >, &&, * or ~")
        }
        return words
    }
}

extension Section {
    /// One value, or a list of them; empty if the key is missing, nil if something is wrong.
    func oneOrMore<T>(_ key: String, _ convert: (Value) -> T?) -> [T]? {
        guard let value = self.value(key) else { return [] }
        guard value.isList else { return convert(value).map { [$0] } }
        let items = value.items() ?? []
        guard !items.isEmpty else { return value.error("the list must not be empty; remove the key to match anything") }
        let converted = items.map(convert)
        let good = converted.compactMap { $0 }
        return good.count == converted.count ? good : nil
    }
}
