/// What GitHub counts separately.
package enum GitHubResource: String, Sendable, Hashable, CaseIterable {
    case core
    case graphQL = "graphql"
}
