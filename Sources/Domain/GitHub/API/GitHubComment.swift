package import JSON

/// A comment on a pull request or an issue, or on a line of a pull request's diff.
package struct GitHubComment: Sendable, Hashable {
    package let id: Int64
    package let body: String
    package let author: GitHubUser?
    package let url: String
    /// As GitHub writes it, ISO 8601.
    package let createdAt: String
    package let updatedAt: String
    /// `OWNER`, `MEMBER`, `COLLABORATOR`, `CONTRIBUTOR`, `NONE`, …
    package let association: String?
    /// Only for comments on a line.
    package let path: String?
    /// Nil where the line is no longer in the diff.
    package let line: Int?
    /// The review that it belongs to.
    package let review: Int64?
    package let replyTo: Int64?
    package let commit: String?

    package init?(_ json: JSON?) {
        guard let json, let id = json["id"]?.intValue else { return nil }
        self.id = Int64(id)
        self.body = json["body"]?.stringValue ?? ""
        self.author = GitHubUser(json["user"])
        self.url = json["html_url"]?.stringValue ?? ""
        self.createdAt = json["created_at"]?.stringValue ?? ""
        self.updatedAt = json["updated_at"]?.stringValue ?? self.createdAt
        self.association = json["author_association"]?.stringValue
        self.path = json["path"]?.stringValue
        self.line = json["line"]?.intValue
        self.review = json["pull_request_review_id"]?.intValue.map { Int64($0) }
        self.replyTo = json["in_reply_to_id"]?.intValue.map { Int64($0) }
        self.commit = json["commit_id"]?.stringValue
    }
}
