package import Primitives

/// `oauth:` of an entry: what the host is to its authorization server. Without it, the host makes itself known.
package struct OAuthSettings: Sendable, Equatable {
    package var clientID: String?
    package var clientSecret: Secret?
    /// Separated by spaces, in the place of what the server asks for.
    package var scope: String?

    package init(clientID: String? = nil, clientSecret: Secret? = nil, scope: String? = nil) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.scope = scope
    }
}

/// What a connection to a remote server asks for its `Authorization` header.
package protocol ExtensionAuthorizing: Sendable {
    /// The header's value; nil before a sign-in. Throws ``ExtensionFailure``.
    func authorization() async throws -> Secret?
    /// Call it with each answer of status 401 or 403.
    ///
    /// - Parameters:
    ///   - challenges: The answer's `WWW-Authenticate` fields.
    ///   - sent: The header's value in the request.
    /// - Returns: Whether to repeat the request, once, with a new ``authorization()``. If not, an owner has to sign in.
    func refused(_ status: Int, _ challenges: [String], sent: Secret?) async throws -> Bool
}
