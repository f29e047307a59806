internal import Agent
internal import Chat
internal import GitHub
internal import Primitives
internal import Repositories

/// Answers at GitHub what was fixed, where `approvals.writes` permits it.
struct FixReplies {
    let work: GitHubWork
    let settings: CurrentAgentSettings

    /// - Parameter commits: full ids, the oldest first.
    func send(
        _ commits: [String], _ target: FixTarget, _ request: TurnRequest, _ place: GitHubWork.Place,
        _ thread: any TurnThread
    ) async throws {
        guard let pull = target.pull else { return }
        // Those that answered before a crash are not answered again.
        let lines = target.items.compactMap(\.comment).filter { comment in
            !FixReply.isAnswered(comment, in: target.comments, turn: request.id)
        }
        let hasOthers = target.items.contains { $0.kind == .comment || $0.kind == .review }
        guard !lines.isEmpty || hasOthers else { return }
        let text = FixReply.text(commits, turn: request.id)
        guard try await self.mayPost(text, on: pull, request, place, thread) else {
            try await thread.report(.notice("Nothing was answered at GitHub."))
            return
        }
        try await self.work.checkMayAct(for: request)
        for comment in lines {
            do {
                _ = try await place.client.reply(to: comment, onPullRequest: pull, in: place.name, text)
            } catch let error as GitHubError where error.code == .notFound || error.code == .gone {
                continue  // Its author deleted it.
            }
        }
        if hasOthers { try await self.comment(text, on: pull, turn: request.id, place) }
        let count = lines.count + (hasOthers ? 1 : 0)
        try await thread.report(
            .text(
                "\n\nAnswered at GitHub with \(count.counted("comment")): "
                    + place.client.links.pullRequest(pull, in: place.name)))
    }

    /// One comment for all remarks about the whole pull request.
    private func comment(_ text: String, on pull: Int, turn: String, _ place: GitHubWork.Place) async throws {
        let mark = FixReply.mark(of: turn)
        let known = try await place.client.all { page in
            try await place.client.comments(on: pull, in: place.name, after: page)
        }
        guard !known.contains(where: { OwnMark.has(mark, in: $0.body) }) else { return }
        _ = try await place.client.comment(on: pull, in: place.name, text)
    }

    private func mayPost(
        _ text: String, on pull: Int, _ request: TurnRequest, _ place: GitHubWork.Place, _ thread: any TurnThread
    ) async throws -> Bool {
        let verdict = self.settings.settings.policy.verdict(
            on: PolicyQuestion(
                role: request.role, persona: nil, tool: "commit", kind: .commit, repository: place.repository.name))
        switch verdict.decision {
        case .allow: return true
        case .deny: return false
        case .ask:
            let address = place.client.links.pullRequest(pull, in: place.name)
            let line = text.split(separator: "\n").first.map(String.init) ?? text
            let outcome = try await thread.approval(
                of: ApprovalRequest(
                    action: .reach, subject: "\(address)\n\(line)", directory: "/", tool: "fix", approver: .requester))
            if case .approved = outcome { return true }
            return false
        }
    }
}
