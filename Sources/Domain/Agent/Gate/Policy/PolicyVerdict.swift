/// What the policy says to a call, and why.
package struct PolicyVerdict: Sendable, Equatable {
    /// What was decided about one part of a command.
    package struct Part: Sendable, Equatable {
        package let text: String
        package let decision: PolicyDecision
        package let rule: String
    }

    package let decision: PolicyDecision
    /// The name of the rule that decides.
    package let rule: String
    /// The setting that the rule follows from; nil for a rule of `policy`.
    package let setting: String?
    /// The parts of a command that has several.
    package var parts: [Part] = []
    /// The rule that would have decided, had it been possible to read the command; nil if none.
    package var unclear: String?

    /// For a tool that nobody knows.
    package static let unknownTool = "unknown tool"
    /// Where no rule matches.
    package static let noRule = "no rule"

    package init(_ decision: PolicyDecision, rule: String, setting: String? = nil, unclear: String? = nil) {
        self.decision = decision
        self.rule = rule
        self.setting = setting
        self.unclear = unclear
    }
}
