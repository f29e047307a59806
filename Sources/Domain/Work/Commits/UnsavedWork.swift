/// Work in a workspace that exists nowhere else.
package enum UnsavedWork: Sendable, Equatable {
    /// Commits that the repository does not have.
    case commits
    /// Changes that are not committed.
    case changes
    /// Files, where there is no repository.
    case files

    /// A clause.
    package var reason: String {
        switch self {
        case .commits: "it has commits that the repository does not have"
        case .changes: "it has changes that are not committed"
        case .files: "it has files that are saved nowhere else"
        }
    }

    /// What a person does about it, an imperative clause.
    var remedy: String {
        switch self {
        case .commits: "take them over with a command such as `run true`"
        case .changes: "commit them with `commit`"
        case .files: "ask an operator to archive the thread"
        }
    }
}
