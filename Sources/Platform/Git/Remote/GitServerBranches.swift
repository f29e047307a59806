/// A server's branches.
package struct GitServerBranches: Sendable, Hashable {
    /// Nil if the server doesn't say, as for a repository without branches.
    package let defaultBranch: String?
    /// By their names without `refs/heads/`.
    package let branches: [String: GitObjectID]

    package init(defaultBranch: String?, branches: [String: GitObjectID]) {
        self.defaultBranch = defaultBranch
        self.branches = branches
    }
}
