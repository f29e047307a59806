internal import Logging
package import Models
internal import Primitives

/// Checks a new sign-in.
package enum SignInCheck {
    /// The token of a grant. Throws ``ModelError`` when it is invalid.
    package static func token(of grant: DeviceGrant) throws -> GitHubToken {
        Redaction.register(grant.token)
        do throws(GitHubToken.Malformed) {
            return try GitHubToken(grant.token.reveal())
        } catch {
            throw ModelError(
                .invalidResponse, "GitHub sent an invalid token (\(error.reason)); check copilot.github_url.")
        }
    }

    /// Its owner and Copilot plan, as far as GitHub reports them.
    package static func account(
        of token: GitHubToken, _ settings: SignInSettings, _ transport: any ModelTransport
    ) async -> (login: String?, plan: String?) {
        (try? await TokenExchange(settings: settings, transport: transport).account(token)) ?? (nil, nil)
    }
}
