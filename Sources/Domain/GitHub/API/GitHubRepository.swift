package import JSON

/// A repository, reduced to the fields that this program uses.
package struct GitHubRepository: Sendable, Hashable {
    /// Its current name, which differs from the requested one after a rename.
    package let name: GitHubRepositoryName
    package let id: Int64
    package var defaultBranch: String
    package var isPrivate = false
    package var isFork = false
    package var isArchived = false
    package var isDisabled = false
    /// Whether the token's account may push; nil where GitHub does not say.
    package var canPush: Bool?
    package var canAdminister: Bool?
    package var allowsForking: Bool?
    package var url: String
    /// The repository that this fork was made from.
    package var parent: GitHubRepositoryName?
    /// In kilobytes.
    package var size = 0

    package init?(_ json: JSON?) {
        guard let json, let name = json["full_name"]?.stringValue.flatMap({ GitHubRepositoryName($0) }) else {
            return nil
        }
        self.name = name
        self.id = Int64(json["id"]?.intValue ?? 0)
        self.defaultBranch = json["default_branch"]?.stringValue ?? "main"
        self.isPrivate = json["private"]?.boolValue ?? false
        self.isFork = json["fork"]?.boolValue ?? false
        self.isArchived = json["archived"]?.boolValue ?? false
        self.isDisabled = json["disabled"]?.boolValue ?? false
        self.canPush = json["permissions"]?["push"]?.boolValue
        self.canAdminister = json["permissions"]?["admin"]?.boolValue
        self.allowsForking = json["allow_forking"]?.boolValue
        self.url = json["html_url"]?.stringValue ?? ""
        self.parent = json["parent"]?["full_name"]?.stringValue.flatMap { GitHubRepositoryName($0) }
        self.size = json["size"]?.intValue ?? 0
    }
}

/// A branch and the commit that it points to.
package struct GitHubBranch: Sendable, Hashable {
    package let name: String
    /// The commit's id.
    package let head: String
    package var isProtected = false

    package init(name: String, head: String, isProtected: Bool = false) {
        self.name = name
        self.head = head
        self.isProtected = isProtected
    }

    package init?(_ json: JSON?) {
        guard let name = json?["name"]?.stringValue, let head = json?["commit"]?["sha"]?.stringValue else { return nil }
        self.init(name: name, head: head, isProtected: json?["protected"]?.boolValue ?? false)
    }
}
