/// What a rule says. The order is by strictness.
package enum PolicyDecision: String, Sendable, CaseIterable, Comparable {
    case allow, ask, deny

    private var strictness: Int {
        switch self {
        case .allow: 0
        case .ask: 1
        case .deny: 2
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.strictness < right.strictness }
}
