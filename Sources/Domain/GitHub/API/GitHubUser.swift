internal import Chat
internal import Copilot
internal import HTTP
package import JSON
internal import Repositories

/// An account: a person's, an organisation's or an app's.
package struct GitHubUser: Sendable, Hashable {
    package let login: String
    package let id: Int64
    package let name: String?
    /// `User`, `Organization`, `Bot`.
    package let type: String?

    package init?(_ json: JSON?) {
        guard let json, let login = json["login"]?.stringValue, let id = json["id"]?.intValue else { return nil }
        self.login = login
        self.id = Int64(id)
        self.name = json["name"]?.stringValue
        self.type = json["type"]?.stringValue
    }

    package var isBot: Bool { self.type == "Bot" }
}

/// The account of a token, and what the token may do.
package struct GitHubSignIn: Sendable, Hashable {
    package let user: GitHubUser
    /// Nil for tokens with permissions in place of scopes.
    package let scopes: [String]?
    /// When the token expires, as GitHub writes it; nil where it does not say.
    package let expires: String?
}

extension GitHubClient {
    /// The account of the token and its scopes.
    package func signIn(_ authorization: GitHubRequest.Authorization = .current) async throws -> GitHubSignIn {
        var request = GitHubRequest(.get, .path(["user"], [:]), "Reading the account")
        request.authorization = authorization
        let answer = try await self.send(request)
        guard let user = GitHubUser(answer.json) else { throw Self.notJSON(answer, request) }
        let scopes = answer.headers.contains("x-oauth-scopes") ? answer.headers.list(of: "x-oauth-scopes") : nil
        return GitHubSignIn(
            user: user, scopes: scopes,
            expires: answer.headers["github-authentication-token-expiration"].map { GitHubText.line($0, limit: 40) })
    }

    /// The repositories that the sign-in may see, those with the newest pushes first.
    package func repositories(after page: GitHubPageLink? = nil) async throws -> GitHubPage<GitHubRepository> {
        let token = try await self.tokens.token(for: RemoteWork.current.person, repository: nil)
        let isInstallation = token?.kind == .installation
        let first: GitHubRequest.Target =
            isInstallation
            ? .path(["installation", "repositories"], ["per_page": "100"])
            : .path(["user", "repos"], ["per_page": "100", "sort": "pushed"])
        var request = GitHubRequest(.get, page.map { .page($0) } ?? first, "Reading the list of repositories")
        request.freshness = self.settings.freshness
        return try await self.page(request, member: isInstallation ? "repositories" : nil) { GitHubRepository($0) }
    }

    /// The hour's remaining requests by resource: `core`, `graphql`, …. This call does not count as one.
    package func rateLimit() async throws -> [String: GitHubBudget] {
        let json = try await self.json(GitHubRequest(.get, .path(["rate_limit"], [:]), "Reading the limits"))
        return (json["resources"]?.objectValue ?? JSONObject()).reduce(into: [:]) { all, member in
            guard let remaining = member.value["remaining"]?.intValue, let limit = member.value["limit"]?.intValue,
                let reset = member.value["reset"]?.intValue
            else { return }
            all[member.key] = GitHubBudget(remaining: remaining, limit: limit, resetsAt: Int64(reset))
        }
    }
}
