/// A credential of the API.
package struct HubToken: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// A classic personal token, or one of an OAuth app.
        case scopes(Set<String>)
        /// A fine-grained personal token: permissions such as `contents` on these repositories; nil means all that the
        /// owner has.
        case fineGrained(permissions: [String: GitHubAccess], repositories: Set<String>?)
        /// A person through a GitHub App.
        case person(permissions: [String: GitHubAccess])
        /// A GitHub App on the repositories of an installation.
        case installation(id: Int, permissions: [String: GitHubAccess], repositories: Set<String>?)
    }

    package var login: String
    package var kind: Kind
    /// Seconds since 1970; nil is never.
    package var end: Double?
    /// The organisations with single sign-on that the token is authorised for.
    package var signedOn: Set<String> = []

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
        case .scopes, .fineGrained: "personal access token"
        case .person, .installation: "integration"
        }
    }
}
