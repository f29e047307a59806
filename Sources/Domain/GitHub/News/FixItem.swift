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
