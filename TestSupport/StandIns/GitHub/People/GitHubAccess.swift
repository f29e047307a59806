/// What somebody may do.
package enum GitHubAccess: Int, Sendable, Comparable {
    case none, read, triage, write, maintain, admin

    package static func < (left: GitHubAccess, right: GitHubAccess) -> Bool { left.rawValue < right.rawValue }

    /// Its name in GitHub's answers.
    var name: String {
        switch self {
        case .none: "none"
        case .read: "read"
        case .triage: "triage"
        case .write: "write"
        case .maintain: "maintain"
        case .admin: "admin"
        }
    }
}
