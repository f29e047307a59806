package import JSON

/// A pull request.
package struct GitHubPullRequest: Sendable, Hashable {
    package let number: Int
    package var title: String
    package var body: String
    /// `open` or `closed`.
    package var state: String
    package var isDraft: Bool
    package var isMerged: Bool
    package var url: String
    package var author: GitHubUser?
    package var base: Side
    package var head: Side
    /// Nil while GitHub computes it.
    package var isMergeable: Bool?
    /// As GitHub writes it, ISO 8601.
    package var updatedAt: String?

    /// One end of a pull request.
    package struct Side: Sendable, Hashable {
        package let branch: String
        package let commit: String
        /// Nil when the fork was deleted.
        package let repository: GitHubRepositoryName?

        package init(branch: String, commit: String, repository: GitHubRepositoryName?) {
            self.branch = branch
            self.commit = commit
            self.repository = repository
        }

        init?(_ json: JSON?) {
            guard let json, let branch = json["ref"]?.stringValue else { return nil }
            self.init(
                branch: branch, commit: json["sha"]?.stringValue ?? "",
                repository: json["repo"]?["full_name"]?.stringValue.flatMap { GitHubRepositoryName($0) })
        }
    }

    package init?(_ json: JSON?) {
        guard let json, let number = json["number"]?.intValue, let base = Side(json["base"]),
            let head = Side(json["head"])
        else { return nil }
        self.number = number
        self.title = json["title"]?.stringValue ?? ""
        self.body = json["body"]?.stringValue ?? ""
        self.state = json["state"]?.stringValue ?? "open"
        self.isDraft = json["draft"]?.boolValue ?? false
        self.isMerged = json["merged"]?.boolValue ?? (json["merged_at"]?.stringValue != nil)
        self.url = json["html_url"]?.stringValue ?? ""
        self.author = GitHubUser(json["user"])
        self.base = base
        self.head = head
        self.isMergeable = json["mergeable"]?.boolValue
        self.updatedAt = json["updated_at"]?.stringValue
    }

    package var isOpen: Bool { self.state == "open" }
}
