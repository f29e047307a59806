internal import Chat
internal import GitHub

/// Posts a review's findings at GitHub, as people decided.
///
/// The review has a mark that names the operation, so that a turn that begins again after a crash finds it.
struct ReviewPosting {
    let work: GitHubWork

    func run(_ answered: AnsweredQuestion, in thread: any TurnThread) async throws -> TurnEnding {
        guard let payload = ReviewPayload(answered.payload) else {
            throw TurnFailure("The review can't be read any more: run `review` again.")
        }
        guard let event = Self.event(answered.answer, payload) else {
            try await thread.report(.text("The review of #\(payload.number) is not posted."))
            return .complete
        }
        let place = try self.work.place(named: payload.repository)
        if let posted = try await self.find(payload, place) {
            try await self.tell(posted, payload, "was posted already", thread)
            return .complete
        }
        do {
            let posted = try await self.post(payload, event, place, withLines: false)
            try await self.tell(posted, payload, "posted", thread)
        } catch let error as GitHubError where error.mayBeDone {
            guard let posted = try await self.find(payload, place) else { throw error }
            try await self.tell(posted, payload, "posted", thread)
        } catch let error as GitHubError where error.code == .validation {
            // The diff has changed since: its lines are named in the text instead.
            let posted = try await self.post(payload, event, place, withLines: true)
            try await self.tell(posted, payload, "posted", thread)
            try await thread.report(
                .notice("The pull request has changed since, so the findings are in the review's text."))
        }
        return .complete
    }

    private static func event(_ answer: QuestionAnswer, _ payload: ReviewPayload) -> GitHubReview.Event? {
        guard case .option(let key, _, _) = answer.content else { return nil }
        switch key {
        case "A": return .comment
        case "B" where payload.canRequestChanges: return .requestChanges
        default: return nil
        }
    }

    private func find(_ payload: ReviewPayload, _ place: GitHubWork.Place) async throws -> GitHubReview? {
        let mark = ReviewText.mark(payload.id)
        return try await place.client.all { page in
            try await place.client.reviews(ofPullRequest: payload.number, in: place.name, after: page)
        }.first { OwnMark.has(mark, in: $0.body) }
    }

    private func post(
        _ payload: ReviewPayload, _ event: GitHubReview.Event, _ place: GitHubWork.Place, withLines: Bool
    ) async throws -> GitHubReview {
        try await place.client.review(
            pullRequest: payload.number, in: place.name, event: event,
            body: ReviewText.body(payload.findings, id: payload.id, withLines: withLines),
            findings: withLines ? [] : ReviewText.comments(payload.findings),
            commit: withLines ? nil : payload.commit)
    }

    private func tell(
        _ review: GitHubReview, _ payload: ReviewPayload, _ what: String, _ thread: any TurnThread
    ) async throws {
        try await thread.report(.text("The review of #\(payload.number) \(what): \(review.url)"))
    }
}
