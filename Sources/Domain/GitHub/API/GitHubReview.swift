internal import HTTP
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

extension GitHubClient {
    /// The comments on a pull request or issue as a whole.
    ///
    /// - Parameter since: ISO 8601; those changed since then.
    package func comments(
        on number: Int, in repository: GitHubRepositoryName, since: String? = nil, after page: GitHubPageLink? = nil
    ) async throws -> GitHubPage<GitHubComment> {
        try await self.comments(["issues", String(number), "comments"], repository, since, page, on: number)
    }

    /// The comments on lines of a pull request.
    package func reviewComments(
        on number: Int, in repository: GitHubRepositoryName, since: String? = nil, after page: GitHubPageLink? = nil
    ) async throws -> GitHubPage<GitHubComment> {
        try await self.comments(["pulls", String(number), "comments"], repository, since, page, on: number)
    }

    package func comment(
        on number: Int, in repository: GitHubRepositoryName, _ body: String
    ) async throws -> GitHubComment {
        try await self.value(
            GitHubRequest(
                .post, repository, ["issues", String(number), "comments"], "Commenting on #\(number)",
                body: ["body": .string(body)])
        ) { GitHubComment($0) }
    }

    /// Replies to a comment on a line.
    package func reply(
        to comment: Int64, onPullRequest number: Int, in repository: GitHubRepositoryName, _ body: String
    ) async throws -> GitHubComment {
        try await self.value(
            GitHubRequest(
                .post, repository, ["pulls", String(number), "comments", String(comment), "replies"],
                "Answering a comment on #\(number)", body: ["body": .string(body)])
        ) { GitHubComment($0) }
    }

    package func reviews(
        ofPullRequest number: Int, in repository: GitHubRepositoryName, after page: GitHubPageLink? = nil
    ) async throws -> GitHubPage<GitHubReview> {
        let request = self.listing(
            repository, ["pulls", String(number), "reviews"], [:], page, "Reading the reviews of #\(number)", .zero)
        return try await self.page(request) { GitHubReview($0) }
    }

    /// Submits a review with its comments on lines at once.
    ///
    /// - Parameter commit: the commit whose diff the lines belong to; nil for the newest.
    package func review(
        pullRequest number: Int, in repository: GitHubRepositoryName, event: GitHubReview.Event, body: String,
        findings: [GitHubReview.Finding], commit: String? = nil
    ) async throws -> GitHubReview {
        let comments = findings.map { finding -> JSON in
            [
                "path": .string(finding.path), "line": JSON(finding.line),
                "side": .string(finding.isOnLeftSide ? "LEFT" : "RIGHT"), "body": .string(finding.body),
            ]
        }
        var content: JSONObject = [
            "event": .string(event.rawValue), "body": .string(body), "comments": .array(comments),
        ]
        content["commit_id"] = commit.map { .string($0) }
        var request = GitHubRequest(
            .post, repository, ["pulls", String(number), "reviews"], "Reviewing pull request #\(number)",
            body: .object(content))
        request.files = []
        return try await self.value(request) { GitHubReview($0) }
    }

    private func comments(
        _ path: [String], _ repository: GitHubRepositoryName, _ since: String?, _ page: GitHubPageLink?, on number: Int
    ) async throws -> GitHubPage<GitHubComment> {
        var query = HTTPQuery()
        if let since { query.append("since", since) }
        let request = self.listing(repository, path, query, page, "Reading the comments on #\(number)", .zero)
        return try await self.page(request) { GitHubComment($0) }
    }
}
