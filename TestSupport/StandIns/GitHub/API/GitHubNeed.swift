/// What a route asks of a credential.
struct GitHubNeed: Sendable, Hashable {
    /// A permission of fine-grained tokens and apps, such as `contents`; empty for a route without a repository.
    var permission: String
    var level: GitHubAccess
    /// The scopes of classic tokens, any of which is enough.
    var scopes: [String] = ["repo"]
    /// What the person needs; nil means `level`.
    var person: GitHubAccess?

    static func read(_ permission: String) -> GitHubNeed { GitHubNeed(permission: permission, level: .read) }
    static func write(_ permission: String) -> GitHubNeed { GitHubNeed(permission: permission, level: .write) }
    /// A permission to write that everybody has who can read.
    static func talk(_ permission: String) -> GitHubNeed {
        GitHubNeed(permission: permission, level: .write, person: .read)
    }
    static let hooks = GitHubNeed(
        permission: "repository_hooks", level: .admin,
        scopes: ["admin:repo_hook", "repo", "write:repo_hook"])
    /// A signed-in person.
    static let person = GitHubNeed(permission: "", level: .read, scopes: [])
    static let anyone = GitHubNeed(permission: "", level: .none, scopes: [])
    /// A GitHub App by its signature.
    static let app = GitHubNeed(permission: "app", level: .none, scopes: [])

    /// The header about fine-grained permissions.
    var accepted: String? {
        guard !self.permission.isEmpty, self.permission != "app" else { return nil }
        return "\(self.permission)=\(self.level == .read ? "read" : "write")"
    }
}
