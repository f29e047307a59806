package import Chat
package import Database
package import JSON
package import Store

/// What people say about passages of documents.
extension Ledger {
    /// Open comments and their answers, oldest first.
    package func comments(at place: DocumentPlace) throws -> [DocumentComment] {
        try self.connection.query(
            """
            SELECT * FROM document_comments
            WHERE repository = ? AND branch = ? AND path = ? AND resolved_at IS NULL ORDER BY number
            """, place.values
        ).map(Self.comment)
    }

    /// Open comments that were made beside a thread, oldest first, without answers.
    package func comments(of session: String) throws -> [DocumentComment] {
        try self.connection.query(
            """
            SELECT * FROM document_comments WHERE session = ? AND parent IS NULL AND resolved_at IS NULL ORDER BY number
            """, [.text(session)]
        ).map(Self.comment)
    }

    /// An open comment; nil for an answer.
    package func comment(_ number: Int64) throws -> DocumentComment? {
        try self.connection.first(
            "SELECT * FROM document_comments WHERE number = ? AND parent IS NULL AND resolved_at IS NULL",
            [.integer(number)]
        ).map(Self.comment)
    }

    /// Stores a comment, and returns it with its number; also whether it is new, which a repeated request's is not.
    package func add(
        _ comment: DocumentComment, by author: Sender, key: String
    ) throws -> (DocumentComment, isNew: Bool) {
        let known = try self.connection.first("SELECT * FROM document_comments WHERE key = ?", [.text(key)])
        if let known { return (try Self.comment(known), false) }
        let open = try self.connection.first(
            """
            SELECT COUNT(*) AS n FROM document_comments
            WHERE repository = ? AND branch = ? AND path = ? AND resolved_at IS NULL
            """, comment.place.values)?.integer("n")
        guard (open ?? 0) < DocumentComment.limit else { throw CommentProblem.tooMany }
        let row = try self.connection.first(
            """
            INSERT INTO document_comments
            (repository, branch, path, session, author, text, quote, anchor, parent, key, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *
            """,
            comment.place.values + [
                .text(comment.session), .text(comment.author), .text(comment.text), .text(comment.quote),
                .text(comment.anchor.text), .optional(comment.parent), .text(key), .integer(comment.createdAt),
            ])
        try self.note(
            NamedText(
                .comment, in: comment.session, of: comment.place.repository, about: comment.place.path, key: key,
                comment.text, by: author, at: comment.createdAt))
        return (try row.map(Self.comment) ?? comment, true)
    }

    /// Where a comment's passage is now.
    package func anchor(_ number: Int64, at anchor: JSON) throws {
        try self.connection.execute(
            "UPDATE document_comments SET anchor = ? WHERE number = ?", [.text(anchor.text), .integer(number)])
    }

    /// Resolves an open comment with its answers.
    package func resolveComment(_ number: Int64, at now: Int64) throws {
        try self.connection.execute(
            "UPDATE document_comments SET resolved_at = ? WHERE number = ? OR parent = ?",
            [.integer(now), .integer(number), .integer(number)])
    }

    package func removeComments(resolvedBefore time: Int64) throws {
        try self.connection.execute("DELETE FROM document_comments WHERE resolved_at < ?", [.integer(time)])
    }

    private static func comment(_ row: Row) throws -> DocumentComment {
        DocumentComment(
            number: try row.integer("number"),
            place: try DocumentPlace(row),
            session: try row.text("session"), author: try row.text("author"), text: try row.text("text"),
            quote: try row.text("quote"), anchor: try JSON.parse(try row.text("anchor")),
            parent: try row.optionalInteger("parent"), createdAt: try row.integer("created_at"))
    }
}

/// A document as everybody who edits it means it. Git tells two spellings of the same letters apart.
package struct DocumentPlace: Sendable, Hashable {
    private let exactRepository: ExactText
    private let exactBranch: ExactText
    private let exactPath: ExactText
    package var repository: String { self.exactRepository.text }
    package var branch: String { self.exactBranch.text }
    package var path: String { self.exactPath.text }

    package init(repository: String, branch: String, path: String) {
        self.exactRepository = ExactText(repository)
        self.exactBranch = ExactText(branch)
        self.exactPath = ExactText(path)
    }

    package init(_ row: Row) throws {
        self.init(repository: try row.text("repository"), branch: try row.text("branch"), path: try row.text("path"))
    }

    package var values: [SQLValue] { [.text(self.repository), .text(self.branch), .text(self.path)] }
}

/// What somebody says about a passage of a document, or in answer to that.
package struct DocumentComment: Sendable {
    /// In characters.
    package static let textLimit = 2_000
    package static let quoteLimit = 2_000
    /// Open ones of a document, with answers.
    package static let limit = 200

    package let number: Int64
    package let place: DocumentPlace
    /// The thread beside which it was made.
    package let session: String
    /// A name for people.
    package let author: String
    package let text: String
    /// The passage as it was; empty in an answer.
    package let quote: String
    /// The history of edits as `epoch`, and the passage's `start` and `end` in it; null where it was not found.
    package let anchor: JSON
    /// What it answers.
    package let parent: Int64?
    /// Milliseconds since 1970.
    package let createdAt: Int64

    package init(
        number: Int64 = 0, place: DocumentPlace, session: String, author: String, text: String, quote: String = "",
        anchor: JSON = .null, parent: Int64? = nil, createdAt: Int64
    ) {
        self.number = number
        self.place = place
        self.session = session
        self.author = author
        self.text = text
        self.quote = quote
        self.anchor = anchor
        self.parent = parent
        self.createdAt = createdAt
    }

    /// An answer to it.
    package func answer(_ text: String, by author: String, at now: Int64) -> DocumentComment {
        DocumentComment(
            place: self.place, session: self.session, author: author, text: text, parent: self.number, createdAt: now)
    }
}

package enum CommentProblem: Error, Sendable {
    case tooMany
    /// Resolved meanwhile, or never there.
    case unknown
}
