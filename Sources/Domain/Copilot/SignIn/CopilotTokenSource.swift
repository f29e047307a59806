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

/// The short-lived token for the Copilot API, from GitHub's token exchange.
package struct CopilotToken: Sendable, Equatable {
    package let value: Secret
    /// When it expires, in seconds since 1970.
    package let expiresAt: Int64
    /// `endpoints.api` of the response: where every request with this token goes.
    package let apiURL: HTTPURL
    /// The kind of subscription behind it, if the response gave one.
    package let sku: String?

    package init(value: Secret, expiresAt: Int64, apiURL: HTTPURL, sku: String? = nil) {
        self.value = value
        self.expiresAt = expiresAt
        self.apiURL = apiURL
        self.sku = sku
    }
}

/// The hosts that may receive a Copilot token.
enum CopilotEndpoint {
    /// The API's address when a response does not give one.
    static func standard(for settings: SignInSettings) throws(HTTPURLError) -> HTTPURL {
        let host = settings.githubURL.host
        return try HTTPURL(
            host.hasSuffix(".ghe.com") ? "https://copilot-api.\(host)" : "https://api.githubcopilot.com")
    }

    /// Whether a token may be sent there: by https to GitHub's Copilot hosts or subdomains of the configured GitHub, or
    /// to this machine.
    static func isTrusted(_ url: HTTPURL, for settings: SignInSettings) -> Bool {
        if url.isLoopback { return true }
        guard url.scheme == "https" else { return false }
        let ours = settings.githubURL.host
        // Copilot has no hosts below github.com itself, where users' own pages could be.
        let isTenant = ours != "github.com" && (url.host == ours || url.host.hasSuffix(".\(ours)"))
        return url.host == "githubcopilot.com" || url.host.hasSuffix(".githubcopilot.com") || isTenant
    }
}
