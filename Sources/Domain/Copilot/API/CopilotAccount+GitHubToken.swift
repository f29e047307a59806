package import Primitives

extension CopilotAccount: GitHubTokenSource {
    /// The sign-in that the token in use was exchanged for: of several that are there, the one that works.
    package func gitHubToken() async throws -> Secret {
        _ = try await self.token()
        let tokens = self.discovery.findings().filter(\.isUsable).compactMap(\.token)
        if let held = self.held,
            let token = tokens.first(where: { StoredToken.mark(of: $0, at: self.settings) == held.signIn })
        {
            return token.value
        }
        if let token = try await self.discovery.commandLineFinding()?.token { return token.value }
        throw ModelError(.unauthorized, "The sign-in to GitHub is gone; run `jetbridge login` to sign in again.")
    }
}
