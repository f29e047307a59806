package import Copilot
internal import Primitives

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

/// People's own sign-ins.
package protocol PersonTokens: Sendable {
    /// The person's token; nil where they have not signed in. Throws ``GitHubError``, also after GitHub has refused their
    /// token, until they sign in or out: their work must not continue with the host's account unnoticed.
    ///
    /// - Parameter person: `Sender.id`.
    func token(of person: String) async throws -> GitHubToken?
    /// Reports that GitHub refused a person's token (401): renew it, or drop it and ask the person once to sign in
    /// again. Returns false if the token belongs to no person.
    func refused(_ token: GitHubToken) async -> Bool
}
