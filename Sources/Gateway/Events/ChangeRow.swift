internal import Database
internal import Store

/// Something that has changed: what it was is read where it is.
struct ChangeRow: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable {
        case thread, operation, ask
        /// Its subject is an operation and a hash.
        case commit
        /// Its subject is an operation, a hash and a path.
        case document
        /// Its subject is a repository and an id; it has no session.
        case task
        /// Its subject is a number; its owner is whom the text names.
        case mention
    }

    let number: Int64
    /// Nil for one of a later release.
    let kind: Kind?
    let subject: String
    let session: String
    /// Who began the thread that has changed, or whom it is for.
    let owner: String?
    /// Milliseconds since 1970, by the store's clock.
    let at: Int64
}

extension Ledger {
    /// Changes after one, oldest first.
    ///
    /// - Parameter since: also earlier numbers that were written from this time on: on PostgreSQL a transaction may end
    ///   after one that began later and has a higher number.
    func changes(after number: Int64, since: Int64 = .max, limit: Int) throws -> [ChangeRow] {
        let first = since == .max ? number : number - 1_000
        return try self.connection.query(
            """
            SELECT * FROM changes WHERE number > $1 AND (number > $2 OR at >= $3) ORDER BY number LIMIT $4
            """, .integer(first), .integer(number), .integer(since), .integer(Int64(limit))
        ).map(Self.change)
    }

    func change(number: Int64) throws -> ChangeRow? {
        try self.connection.query("SELECT * FROM changes WHERE number = $1", .integer(number)).first.map(Self.change)
    }

    /// The number of the newest change; 0 before the first.
    func lastChange() throws -> Int64 {
        try self.connection.first("SELECT COALESCE(MAX(number), 0) AS n FROM changes", [])?.integer("n") ?? 0
    }

    private static func change(_ row: Row) throws -> ChangeRow {
        ChangeRow(
            number: try row.integer("number"), kind: ChangeRow.Kind(rawValue: try row.text("kind")),
            subject: try row.text("subject"), session: try row.text("session"), owner: row["owner"].text,
            at: try row.integer("at"))
    }
}
