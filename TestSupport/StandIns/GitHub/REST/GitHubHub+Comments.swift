internal import EventLoop
internal import HTTP
internal import JSON

/// Comments on pull requests, and on their lines.
extension GitHubHub {
    func getIssue(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let pull = try repository.pull(try call.number("issue_number"))
        let api = "\(self.url)/repos/\(repository.fullName)"
        return GitHubReply([
            "url": .string("\(api)/issues/\(pull.number)"), "number": JSON(pull.number), "id": JSON(pull.id),
            "title": .string(pull.title), "state": pull.isOpen ? "open" : "closed",
            "user": self.shape(user: pull.author),
            "body": pull.body.map { .string($0) } ?? .null,
            "comments": JSON(repository.comments.count { $0.pull == pull.number }),
            "html_url": .string("\(self.url)/\(repository.fullName)/pull/\(pull.number)"), "labels": [],
            "pull_request": ["url": .string("\(api)/pulls/\(pull.number)")],
            "created_at": Self.date(pull.created), "updated_at": Self.date(pull.updated),
        ])
    }

    func listComments(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        var comments = repository.comments
        if call.parameters["issue_number"] != nil {
            let number = try repository.pull(try call.number("issue_number")).number
            comments.removeAll { $0.pull != number }
        }
        return self.page(self.since(comments, call).map { self.shape(comment: $0, repository) }, call)
    }

