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
            submitted: state == "PENDING" ? nil : self.now)
        repository.reviews.append(review)
        repository.pulls[pull.number]?.updated = self.now
        return review
    }

    func listReviews(_ call: GitHubCall) throws -> GitHubReply {
        let repository = try call.repository
        let number = try repository.pull(try call.number("pull_number")).number
        let seen = repository.reviews.filter {
            $0.pull == number && ($0.state != "PENDING" || $0.author == call.login)
        }
        return self.page(seen.map { self.shape($0, repository) }, call)
    }

    func createReview(_ call: GitHubCall) async throws -> GitHubReply {
        let repository = try call.repository
        let pull = try repository.pull(try call.number("pull_number"))
        let review = try await self.review(
            pull, in: repository, event: call.body["event"]?.stringValue, body: call.body["body"]?.stringValue ?? "",
            comments: call.body["comments"]?.arrayValue ?? [], commit: call.body["commit_id"]?.stringValue,
            by: call.login)
        return GitHubReply(self.shape(review, repository))
    }

    func review(
        _ pull: GitHubPull, in repository: HubRepository, event: String?, body: String, comments: [JSON],
        commit: String? = nil, by login: String
    ) async throws -> HubReview {
        let state = try Self.state(event)
        if ["APPROVED", "CHANGES_REQUESTED"].contains(state), pull.author == login {
            let words = state == "APPROVED" ? "approve" : "request changes on"
            throw GitHubProblem(
                422, "Unprocessable Entity", errors: [.string("Can not \(words) your own pull request")])
        }
        if state == "CHANGES_REQUESTED" || state == "COMMENTED", body.isEmpty, comments.isEmpty {
            throw GitHubProblem(
                422, "Unprocessable Entity", errors: ["You need to leave a comment indicating the requested changes."])
        }
        if state == "PENDING",
            repository.reviews.contains(where: { $0.pull == pull.number && $0.author == login && $0.state == "PENDING" }
            )
        {
            throw GitHubProblem(
                422, "Unprocessable Entity", errors: ["User can only have one pending review per pull request"])
        }
        if let commit, try await !self.commits(of: pull, in: repository).contains(commit) {
            throw GitHubProblem(422, "Unprocessable Entity", errors: ["commit_id is not part of the pull request"])
        }
        var lines: [HubComment] = []
        for value in comments {
            var line = try self.line(value, on: pull, by: login, isInReview: true)
            do {
                try await self.place(&line, on: pull, in: repository)
            } catch let problem as GitHubProblem {
                // In a review the errors are words.
                let words = problem.errors.first?["message"]?.stringValue ?? problem.message
                let text = words.split(separator: " ", maxSplits: 1).last.map(String.init) ?? words
                throw GitHubProblem(422, "Unprocessable Entity", errors: [.string(text)])
            }
            lines.append(line)
        }
        let review = self.addReview(body, state, on: pull, in: repository, by: login)
        for index in lines.indices { lines[index].review = review.id }
        repository.reviewComments += lines
        if state != "PENDING" { await self.tellReview(review, pull, lines, in: repository) }
        return review
    }

    private static func state(_ event: String?) throws(GitHubProblem) -> String {
        switch event {
        case nil, "PENDING", "": return "PENDING"
        case "COMMENT": return "COMMENTED"
        case "APPROVE": return "APPROVED"
        case "REQUEST_CHANGES": return "CHANGES_REQUESTED"
        case let other?:
            throw GitHubProblem(
                422,
                "Invalid request.\n\n\(other) is not a possible value. Must be one of the following: APPROVE, REQUEST_CHANGES, COMMENT, PENDING."
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

    private func find(_ call: GitHubCall) throws -> (HubRepository, Int) {
        let repository = try call.repository
        let id = try call.number("review_id")
        guard let index = repository.reviews.firstIndex(where: { $0.id == id }) else { throw GitHubProblem.notFound }
        return (repository, index)
    }

    func getReview(_ call: GitHubCall) throws -> GitHubReply {
        let (repository, index) = try self.find(call)
        return GitHubReply(self.shape(repository.reviews[index], repository))
    }

    func listCommentsOfReview(_ call: GitHubCall) throws -> GitHubReply {
        let (repository, index) = try self.find(call)
        let id = repository.reviews[index].id
        return self.page(
            repository.reviewComments.filter { $0.review == id }.map { self.shape(line: $0, repository) }, call)
    }

    func submitReview(_ call: GitHubCall) async throws -> GitHubReply {
        let (repository, index) = try self.find(call)
        let review = repository.reviews[index]
        guard review.state == "PENDING", review.author == call.login else { throw GitHubProblem.notFound }
        let pull = try repository.pull(review.pull)
        let state = try Self.state(try call.text("event"))
        if state != "COMMENTED", pull.author == call.login {
            throw GitHubProblem(422, "Unprocessable Entity", errors: ["Can not approve your own pull request"])
        }
        repository.reviews[index].state = state
        repository.reviews[index].submitted = call.now
        if let body = call.body["body"]?.stringValue { repository.reviews[index].body = body }
        let lines = repository.reviewComments.filter { $0.review == review.id }
        await self.tellReview(repository.reviews[index], pull, lines, in: repository)
        return GitHubReply(self.shape(repository.reviews[index], repository))
    }

    func deleteReview(_ call: GitHubCall) throws -> GitHubReply {
        let (repository, index) = try self.find(call)
        let review = repository.reviews[index]
        guard review.state == "PENDING" else {
            throw GitHubProblem(
                422, "Unprocessable Entity", errors: ["Can not delete a non-pending pull request review"])
        }
        repository.reviews.remove(at: index)
        repository.reviewComments.removeAll { $0.review == review.id }
        return GitHubReply(self.shape(review, repository))
    }

    func shape(_ review: HubReview, _ repository: HubRepository) -> JSON {
        let pull = "\(self.url)/repos/\(repository.fullName)/pulls/\(review.pull)"
        let page = "\(self.url)/\(repository.fullName)/pull/\(review.pull)#pullrequestreview-\(review.id)"
        return [
            "id": JSON(review.id), "node_id": .string("PRR_\(review.id)"), "user": self.shape(user: review.author),
            "body": .string(review.body), "state": .string(review.state), "html_url": .string(page),
            "pull_request_url": .string(pull), "commit_id": .string(review.commit),
            "submitted_at": Self.date(review.submitted),
            "author_association": self.association(of: review.author, to: repository),
            "_links": ["html": ["href": .string(page)], "pull_request": ["href": .string(pull)]],
        ]
    }
}

extension GitHubDiff {
    /// The line at a position of a patch: the first line below the first hunk's head is 1.
    static func line(at position: Int, in patch: String) -> (line: Int, side: String)? {
        var (old, new) = (0, 0)
        for (index, line) in patch.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let place: (line: Int, side: String)?
            switch line.first {
            case "@":
                let words = line.split(separator: " ")
                old = Int(words[1].dropFirst().split(separator: ",")[0]) ?? 0
                new = Int(words[2].dropFirst().split(separator: ",")[0]) ?? 0
                place = nil
            case "-":
                place = (old, "LEFT")
                old += 1
            case "+":
                place = (new, "RIGHT")
                new += 1
            default:
                place = (new, "RIGHT")
                old += 1
                new += 1
            }
            if index == position { return place }
        }
        return nil
    }
}
