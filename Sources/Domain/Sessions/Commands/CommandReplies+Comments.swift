internal import Chat
internal import Posts
internal import Primitives
internal import Store
internal import Threads

extension CommandReplies {
    /// `comment`, `comment NUMBER TEXT` and `comment resolve NUMBER`: about documents, which are edited on the page.
    func comment(_ argument: String) async throws -> Reply {
        let words = argument.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
        let (sign, key) = (self.sign, self.key)
        guard let first = words.first, let rest = words.last else {
            let open = try await self.context.store.read { ledger in
                try ledger.session(for: key).map { try ledger.comments(of: $0.id) } ?? []
            }
            return Reply(CommentTexts.list(open, sign))
        }
        let isResolving = first.lowercased() == "resolve"
        guard words.count == 2, let number = Int64(isResolving ? rest.trimmed : first) else {
            return Reply(CommentTexts.usage(sign))
        }
        guard isResolving || rest.count <= DocumentComment.textLimit else { return Reply(CommentTexts.tooLong) }
        let now = self.context.environment.now()
        let sender = self.stored.message.sender
        let request = "\(self.stored.number) \(self.stored.event)"
        let text: String
        do {
            text = try await self.context.store.write(beside: Place(of: key)) { ledger in
                guard let session = try ledger.session(for: key), let comment = try ledger.comment(number),
                    comment.session == session.id
                else { throw CommentProblem.unknown }
                if isResolving {
                    try ledger.resolveComment(number, at: now)
                    return CommentTexts.resolved(comment)
                }
                _ = try ledger.add(comment.answer(rest, by: sender.displayName, at: now), by: sender, key: request)
                return CommentTexts.answered(number)
            }
        } catch CommentProblem.unknown {
            return Reply(CommentTexts.unknown(sign))
        } catch CommentProblem.tooMany {
            return Reply(CommentTexts.tooMany)
        }
        self.context.store.commentChanges.note()
        return Reply(text)
    }
}
