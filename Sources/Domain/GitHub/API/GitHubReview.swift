package import JSON

/// A review of a pull request.
package struct GitHubReview: Sendable, Hashable {
    package let id: Int64
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, `PENDING`.
    package let state: String
    package let body: String
    package let author: GitHubUser?
    package let url: String
    package let submittedAt: String?
    package let commit: String?

    /// The verdict of a new review.
    package enum Event: String, Sendable, Hashable, CaseIterable {
        case comment = "COMMENT"
        case requestChanges = "REQUEST_CHANGES"
        case approve = "APPROVE"
    }

    /// A comment of a new review on a line.
    package struct Finding: Sendable, Hashable {
        package let path: String
        /// From 1, in the file after the change, or before it on the left side.
        package let line: Int
        package let body: String
        package var isOnLeftSide = false

        package init(path: String, line: Int, body: String, isOnLeftSide: Bool = false) {
            self.path = path
            self.line = line
            self.body = body
            self.isOnLeftSide = isOnLeftSide
        }
    }

    package init?(_ json: JSON?) {
        guard let json, let id = json["id"]?.intValue else { return nil }
        self.id = Int64(id)
        self.state = json["state"]?.stringValue ?? "COMMENTED"
        self.body = json["body"]?.stringValue ?? ""
        self.author = GitHubUser(json["user"])
        self.url = json["html_url"]?.stringValue ?? ""
        self.submittedAt = json["submitted_at"]?.stringValue
        self.commit = json["commit_id"]?.stringValue
    }
}
