/// Gathers the items that wait for an answer. Pure.
package enum FixItems {
    /// The most items of one turn.
    package static let limit = 40

    /// The unanswered news, then what GitHub shows now, each once.
    ///
    /// - Parameters:
    ///   - checks: those of the branch's newest commit; nil where they are unknown.
    ///   - comments: all comments on lines of the pull request.
    package static func all(
        news: [NewsEvent], checks: GitHubChecks?, comments: [GitHubComment]
    ) -> [FixItem] {
        let answered = Self.answered(in: comments)
        var items = news.compactMap { FixItem($0) }.filter { item in
            if let comment = item.comment, answered.contains(comment) { return false }
            return true
        }
        if let checks {
            let failed = Set(checks.failed.map(\.name))
            // A check that has passed since needs no repair.
            items.removeAll { $0.kind == .check && $0.check != nil && !failed.contains($0.name) }
            let known = Set(items.filter { $0.kind == .check }.map(\.name))
            items += checks.failed.filter { !known.contains($0.name) }.compactMap { FixItem($0) }
        }
        let open = comments.filter { comment in
            comment.replyTo == nil && comment.line != nil && !answered.contains(comment.id)
                && comment.author?.isBot != true
        }
        let known = Set(items.compactMap(\.comment))
        items += open.filter { !known.contains($0.id) }.map { FixItem($0) }
        return Array(items.prefix(Self.limit))
    }

    /// The conversations that end with an answer of this program.
    private static func answered(in comments: [GitHubComment]) -> Set<Int64> {
        var last: [Int64: GitHubComment] = [:]
        for comment in comments.sorted(by: { $0.id < $1.id }) { last[comment.replyTo ?? comment.id] = comment }
        var answered: Set<Int64> = []
        for (root, comment) in last where FixReply.isReply(comment) {
            answered.insert(root)
            // News may name any comment of the conversation.
            answered.formUnion(comments.filter { $0.replyTo == root }.map(\.id))
        }
        return answered
    }
}
