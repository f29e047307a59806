/// What a repository forbids.
package struct GitHubRules: Sendable, Hashable {
    /// Full branch names that only pull requests change.
    package var protectedBranches: Set<String> = []
    /// Commits with known forms of credentials are refused.
    package var blocksSecrets = false

    package init() {}
}
