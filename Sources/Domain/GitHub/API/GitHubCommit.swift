package import JSON

/// A commit.
package struct GitHubCommit: Sendable, Hashable {
    package let id: String
    package let url: String
    package var message: String?
}

extension GitHubCommit {
    package init?(_ json: JSON?) {
        guard let id = json?["sha"]?.stringValue else { return nil }
        self.init(
            id: id, url: json?["html_url"]?.stringValue ?? "",
            message: json?["commit"]?["message"]?.stringValue ?? json?["message"]?.stringValue)
    }
}

/// How two commits relate.
package struct GitHubComparison: Sendable, Hashable {
    /// `ahead`, `behind`, `diverged` or `identical`.
    package let status: String
    package let aheadBy: Int
    package let behindBy: Int
    package let mergeBase: String?
    /// The newest at the end; GitHub sends 250 at most.
    package let commits: [GitHubCommit]
    package let files: [GitHubChangedFile]
    package let url: String

    package init?(_ json: JSON?) {
        guard let json, let status = json["status"]?.stringValue else { return nil }
        self.status = status
        self.aheadBy = json["ahead_by"]?.intValue ?? 0
        self.behindBy = json["behind_by"]?.intValue ?? 0
        self.mergeBase = json["merge_base_commit"]?["sha"]?.stringValue
        self.commits = (json["commits"]?.arrayValue ?? []).compactMap { GitHubCommit($0) }
        self.files = (json["files"]?.arrayValue ?? []).compactMap { GitHubChangedFile($0) }
        self.url = json["html_url"]?.stringValue ?? ""
    }
}

/// A file that a pull request or a range of commits changes.
package struct GitHubChangedFile: Sendable, Hashable {
    package let path: String
    /// `added`, `modified`, `removed`, `renamed`, …
    package let status: String
    package let additions: Int
    package let deletions: Int
    package let previousPath: String?
    /// Nil for binary and very large files.
    package let patch: String?

    package init?(_ json: JSON?) {
        guard let json, let path = json["filename"]?.stringValue else { return nil }
        self.path = path
        self.status = json["status"]?.stringValue ?? "modified"
        self.additions = json["additions"]?.intValue ?? 0
        self.deletions = json["deletions"]?.intValue ?? 0
        self.previousPath = json["previous_filename"]?.stringValue
        self.patch = json["patch"]?.stringValue
    }
}
