/// A credential of the API.
package struct HubToken: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// A classic personal token, or one of an OAuth app.
        case scopes(Set<String>)
        /// A person through a GitHub App, with permissions such as `contents`.
        case person(permissions: [String: GitHubAccess])
        /// A GitHub App on the repositories of an installation.
        case installation(id: Int, permissions: [String: GitHubAccess], repositories: Set<String>?)
    }

    package var login: String
    package var kind: Kind
    /// Seconds since 1970; nil is never.
    package var end: Double?

    package init(_ login: String, _ kind: Kind = .scopes(["repo", "workflow", "read:user"]), end: Double? = nil) {
        self.login = login
        self.kind = kind
        self.end = end
    }

    var scopes: Set<String>? {
        if case .scopes(let scopes) = self.kind { scopes } else { nil }
    }

    /// The owner of the refusals' words.
    var noun: String {
        switch self.kind {
        case .scopes: "personal access token"
        case .person, .installation: "integration"
        }
    }
}
