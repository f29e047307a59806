internal import EventLoop
internal import HTTP
internal import JSON

/// Comments on pull requests, and on their lines.
extension GitHubHub {
    func listComments(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let number = try repository.pull(try call.number("issue_number")).number
        let comments = self.since(repository.comments, on: number, call)
        return self.page(comments.map { self.shape(comment: $0, repository) }, call)
    }

    /// Those on a pull request, since the time that the request names.
    private func since(_ comments: [HubComment], on pull: Int, _ call: GitHubCall) -> [HubComment] {
        let start = call.query["since"] ?? ""
        return comments.filter { $0.pull == pull && Self.date($0.created).stringValue ?? "" >= start }
    }

    func createComment(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let pull = try repository.pull(try call.number("issue_number"))
        let comment = try self.comment(try call.text("body"), on: pull.number, in: repository, by: call.login)
        return GitHubReply(self.shape(comment: comment, repository), status: 201)
    }

    func comment(
        _ body: String, on number: Int, in repository: HubRepository, by login: String
    ) throws -> HubComment {
        try Self.check(body: body, "IssueComment")
        let comment = HubComment(
            id: self.nextID(), pull: number, author: login, body: body, created: self.now)
        repository.comments.append(comment)
        repository.pulls[number]?.updated = self.now
        self.tellComment(comment, in: repository)
        return comment
    }

    private static func check(body: String, _ resource: String) throws(GitHubProblem) {
        guard !body.isEmpty else { throw GitHubProblem.invalid(resource, field: "body", code: "missing_field") }
        // GitHub's limit.
        guard body.unicodeScalars.count <= 65_536 else {
            throw GitHubProblem.invalid(resource, "body is too long (maximum is 65536 characters)")
        }
    }

    private func tellComment(_ comment: HubComment, in repository: HubRepository) {
        guard let pull = repository.pulls[comment.pull] else { return }
        let page = "\(self.url)/\(repository.fullName)/pull/\(pull.number)"
        self.tell(
            "issue_comment", in: repository, by: comment.author,
            [
                "action": "created", "comment": self.shape(comment: comment, repository),
                "issue": [
                    "number": JSON(pull.number), "title": .string(pull.title), "state": pull.isOpen ? "open" : "closed",
                    "user": self.shape(user: pull.author), "html_url": .string(page),
                    "pull_request": [
                        "url": .string("\(self.url)/repos/\(repository.fullName)/pulls/\(pull.number)"),
                        "html_url": .string(page),
                    ],
                ],
            ])
        self.changed.wakeAll()
    }

    private func shape(comment: HubComment, _ repository: HubRepository) -> JSON {
        let api = "\(self.url)/repos/\(repository.fullName)"
        return [
            "id": JSON(comment.id), "node_id": .string("IC_\(comment.id)"),
            "url": .string("\(api)/issues/comments/\(comment.id)"),
            "html_url": .string("\(self.url)/\(repository.fullName)/pull/\(comment.pull)#issuecomment-\(comment.id)"),
            "issue_url": .string("\(api)/issues/\(comment.pull)"), "user": self.shape(user: comment.author),
            "body": .string(comment.body), "created_at": Self.date(comment.created),
            "updated_at": Self.date(comment.created),
            "author_association": self.association(of: comment.author, to: repository),
        ]
    }

    // MARK: Lines

    func listReviewComments(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let number = try repository.pull(try call.number("pull_number")).number
        let comments = self.since(repository.reviewComments, on: number, call)
        return self.page(comments.map { self.shape(line: $0, repository) }, call)
    }

    func replyToReviewComment(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let pull = try repository.pull(try call.number("pull_number"))
        let body = try call.text("body")
        let parent = try call.number("comment_id")
        guard let first = repository.reviewComments.first(where: { $0.id == parent && $0.pull == pull.number }) else {
            throw GitHubProblem.notFound
        }
        try Self.check(body: body, "PullRequestReviewComment")
        let comment = HubComment(
            id: self.nextID(), pull: pull.number, author: call.login, body: body, created: self.now,
            review: self.addReview("", "COMMENTED", on: pull, in: repository, by: call.login).id,
            replyTo: first.replyTo ?? first.id, path: first.path, line: first.line, side: first.side,
            commit: first.commit, hunk: first.hunk)
        repository.reviewComments.append(comment)
        await self.tellLine(comment, pull, in: repository)
        return GitHubReply(self.shape(line: comment, repository), status: 201)
    }

    /// A comment of a review on a line of the difference. The errors of places are words.
    func line(
        _ value: JSON, on pull: GitHubPull, in repository: HubRepository, by login: String
    ) async throws -> HubComment {
        guard let path = value["path"]?.stringValue, let body = value["body"]?.stringValue else {
            throw GitHubProblem(422, "Invalid request.\n\n\"path\", \"body\" weren't supplied.")
        }
        try Self.check(body: body, "PullRequestReviewComment")
        guard let line = value["line"]?.intValue else {
            throw GitHubProblem.invalid("PullRequestReviewComment", field: "position", code: "missing_field")
        }
        let side = value["side"]?.stringValue ?? "RIGHT"
        let diff = try await self.diff(of: pull, in: repository)
        guard let file = diff.files.first(where: { $0.path == path }), let patch = file.patch else {
            throw GitHubProblem(422, "Unprocessable Entity", errors: ["Path could not be resolved"])
        }
        guard (side == "LEFT" ? file.left : file.right).contains(line) else {
            throw GitHubProblem(
                422, "Unprocessable Entity", errors: ["Pull request review thread line must be part of the diff"])
        }
        return HubComment(
            id: self.nextID(), pull: pull.number, author: login, body: body, created: self.now, path: path, line: line,
            side: side, commit: pull.headID, hunk: patch)
    }

    func tellLine(_ comment: HubComment, _ pull: GitHubPull, in repository: HubRepository) async {
        guard let shape = await self.shape(of: pull, in: repository) else { return }
        self.tell(
            "pull_request_review_comment", in: repository, by: comment.author,
            ["action": "created", "comment": self.shape(line: comment, repository), "pull_request": shape])
        self.changed.wakeAll()
    }

    private func shape(line comment: HubComment, _ repository: HubRepository) -> JSON {
        let api = "\(self.url)/repos/\(repository.fullName)/pulls"
        // A comment whose lines were changed since is outdated.
        let isCurrent = repository.pulls[comment.pull]?.headID == comment.commit
        let line = comment.line.map { JSON($0) } ?? .null
        var shape: JSONObject = [
            "id": JSON(comment.id), "node_id": .string("PRRC_\(comment.id)"),
            "url": .string("\(api)/comments/\(comment.id)"),
            "html_url": .string("\(self.url)/\(repository.fullName)/pull/\(comment.pull)#discussion_r\(comment.id)"),
            "pull_request_url": .string("\(api)/\(comment.pull)"),
            "pull_request_review_id": comment.review.map { JSON($0) } ?? .null, "diff_hunk": .string(comment.hunk),
            "path": .string(comment.path ?? ""), "line": isCurrent ? line : .null, "original_line": line,
            "start_line": .null, "side": .string(comment.side),
            "commit_id": .string(comment.commit), "original_commit_id": .string(comment.commit),
            "user": self.shape(user: comment.author), "body": .string(comment.body),
            "created_at": Self.date(comment.created), "updated_at": Self.date(comment.created),
            "author_association": self.association(of: comment.author, to: repository),
            "subject_type": "line",
        ]
        if let parent = comment.replyTo { shape["in_reply_to_id"] = JSON(parent) }
        return .object(shape)
    }
}
