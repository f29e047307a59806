internal import Chat
internal import Database

/// Something that has changed: what it was is read where it is.
package struct ChangeRow: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case thread, operation, ask
        /// Its subject is an operation and a hash.
        case commit
        /// Its subject is an operation, a hash and a path.
        case document
        /// Its subject is a repository and an id; it has no session.
        case task
    }

    package let number: Int64
    /// Nil for one of a later release.
    package let kind: Kind?
    package let subject: String
    package let session: String
    /// Who began the thread that has changed.
    package let owner: String?
    /// Milliseconds since 1970, by the store's clock.
    package let at: Int64
}

extension Ledger {
    /// Changes after one, oldest first.
    ///
    /// - Parameter since: also earlier numbers that were written from this time on: on PostgreSQL a transaction may end
    ///   after one that began later and has a higher number.
    package func changes(after number: Int64, since: Int64 = .max, limit: Int) throws -> [ChangeRow] {
        let first = since == .max ? number : number - 1_000
        return try self.connection.query(
            """
            SELECT * FROM changes WHERE number > $1 AND (number > $2 OR at >= $3) ORDER BY number LIMIT $4
            """, .integer(first), .integer(number), .integer(since), .integer(Int64(limit))
        ).map(Self.change)
    }

    package func change(number: Int64) throws -> ChangeRow? {
        try self.connection.query("SELECT * FROM changes WHERE number = $1", .integer(number)).first.map(Self.change)
    }

    /// The number of the newest change; 0 before the first.
    package func lastChange() throws -> Int64 {
        try self.connection.first("SELECT COALESCE(MAX(number), 0) AS n FROM changes", [])?.integer("n") ?? 0
    }

    /// The most documents of one commit whose changes are noted.
    private static let documentLimit = 50

    /// Notes the documents that a commit changes, which has just been stored, with the time of its own change.
    func noteDocuments(of commit: CommitNotice, turn: String) throws {
        let subject = "\(turn) \(commit.sha)"
        for path in commit.documents.prefix(Self.documentLimit) {
            try self.connection.execute(
                """
                INSERT INTO changes (kind, subject, session, at) SELECT 'document', ?, session, at FROM changes
                WHERE kind = 'commit' AND subject = ? ORDER BY number DESC LIMIT 1
                """, [.text("\(subject) \(path)"), .text(subject)])
        }
    }

    /// Deletes old changes, but not the newest one, which says where the next ones begin, nor those of which webhooks are
    /// still to be made.
    func deleteChanges(before time: Int64) throws {
        let end = try self.webhookCursor() ?? .max
        try self.connection.execute(
            "DELETE FROM changes WHERE at < $1 AND number < (SELECT MAX(number) FROM changes) AND number <= $2",
            [.integer(time), .integer(end)])
    }

    private static func change(_ row: Row) throws -> ChangeRow {
        ChangeRow(
            number: try row.integer("number"), kind: ChangeRow.Kind(rawValue: try row.text("kind")),
            subject: try row.text("subject"), session: try row.text("session"), owner: row["owner"].text,
            at: try row.integer("at"))
    }
}
