package import JSON

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
