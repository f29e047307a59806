internal import Logging
internal import Primitives

/// Looks at a sign-in that has just been made.
package enum SignInCheck {
    /// The token of a grant. Throws ``ModelError`` where it is none.
    package static func token(of grant: DeviceGrant) throws -> GitHubToken {
        Redaction.register(grant.token)
        do throws(GitHubToken.Malformed) {
            return try GitHubToken(grant.token.reveal())
        } catch {
            throw ModelError(
                .invalidResponse, "GitHub's answer holds no token (\(error.reason)); check copilot.github_url.")
        }
    }

    /// Whose it is and the Copilot plan, as far as GitHub tells them.
    package static func account(
        of token: GitHubToken, _ settings: SignInSettings, _ transport: any ModelTransport
    ) async -> (login: String?, plan: String?) {
        (try? await TokenExchange(settings: settings, transport: transport).account(token)) ?? (nil, nil)
    }
}
