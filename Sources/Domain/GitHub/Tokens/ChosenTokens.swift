package import Copilot

/// All sign-ins in order: the person's own, that of a GitHub App where it is installed, the host's.
package struct ChosenTokens: GitHubTokenSource {
    private let people: (any PersonTokens)?
    private let app: GitHubAppTokens?
    private let host: any GitHubTokenSource

    package init(people: (any PersonTokens)? = nil, app: GitHubAppTokens? = nil, host: any GitHubTokenSource) {
        self.people = people
        self.app = app
        self.host = host
    }

    package func token(for person: String?, repository: GitHubRepositoryName?) async throws -> GitHubToken? {
        if let person, let token = try await self.people?.token(of: person) { return token }
        if let repository, let token = try await self.app?.token(for: repository) { return token }
        return try await self.host.token(for: person, repository: repository)
    }

    package func refused(_ token: GitHubToken) async {
        if await self.people?.refused(token) == true { return }
        if await self.app?.refused(token) == true { return }
        await self.host.refused(token)
    }

    package func remedy(for token: GitHubToken?) async -> String? {
        if token?.kind == .installation { return "check the app's key and its installation" }
        return await self.host.remedy(for: token)
    }
}
