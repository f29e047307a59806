package import Database

/// Reads the audit, also while a host writes it.
package struct AuditReader: Sendable {
    private let database: Database

    /// Rows read at a time, which bounds the memory that a long audit takes.
    private static let batch = 500

    package init(_ database: Database) {
        self.database = database
    }

    /// One page, newest first; `next` is the cursor of the page after it, nil for the last.
    ///
    /// - Parameter cursor: Of the page before; an invalid one begins at the newest row.
    package func page(after cursor: String?, limit: Int) async throws -> (rows: [AuditRow], next: String?) {
        try await self.database.read { connection in try Self.page(after: cursor, limit: limit, in: connection) }
    }

    /// The same within a transaction.
    package static func page(
        after cursor: String?, limit: Int, in connection: any Connection
    ) throws -> (rows: [AuditRow], next: String?) {
        let before = cursor.flatMap { Int64($0) } ?? .max
        let rows = try connection.query(
            "SELECT * FROM audit WHERE number < $1 ORDER BY number DESC LIMIT $2", .integer(before),
            .integer(Int64(limit) + 1)
        ).map { try AuditRow($0) }
        let items = Array(rows.prefix(limit))
        return (items, rows.count > limit ? items.last.map { String($0.number) } : nil)
    }

    /// A turn's rows of one kind among the newest ones of the audit, newest first.
    package func newest(_ kind: AuditEntry.Kind, ofTurn turn: String) async throws -> [AuditRow] {
        try await self.database.read { connection in
            try connection.query(
                """
                SELECT * FROM (SELECT * FROM audit ORDER BY number DESC LIMIT $1) AS newest WHERE kind = $2 AND turn = $3
                """, .integer(Int64(Self.batch)), .text(kind.rawValue), .text(turn)
            ).map { try AuditRow($0) }
        }
    }

    /// Passes every row to `write`, oldest first.
    package func export(_ write: (AuditRow) async throws -> Void) async throws {
        var last: Int64 = 0
        while true {
            let after = last
            let rows = try await self.database.read { try Self.rows(after: after, limit: Self.batch, in: $0) }
            for row in rows { try await write(row) }
            guard let end = rows.last else { return }
            last = end.number
        }
    }

    /// Checks every row, the links between rows, and that none is missing at either end.
    ///
    /// - Parameter directory: The data directory, which has the key. Throws ``AuditError`` if the key is damaged.
    package func verify(keyIn directory: String) async throws -> AuditVerdict {
        let key = try AuditKey.stored(in: directory)
        // Before the rows: a running host may add some.
        let kept = key.flatMap { AuditHead.kept(in: directory, signedWith: $0) }
        // One snapshot: the head must be that of the rows.
        return try await self.database.read { connection in
            try AuditVerification(
                head: AuditHead.stored(in: connection), key: key, kept: kept,
                isRestored: AuditKey.restored(in: directory) != nil,
                rows: { try Self.rows(after: $0, limit: Self.batch, in: connection) },
                row: { number in
                    try connection.first("SELECT * FROM audit WHERE number = $1", .integer(number)).map {
                        try AuditRow($0)
                    }
                }
            ).verdict()
        }
    }

    private static func rows(after number: Int64, limit: Int, in connection: any Connection) throws -> [AuditRow] {
        try connection.query(
            "SELECT * FROM audit WHERE number > $1 ORDER BY number LIMIT $2", .integer(number), .integer(Int64(limit))
        ).map { try AuditRow($0) }
    }
}
