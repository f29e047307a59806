/// What the gate says to a call.
package enum GateDecision: Sendable, Equatable {
    /// The policy allows it; `rule` names the deciding rule.
    case allowed(rule: String)
    /// A person approved it. `ask` is nil when an earlier "always in this thread" covers it.
    case approved(by: String, ask: String?)
    /// The policy or a person denied it.
    case denied(reason: String)
    /// Nobody decided in time.
    case expired

    package var mayRun: Bool {
        switch self {
        case .allowed, .approved: true
        case .denied, .expired: false
        }
    }
}
