package import JSON

/// A run of a workflow of GitHub Actions.
package struct GitHubWorkflowRun: Sendable, Hashable {
    package let id: Int64
    package let name: String
    package let branch: String?
    package let commit: String
    /// `queued`, `in_progress`, `completed`, …
    package let status: String
    /// Nil until it is completed.
    package let conclusion: String?
    package let url: String
    package let event: String?
    package let createdAt: String?

    package init?(_ json: JSON?) {
        guard let json, let id = json["id"]?.intValue else { return nil }
        self.id = Int64(id)
        self.name = json["name"]?.stringValue ?? "workflow"
        self.branch = json["head_branch"]?.stringValue
        self.commit = json["head_sha"]?.stringValue ?? ""
        self.status = json["status"]?.stringValue ?? "queued"
        self.conclusion = json["conclusion"]?.stringValue
        self.url = json["html_url"]?.stringValue ?? ""
        self.event = json["event"]?.stringValue
        self.createdAt = json["created_at"]?.stringValue
    }
}
