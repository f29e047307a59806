package import GitHub
package import HTTP
package import Models

/// Makes the configured providers.
package struct SignInProviders: Sendable {
    private let transport: any ModelTransport
    private let userAgent: String

    package init(transport: any ModelTransport, userAgent: String) {
        self.transport = transport
        self.userAgent = userAgent
    }

    /// In the order of the page.
    ///
    /// - Parameter tokens: Those of people; without them, nobody signs in with GitHub.
    package func make(
        _ app: GitHubSignInApp?, at apiURL: HTTPURL, _ webURL: HTTPURL, tokens: (any PersonTokens)?,
        openID client: OpenIDClient?
    ) -> [any SignInProvider] {
        var providers: [any SignInProvider] = []
        if let app, let tokens,
            let settings = try? GitHubSettings(apiURL: apiURL, webURL: webURL, userAgent: self.userAgent)
        {
            providers.append(GitHubSignInProvider(app, settings, transport: self.transport, tokens: tokens))
        }
        if let client {
            providers.append(OpenIDProvider(client, transport: self.transport, userAgent: self.userAgent))
        }
        return providers
    }
}
