package import JSON
internal import Primitives

/// A workflow of GitHub Actions.
package struct GitHubWorkflow: Sendable, Hashable {
    package let id: Int64
    package let name: String
    /// For example `.github/workflows/ci.yml`.
    package let path: String
    /// `active`, `disabled_manually`, …
    package let state: String

    package init?(_ json: JSON?) {
        guard let json, let id = json["id"]?.intValue, let path = json["path"]?.stringValue else { return nil }
        self.id = Int64(id)
        self.name = json["name"]?.stringValue ?? path
        self.path = path
        self.state = json["state"]?.stringValue ?? "active"
    }

    /// The name of its file, which starts it.
    package var file: String { self.path.split(separator: "/").last.map(String.init) ?? self.path }

    /// Whether a person means this one: its file with or without the ending, or its name. Case does not count.
    package func isMeant(by text: String) -> Bool {
        let wanted = text.beginning(bytes: 256).lowercased()
        let file = self.file.lowercased()
        return [self.name.lowercased(), file, file.split(separator: ".").first.map(String.init) ?? file].contains(
            wanted)
    }
}

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
