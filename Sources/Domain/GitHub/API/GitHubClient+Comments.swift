internal import HTTP
internal import JSON

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

    package func updateComment(
        _ id: Int64, in repository: GitHubRepositoryName, _ body: String
    ) async throws -> GitHubComment {
        try await self.value(
            GitHubRequest(
                .patch, repository, ["issues", "comments", String(id)], "Changing a comment",
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
