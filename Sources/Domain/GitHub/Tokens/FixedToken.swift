package import Copilot

/// The same token for everything, or none.
package struct FixedToken: GitHubTokenSource {
    private let fixed: GitHubToken?

    package init(_ token: GitHubToken?) { self.fixed = token }

    package func token(for person: String?, repository: GitHubRepositoryName?) async throws -> GitHubToken? {
        self.fixed
    }

    package func refused(_ token: GitHubToken) async {}

    package func remedy(for token: GitHubToken?) async -> String? { nil }
}
