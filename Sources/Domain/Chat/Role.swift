/// What a person may do. Deny by default: without a role nobody gets an answer.
package enum Role: String, Sendable, Comparable, CaseIterable {
    /// May talk to the model.
    case guest
    /// May also make commits.
    case member
    /// May also decide for others.
    case owner

    private var rank: Int {
        switch self {
        case .guest: 0
        case .member: 1
        case .owner: 2
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}
