package import JSON

/// An account: a person's, an organisation's or an app's.
package struct GitHubUser: Sendable, Hashable {
    package let login: String
    package let id: Int64
    package var name: String?
    /// `User`, `Organization`, `Bot`.
    package var type: String?

    package init(login: String, id: Int64, name: String? = nil, type: String? = nil) {
        self.login = login
        self.id = id
        self.name = name
        self.type = type
    }

    package init?(_ json: JSON?) {
        guard let json, let login = json["login"]?.stringValue, let id = json["id"]?.intValue else { return nil }
        self.init(login: login, id: Int64(id), name: json["name"]?.stringValue, type: json["type"]?.stringValue)
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

    package init(user: GitHubUser, scopes: [String]?, expires: String? = nil) {
        self.user = user
        self.scopes = scopes
        self.expires = expires
    }
}
