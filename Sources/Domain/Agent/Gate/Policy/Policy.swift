internal import Chat

/// Which calls may happen. The first rule that matches decides; what no rule matches is denied. Pure.
package struct Policy: Sendable, Equatable {
    /// The configured rules, then those that follow from `approvals`.
    package let rules: [PolicyRule]

    package init(_ configured: [PolicyRule] = [], approvals: Approvals = Approvals()) {
        self.rules = configured + approvals.rules
    }

    package func verdict(on question: PolicyQuestion) -> PolicyVerdict {
        guard let kind = question.kind else { return PolicyVerdict(.deny, rule: PolicyVerdict.unknownTool) }
        guard kind == .execute else { return self.verdict(on: question, kind, nil) }
        let units = CommandUnit.units(of: question.command ?? "")
        let verdicts = units.map { self.verdict(on: question, kind, $0) }
        // Of equally strict ones the first.
        guard var strictest = verdicts.first else { return PolicyVerdict(.deny, rule: PolicyVerdict.noRule) }
        for verdict in verdicts where verdict.decision > strictest.decision { strictest = verdict }
        guard units.count > 1 else { return strictest }
        strictest.parts = zip(units, verdicts).map { unit, verdict in
            PolicyVerdict.Part(text: unit.text, decision: verdict.decision, rule: verdict.rule)
        }
        return strictest
    }

    private func verdict(
        on question: PolicyQuestion, _ kind: ToolDefinition.Kind, _ unit: CommandUnit?
    ) -> PolicyVerdict {
        var unclear: PolicyRule?
        for rule in self.rules where rule.concerns(question, kind) {
            switch rule.match(unit) {
            case .no: continue
            case .unclear: unclear = unclear ?? rule
            case .yes:
                // Otherwise a redirection would get a command past the rule that it cannot be compared with.
                guard rule.decision == .allow, let doubted = unclear else {
                    return Self.verdict(of: rule, for: question)
                }
                return PolicyVerdict(.ask, rule: rule.name, setting: rule.setting, unclear: doubted.name)
            }
        }
        return PolicyVerdict(.deny, rule: PolicyVerdict.noRule)
    }

    /// Nobody can approve what a guest wants, so nobody is asked.
    private static func verdict(of rule: PolicyRule, for question: PolicyQuestion) -> PolicyVerdict {
        let said = rule.name == Approvals.extensions ? question.entry ?? rule.decision : rule.decision
        let decision = question.role == .guest && said == .ask ? .deny : said
        return PolicyVerdict(decision, rule: rule.name, setting: rule.setting)
    }
}

extension CommandUnit {
    /// For people: not a text to run.
    var text: String {
        switch self {
        case .words(let words): words.joined(separator: " ")
        case .opaque(let text): text
        }
    }
}