    /// `since`, `sort` and `direction`.
    private func since(_ comments: [HubComment], _ call: GitHubCall) -> [HubComment] {
        var comments = comments
        if let since = call.query["since"] {
            comments.removeAll { Self.date($0.updated).stringValue ?? "" < since }
        }
        if call.query["sort"] == "updated" { comments.sort { ($0.updated, $0.id) < ($1.updated, $1.id) } }
        if call.query["direction"] == "desc" { comments.reverse() }
        return comments
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
            id: self.nextID(), pull: number, author: login, body: body, created: self.now, updated: self.now)
        repository.comments.append(comment)
        repository.pulls[number]?.updated = self.now
        self.tellComment("created", comment, in: repository, by: login)
        return comment
    }

    private static func check(body: String, _ resource: String) throws(GitHubProblem) {
        guard !body.isEmpty else { throw GitHubProblem.invalid(resource, field: "body", code: "missing_field") }
        // GitHub's limit.
        guard body.unicodeScalars.count <= 65_536 else {
            throw GitHubProblem.invalid(resource, "body is too long (maximum is 65536 characters)")
        }
    }

    private func tellComment(
        _ action: String, _ comment: HubComment, in repository: HubRepository, by login: String
    ) {
        guard let pull = repository.pulls[comment.pull] else { return }
        let page = "\(self.url)/\(repository.fullName)/pull/\(pull.number)"
        self.tell(
            "issue_comment", in: repository, by: login,
            [
                "action": .string(action), "comment": self.shape(comment: comment, repository),
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

    func updateComment(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let id = try call.number("comment_id")
        guard let index = repository.comments.firstIndex(where: { $0.id == id }) else { throw GitHubProblem.notFound }
        guard repository.comments[index].author == call.login || self.access(of: call.login, to: repository) >= .write
        else {
            throw GitHubProblem(403, "Must have admin rights to Repository.")
        }
        let body = try call.text("body")
        try Self.check(body: body, "IssueComment")
        repository.comments[index].body = body
        repository.comments[index].updated = call.now
        self.tellComment("edited", repository.comments[index], in: repository, by: call.login)
        return GitHubReply(self.shape(comment: repository.comments[index], repository))
    }

    func getComment(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let id = try call.number("comment_id")
        guard let found = repository.comments.first(where: { $0.id == id }) else { throw GitHubProblem.notFound }
        return GitHubReply(self.shape(comment: found, repository))
    }

    func deleteComment(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let id = try call.number("comment_id")
        guard let index = repository.comments.firstIndex(where: { $0.id == id }) else { throw GitHubProblem.notFound }
        repository.comments.remove(at: index)
        return .empty
    }

    private func shape(comment: HubComment, _ repository: HubRepository) -> JSON {
        let api = "\(self.url)/repos/\(repository.fullName)"
        return [
            "id": JSON(comment.id), "node_id": .string("IC_\(comment.id)"),
            "url": .string("\(api)/issues/comments/\(comment.id)"),
            "html_url": .string("\(self.url)/\(repository.fullName)/pull/\(comment.pull)#issuecomment-\(comment.id)"),
            "issue_url": .string("\(api)/issues/\(comment.pull)"), "user": self.shape(user: comment.author),
            "body": .string(comment.body), "created_at": Self.date(comment.created),
            "updated_at": Self.date(comment.updated),
            "author_association": self.association(of: comment.author, to: repository),
        ]
    }

    // MARK: Lines

    func listReviewComments(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        var comments = repository.reviewComments
        if call.parameters["pull_number"] != nil {
            let number = try repository.pull(try call.number("pull_number")).number
            comments.removeAll { $0.pull != number }
        }
        // Those of a pending review are its author's.
        comments.removeAll { comment in
            repository.reviews.contains { $0.id == comment.review && $0.state == "PENDING" && $0.author != call.login }
        }
        return self.page(self.since(comments, call).map { self.shape(line: $0, repository) }, call)
    }

    func getReviewComment(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let id = try call.number("comment_id")
        guard let found = repository.reviewComments.first(where: { $0.id == id }) else { throw GitHubProblem.notFound }
        return GitHubReply(self.shape(line: found, repository))
    }

    func createReviewComment(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let pull = try repository.pull(try call.number("pull_number"))
        if let parent = call.body["in_reply_to"]?.intValue {
            return try await self.reply(try call.text("body"), to: parent, on: pull, in: repository, by: call.login)
        }
        let commit = try call.text("commit_id")
        guard try await self.commits(of: pull, in: repository).contains(commit) else {
            throw GitHubProblem.invalid("PullRequestReviewComment", "commit_id is not part of the pull request")
        }
        var comment = try self.line(call.body, on: pull, by: call.login, isInReview: false)
        try await self.place(&comment, on: pull, in: repository)
        comment.review = self.addReview("", "COMMENTED", on: pull, in: repository, by: call.login).id
        repository.reviewComments.append(comment)
        await self.tellLine(comment, pull, in: repository)
        return GitHubReply(self.shape(line: comment, repository), status: 201)
    }

    func replyToReviewComment(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let pull = try repository.pull(try call.number("pull_number"))
        return try await self.reply(
            try call.text("body"), to: try call.number("comment_id"), on: pull, in: repository, by: call.login)
    }

    private func reply(
        _ body: String, to parent: Int, on pull: GitHubPull, in repository: HubRepository, by login: String
    ) async throws -> GitHubReply {
        guard let first = repository.reviewComments.first(where: { $0.id == parent && $0.pull == pull.number }) else {
            throw GitHubProblem.notFound
        }
        try Self.check(body: body, "PullRequestReviewComment")
        let comment = HubComment(
            id: self.nextID(), pull: pull.number, author: login, body: body, created: self.now, updated: self.now,
            review: self.addReview("", "COMMENTED", on: pull, in: repository, by: login).id,
            replyTo: first.replyTo ?? first.id, path: first.path, line: first.line, startLine: first.startLine,
            side: first.side, commit: first.commit, hunk: first.hunk)
        repository.reviewComments.append(comment)
        await self.tellLine(comment, pull, in: repository)
        return GitHubReply(self.shape(line: comment, repository), status: 201)
    }

    /// A comment on a line as a request describes it.
    func line(
        _ value: JSON, on pull: GitHubPull, by login: String, isInReview: Bool
    ) throws(GitHubProblem) -> HubComment {
        guard let path = value["path"]?.stringValue, let body = value["body"]?.stringValue else {
            throw GitHubProblem(422, "Invalid request.\n\n\"path\", \"body\" weren't supplied.")
        }
        try Self.check(body: body, "PullRequestReviewComment")
        var comment = HubComment(
            id: self.nextID(), pull: pull.number, author: login, body: body, created: self.now, updated: self.now)
        comment.path = path
        comment.line = value["line"]?.intValue
        comment.startLine = value["start_line"]?.intValue
        comment.side = value["side"]?.stringValue ?? "RIGHT"
        comment.commit = value["commit_id"]?.stringValue ?? pull.headID
        if comment.line == nil, let position = value["position"]?.intValue { comment.line = -position }
        if comment.line == nil, value["subject_type"] != "file" {
            throw GitHubProblem.invalid(
                "PullRequestReviewComment", field: isInReview ? "position" : "line", code: "missing_field")
        }
        return comment
    }

    /// Checks that the line is in the difference, and notes its hunk.
    func place(_ comment: inout HubComment, on pull: GitHubPull, in repository: HubRepository) async throws {
        let diff = try await self.diff(of: pull, in: repository)
        guard let file = diff.files.first(where: { $0.path == comment.path }), let patch = file.patch else {
            throw Self.misplaced("path", "Path could not be resolved")
        }
        if let line = comment.line, line < 0 {
            // A position: the count of lines below the first hunk's head.
            guard let found = GitHubDiff.line(at: -line, in: patch) else {
                throw Self.misplaced("position", "Position could not be resolved")
            }
            (comment.line, comment.side) = (found.line, found.side)
        }
        let lines = comment.side == "LEFT" ? file.left : file.right
        if let line = comment.line {
            guard lines.contains(line) else {
                throw Self.misplaced("line", "Pull request review thread line must be part of the diff")
            }
            if let start = comment.startLine {
                guard lines.contains(start) else {
                    throw Self.misplaced(
                        "start_line", "Pull request review thread start line must be part of the same hunk as the line."
                    )
                }
                guard start < line else {
                    throw Self.misplaced(
                        "start_line", "Pull request review thread start line must precede the end line.")
                }
            }
        }
        comment.hunk = patch
    }

    private static func misplaced(_ field: String, _ words: String) -> GitHubProblem {
        GitHubProblem(
            422, "Validation Failed",
            errors: [
                [
                    "resource": "PullRequestReviewComment", "code": "custom",
                    "field": .string("pull_request_review_thread.\(field)"),
                    "message": .string("pull_request_review_thread.\(field) \(words)"),
                ]
            ])
    }

    func tellLine(_ comment: HubComment, _ pull: GitHubPull, in repository: HubRepository) async {
        guard let shape = await self.shape(of: pull, in: repository) else { return }
        self.tell(
            "pull_request_review_comment", in: repository, by: comment.author,
            ["action": "created", "comment": self.shape(line: comment, repository), "pull_request": shape])
        self.changed.wakeAll()
    }

    func shape(line comment: HubComment, _ repository: HubRepository) -> JSON {
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
            "start_line": comment.startLine.map { JSON($0) } ?? .null, "side": .string(comment.side),
            "commit_id": .string(comment.commit), "original_commit_id": .string(comment.commit),
            "user": self.shape(user: comment.author), "body": .string(comment.body),
            "created_at": Self.date(comment.created), "updated_at": Self.date(comment.updated),
            "author_association": self.association(of: comment.author, to: repository),
            "subject_type": comment.line == nil ? "file" : "line",
        ]
        if let parent = comment.replyTo { shape["in_reply_to_id"] = JSON(parent) }
        return .object(shape)
    }
}
