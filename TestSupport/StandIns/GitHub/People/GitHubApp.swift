/// A GitHub App.
package struct GitHubApp: Sendable, Hashable {
    package struct Installation: Sendable, Hashable {
        package var id: Int
        /// The account that it is installed on.
        package var account: String
        package var permissions: [String: GitHubAccess]
        /// Full names; nil means all repositories of the account.
        package var repositories: Set<String>?
        package var isSuspended = false

        package init(
            id: Int, account: String, permissions: [String: GitHubAccess], repositories: Set<String>? = nil
        ) {
            self.id = id
            self.account = account
            self.permissions = permissions
            self.repositories = repositories
        }
    }

    package var id: Int
    package var clientID: String
    package var slug: String
    /// PEM.
    package var publicKey: String
    package var installations: [Installation] = []

    package init(id: Int, clientID: String, slug: String, publicKey: String) {
        self.id = id
        self.clientID = clientID
        self.slug = slug
        self.publicKey = publicKey
    }

    /// The login of its commits and comments.
    package var bot: String { "\(self.slug)[bot]" }
}
