/// The replies that are posted on GitHub. Pure.
package enum FixReply {
    private static let kind = "fix"

    /// `Fixed in 1234567.`, with a mark that a repeated turn finds.
    ///
    /// - Parameter commits: full ids, the oldest first; GitHub turns them into links.
    package static func text(_ commits: [String], turn: String) -> String {
        let shown = commits.suffix(5).joined(separator: ", ")
        return "Fixed in \(shown).\n\n\(Self.mark(of: turn))"
    }

    package static func isAnswered(_ comment: Int64, in comments: [GitHubComment], turn: String) -> Bool {
        let mark = Self.mark(of: turn)
        let root = comments.first { $0.id == comment }?.replyTo ?? comment
        return comments.contains { ($0.replyTo == root || $0.replyTo == comment) && OwnMark.has(mark, in: $0.body) }
    }

    /// Whether a comment is an answer to what was fixed, whichever turn wrote it.
    static func isReply(_ comment: GitHubComment) -> Bool { OwnMark.isIn(comment.body, kind: Self.kind) }

    package static func mark(of turn: String) -> String { OwnMark.of(Self.kind, turn) }
}
