/// A GitHub App.
package struct GitHubApp: Sendable, Hashable {
    package struct Installation: Sendable, Hashable {
        package var id: Int
        /// The account that it is installed on, with all of its repositories.
        package var account: String
        package var permissions: [String: GitHubAccess]

        package init(id: Int, account: String, permissions: [String: GitHubAccess]) {
            self.id = id
            self.account = account
            self.permissions = permissions
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
