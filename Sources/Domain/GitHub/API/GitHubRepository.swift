package import JSON

/// A repository, as far as it concerns this program.
package struct GitHubRepository: Sendable, Hashable {
    /// Its present name: it may differ from the one that was asked for, if it was renamed.
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
    /// Of which a fork was made.
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
