package import Copilot

/// The sign-ins of people of their own.
package protocol PersonTokens: Sendable {
    /// The person's token; nil where they have not signed in. Throws ``GitHubError``, also after GitHub has refused their
    /// token, until they sign in or out: their work must not continue with the host's account unnoticed.
    ///
    /// - Parameter person: `Sender.id`.
    func token(of person: String) async throws -> GitHubToken?
    /// Reports that GitHub refused a person's token (401): renew it, or drop it and ask the person once to sign in again.
    /// False where the token is nobody's.
    func refused(_ token: GitHubToken) async -> Bool
}
