internal import EventLoop
internal import HTTP
internal import JSON

/// Reviews of pull requests.
extension GitHubHub {
    func addReview(
        _ body: String, _ state: String, on pull: GitHubPull, in repository: HubRepository, by login: String
    ) -> HubReview {
        let review = HubReview(
            id: self.nextID(), pull: pull.number, author: login, body: body, state: state, commit: pull.headID,
            submitted: self.now)
        repository.reviews.append(review)
        repository.pulls[pull.number]?.updated = self.now
        return review
    }

    func listReviews(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let number = try repository.pull(try call.number("pull_number")).number
        let reviews = repository.reviews.filter { $0.pull == number }
        return self.page(reviews.map { self.shape($0, repository) }, call)
    }

    func createReview(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let pull = try repository.pull(try call.number("pull_number"))
        let review = try await self.review(
            pull, in: repository, event: call.body["event"]?.stringValue ?? "",
            body: call.body["body"]?.stringValue ?? "", comments: call.body["comments"]?.arrayValue ?? [],
            commit: call.body["commit_id"]?.stringValue, by: call.login)
        return GitHubReply(self.shape(review, repository))
    }

    func review(
        _ pull: GitHubPull, in repository: HubRepository, event: String, body: String, comments: [JSON],
        commit: String? = nil, by login: String
    ) async throws -> HubReview {
        let state = try Self.state(event)
        if ["APPROVED", "CHANGES_REQUESTED"].contains(state), pull.author == login {
            let words = state == "APPROVED" ? "approve" : "request changes on"
            throw GitHubProblem(
                422, "Unprocessable Entity", errors: [.string("Can not \(words) your own pull request")])
        }
        if state != "APPROVED", body.isEmpty, comments.isEmpty {
            throw GitHubProblem(
                422, "Unprocessable Entity", errors: ["You need to leave a comment indicating the requested changes."])
        }
        if let commit, try await !self.commits(of: pull, in: repository).contains(commit) {
            throw GitHubProblem(422, "Unprocessable Entity", errors: ["commit_id is not part of the pull request"])
        }
        var lines: [HubComment] = []
        for value in comments {
            lines.append(try await self.line(value, on: pull, in: repository, by: login))
        }
        let review = self.addReview(body, state, on: pull, in: repository, by: login)
        for index in lines.indices { lines[index].review = review.id }
        repository.reviewComments += lines
        await self.tellReview(review, pull, lines, in: repository)
        return review
    }

    /// Pending reviews, which have no event, are not here.
    private static func state(_ event: String) throws(GitHubProblem) -> String {
        switch event {
        case "COMMENT": return "COMMENTED"
        case "APPROVE": return "APPROVED"
        case "REQUEST_CHANGES": return "CHANGES_REQUESTED"
        default:
            throw GitHubProblem(
                422,
                "Invalid request.\n\n\(event) is not a possible value. Must be one of the following: APPROVE, REQUEST_CHANGES, COMMENT, PENDING."
            )
        }
    }

    private func tellReview(
        _ review: HubReview, _ pull: GitHubPull, _ lines: [HubComment], in repository: HubRepository
    ) async {
        if let shape = await self.shape(of: pull, in: repository) {
            var object = self.shape(review, repository).objectValue ?? [:]
            // In events the state is written in small letters.
            object["state"] = .string(review.state.lowercased())
            self.tell(
                "pull_request_review", in: repository, by: review.author,
                ["action": "submitted", "review": .object(object), "pull_request": shape])
        }
        for line in lines { await self.tellLine(line, pull, in: repository) }
        self.changed.wakeAll()
    }

    private func shape(_ review: HubReview, _ repository: HubRepository) -> JSON {
        let pull = "\(self.url)/repos/\(repository.fullName)/pulls/\(review.pull)"
        let page = "\(self.url)/\(repository.fullName)/pull/\(review.pull)#pullrequestreview-\(review.id)"
        return [
            "id": JSON(review.id), "node_id": .string("PRR_\(review.id)"), "user": self.shape(user: review.author),
            "body": .string(review.body), "state": .string(review.state), "html_url": .string(page),
            "pull_request_url": .string(pull), "commit_id": .string(review.commit),
            "submitted_at": Self.date(review.submitted),
            "author_association": self.association(of: review.author, to: repository),
        ]
    }
}
