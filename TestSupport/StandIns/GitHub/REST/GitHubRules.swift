/// What a repository forbids.
package struct GitHubRules: Sendable, Hashable {
    /// Full branch names that only pull requests change.
    package var protectedBranches: Set<String> = []

    package init() {}
}
