/// The account of a token, and what the token may do.
package struct GitHubSignIn: Sendable, Hashable {
    package let user: GitHubUser
    /// Nil for tokens with permissions in place of scopes.
    package let scopes: [String]?
    /// When the token expires, as GitHub writes it; nil where it does not say.
    package let expires: String?

    package init(user: GitHubUser, scopes: [String]?, expires: String? = nil) {
        self.user = user
        self.scopes = scopes
        self.expires = expires
    }
}
