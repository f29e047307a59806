internal import Chat

/// Whether rules can ever decide anything. Pure.
///
/// A proof, not an estimate: a rule looks only at a few properties of a call, and of each only at the values that rules
/// name. So it is enough to try every combination of those and one other value.
package enum PolicyReach: Sendable, Equatable {
    case reachable
    /// No call has what the rule asks for: a person's own `run` has no persona.
    case empty
    /// Earlier rules decide all that the rule matches; their names, in order.
    case shadowed(by: [String])

    /// One result for each of the rules.
    package static func check(_ rules: [PolicyRule]) -> [PolicyReach] {
        let personas = Array(Set(rules.flatMap(\.personas))) + [Self.other]
        let repositories = Array(Set(rules.flatMap(\.repositories))) + [Self.other]
        let tools = Self.tools + Set(rules.flatMap(\.tools).compactMap(\.extensionTool)).map { ($0, .extension) }
        return rules.indices.map { index in
            Self.check(rules[index], after: rules[..<index], personas, repositories, tools)
        }
    }

    /// A value that no rule names.
    private static let other = "\u{0}"

    private typealias Tools = [(String, ToolDefinition.Kind)]

    private static let tools: Tools =
        ToolSelector.tools.map { ($0.name, $0.kind) } + ToolDefinition.Kind.allCases.map { (Self.other, $0) }

    private static func check(
        _ rule: PolicyRule, after earlier: ArraySlice<PolicyRule>, _ personas: [String], _ repositories: [String],
        _ tools: Tools
    ) -> PolicyReach {
        var names: Set<String> = []
        var isEmpty = true
        // A command that begins with a rule's words and ends there is matched by exactly the rules whose words it begins
        // with, so that one is enough.
        let units: [CommandUnit] = rule.commands.isEmpty ? [.words([Self.other])] : rule.commands.map { .words($0) }
        for question in Self.questions(personas, repositories, tools) {
            guard let kind = question.kind, rule.concerns(question, kind) else { continue }
            isEmpty = false
            for unit in units {
                let first = earlier.first { $0.concerns(question, kind) && $0.match(unit) == .yes }
                guard let first else { return .reachable }
                names.insert(first.name)
            }
        }
        return isEmpty ? .empty : .shadowed(by: earlier.map(\.name).filter(names.contains))
    }

    private static func questions(
        _ personas: [String], _ repositories: [String], _ tools: Tools
    ) -> [PolicyQuestion] {
        Role.allCases.flatMap { role in
            tools.flatMap { tool, kind in
                (tool == ToolSelector.run ? [nil] : personas.map { $0 }).flatMap { persona in
                    repositories.map { repository in
                        PolicyQuestion(role: role, persona: persona, tool: tool, kind: kind, repository: repository)
                    }
                }
            }
        }
    }
}
