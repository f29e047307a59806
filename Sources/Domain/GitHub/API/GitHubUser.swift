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
