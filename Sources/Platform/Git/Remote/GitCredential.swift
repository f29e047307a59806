package import Primitives

/// A user and token for a Git server over HTTPS.
package struct GitCredential: Sendable, Hashable {
    /// `x-access-token` for GitHub's tokens.
    package let user: String
    package let secret: Secret

    package init(user: String, secret: Secret) {
        self.user = user
        self.secret = secret
    }
}
