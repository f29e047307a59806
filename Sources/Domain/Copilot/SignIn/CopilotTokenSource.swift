package import HTTP
package import Primitives

/// Provides tokens for requests to the Copilot API.
package protocol CopilotTokenSource: Sendable {
    /// A token that stays valid for the next few minutes; waits for an exchange if necessary. Throws ``ModelError``,
    /// whose message says how to sign in.
    func token() async throws -> CopilotToken
    /// Reports that the API refused this token, so that the next ``token()`` exchanges another. Ignored when the token
    /// was replaced already.
    func reject(_ token: CopilotToken) async
}

/// Provides the sign-in for requests to GitHub's own API.
package protocol SignInTokenSource: Sendable {
    /// The token of the sign-in itself, not the short-lived one. Throws ``ModelError``, whose message says how to
    /// sign in.
    func gitHubToken() async throws -> Secret
}

/// A fixed token, as in `COPILOT_TOKEN`: it is not renewed, and its expiry is unknown.
package struct StaticCopilotToken: CopilotTokenSource {
    private let fixed: CopilotToken

    /// - Parameter apiURL: Where requests with it go.
    package init(_ value: Secret, apiURL: HTTPURL) {
        self.fixed = CopilotToken(value: value, expiresAt: .max, apiURL: apiURL)
    }

    package func token() async throws -> CopilotToken { self.fixed }

    package func reject(_ token: CopilotToken) async {}
}
