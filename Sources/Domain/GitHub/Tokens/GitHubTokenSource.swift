package import Copilot

/// Chooses the token for a call of GitHub.
package protocol GitHubTokenSource: Sendable {
    /// The token for this person's work in this repository; nil to call without one. Throws ``GitHubError``.
    ///
    /// - Parameter person: the id of the person whose sign-in is preferred; nil for the host's.
    func token(for person: String?, repository: GitHubRepositoryName?) async throws -> GitHubToken?
    /// Reports that GitHub refused the token (401), so that the next ``token(for:repository:)`` gives another or a
    /// renewed one. Ignored when the token was replaced already.
    func refused(_ token: GitHubToken) async
    /// How to replace this token, as a clause such as "run 'gh auth login' again"; nil for
    /// "sign in again with `login`".
    func remedy(for token: GitHubToken?) async -> String?
}
