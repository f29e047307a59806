package import Primitives

/// Where requests to GitHub's own API get the sign-in from.
package protocol GitHubTokenSource: Sendable {
    /// The token of the sign-in itself, not the short-lived one. Throws ``ModelError``, whose message says how to sign
    /// in.
    func gitHubToken() async throws -> Secret
}
