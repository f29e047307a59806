/// Something on a pull request that waits for an answer: a failed check, a comment, a review.
package struct FixItem: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case check, comment, review
        case lineComment = "line comment"
    }

    package let kind: Kind
    /// Who wrote it, if GitHub reports that with the text.
    package enum Writer: Sendable, Hashable {
        case owner
        /// A member of the organisation or a collaborator, who may be allowed to read only.
        case insider
        case outsider
    }

    /// The same as the ``NewsEvent/key`` of the news about it.
    package let key: String
    /// The check's name, or the author.
    package var name: String
    package var text: String
    package var path: String?
    package var line: Int?
    package var url: String?
    /// GitHub's id of the comment on a line, to which a reply can be made.
    package var comment: Int64?
    /// The id of the check run, for its annotations.
    package var check: Int64?
    /// Nil for checks.
    package var writer: Writer?

    package init(_ kind: Kind, key: String, name: String, text: String = "") {
        self.kind = kind
        self.key = key
        self.name = name
        self.text = text
    }

    /// Nil for news that need no answer.
    package init?(_ event: NewsEvent) {
        let kind: Kind
        switch event.kind {
        case .check, .workflow:
            guard event.isFailure else { return nil }
            kind = .check
        case .lineComment: kind = .lineComment
        case .comment: kind = .comment
        case .review: kind = .review
        case .push, .pull: return nil
        }
        let name = (kind == .check ? event.name : event.author) ?? kind.rawValue
        self.init(kind, key: event.key, name: name, text: event.text ?? "")
        self.path = event.path
        self.line = event.line
        self.url = event.url
        if kind == .lineComment { self.comment = Int64(event.id) }
        if event.kind == .check { self.check = Int64(event.id) }
        if kind != .check { self.writer = Self.writer(event.association) }
    }

    /// Nil for a check that has not failed.
    package init?(_ check: GitHubCheck) {
        guard check.state == .failed else { return nil }
        let id = check.id.map { "\($0)" } ?? "status-\(check.name)"
        self.init(.check, key: "\(NewsEvent.Kind.check.rawValue):\(id)", name: check.name, text: check.summary)
        self.url = check.url
        self.check = check.id
    }

    /// The comment that begins a conversation about a line.
    package init(_ comment: GitHubComment) {
        self.init(
            .lineComment, key: "\(NewsEvent.Kind.lineComment.rawValue):\(comment.id)",
            name: comment.author?.login ?? "somebody", text: comment.body)
        self.path = comment.path
        self.line = comment.line
        self.url = comment.url
        self.comment = comment.id
        self.writer = Self.writer(comment.association)
    }

    static func writer(_ association: String?) -> Writer {
        switch association {
        case "OWNER": .owner
        case "MEMBER", "COLLABORATOR": .insider
        default: .outsider
        }
    }
}

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
