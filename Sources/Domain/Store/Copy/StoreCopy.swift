internal import Crypto
package import Database

/// Copies everything in a store to an empty one of any engine, and checks the copy by counts and digests.
package struct StoreCopy: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// A table that was copied.
    package struct Table: Sendable, Equatable {
        package let name: String
        package let rows: Int
        /// A chain of SHA-256 over all rows in the order of their keys, in hexadecimal.
        package let digest: String
    }

    private static let batch = 500

    private let source: Database
    private let target: Database

    /// Both have the schema of this program; no host serves either.
    package init(from source: Database, to target: Database) {
        self.source = source
        self.target = target
    }

    /// - Parameter report: Gets each table once it is copied.
    /// - Throws: ``Failure`` if the target is not empty, or differs afterwards. Whatever is thrown once rows are copied,
    ///   the target keeps its ``CopyMark``.
    package func run(report: (Table) throws -> Void) async throws {
        try await self.checkEmpty()
        try await self.target.write { try CopyMark.set(in: $0) }
        for table in StoreTable.all { try await self.copy(table) }
        try await self.settleSessions()
        for table in StoreTable.last { try await self.replace(table) }
        try await self.settleNumbers()
        try await self.target.write { connection in try connection.execute("DELETE FROM changes", []) }
        for table in StoreTable.all + StoreTable.last {
            let (from, to) = (
                try await self.digest(table, in: self.source), try await self.digest(table, in: self.target)
            )
            guard from == to else {
                throw Failure(
                    description:
                        "the copy of the table \(table.name) differs (\(from.rows) rows, then \(to.rows)): empty the target "
                        + "and try again; nothing was changed in the source")
            }
            try report(to)
        }
        try await self.target.write { try CopyMark.remove(in: $0) }
    }

    private func checkEmpty() async throws {
        let full = try await self.target.read { connection in
            try StoreTable.all.filter { try !$0.rows(after: nil, limit: 1, in: connection).isEmpty }.map(\.name)
        }
        guard full.isEmpty else {
            throw Failure(
                description:
                    "\(self.target.name) is not empty (\(full.joined(separator: ", "))): name a new file or database")
        }
    }

    /// Passes the rows of a table to `body`, in parts.
    private func read(
        _ table: StoreTable, of database: Database, _ body: ([Row]) async throws -> Void
    ) async throws {
        var last: [SQLValue]?
        while true {
            let after = last
            let rows = try await database.read { try table.rows(after: after, limit: Self.batch, in: $0) }
            guard let end = rows.last else { return }
            try await body(rows)
            last = table.key(of: end)
        }
    }

    private func copy(_ table: StoreTable) async throws {
        try await self.read(table, of: self.source) { rows in
            try await self.target.write { connection in
                for row in rows {
                    // The audit's trigger only lets rows in that follow its head.
                    if table.name == "audit", let number = row["number"].int64 {
                        try connection.execute("UPDATE audit_head SET last = $1 WHERE id = 1", .integer(number - 1))
                    }
                    try Self.insert(row, into: table, in: connection)
                }
            }
        }
    }

    private static func insert(_ row: Row, into table: StoreTable, in connection: any Connection) throws {
        let columns = row.names
        let places = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
        try connection.execute(
            "INSERT INTO \(table.name) (\(StoreTable.list(columns))) VALUES (\(places))", row.values)
    }

    /// Triggers have counted the texts of sessions a second time.
    private func settleSessions() async throws {
        guard let sessions = StoreTable.all.first else { return }
        try await self.read(sessions, of: self.source) { rows in
            try await self.target.write { connection in
                for row in rows {
                    try connection.execute(
                        "UPDATE sessions SET texts = $2, files = $3, workspace = $4 WHERE id = $1", row["id"],
                        row["texts"], row["files"], row["workspace"])
                }
            }
        }
    }

    private func replace(_ table: StoreTable) async throws {
        try await self.read(table, of: self.source) { rows in
            try await self.target.write { connection in
                for row in rows {
                    let others = row.names.filter { !table.key.contains($0) }
                    let changes = others.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
                    // How far the index of words has got is the target's own; PostgreSQL has none.
                    if table.name == "floors", row["name"] == "message_words" { continue }
                    let places = (1...row.values.count).map { "$\($0)" }.joined(separator: ", ")
                    try connection.execute(
                        """
                        INSERT INTO \(table.name) (\(row.names.joined(separator: ", "))) VALUES (\(places))
                        ON CONFLICT (\(table.key.joined(separator: ", "))) DO UPDATE SET \(changes)
                        """, row.values)
                }
            }
        }
    }

    /// Ids go on where they were: none is given out a second time.
    private func settleNumbers() async throws {
        if self.target.dialect == .postgreSQL {
            try await self.target.write { connection in
                for name in StoreTable.numbered {
                    let key = StoreTable.all.first { $0.name == name }?.key[0] ?? "id"
                    let floor = name == "messages" ? "(SELECT id FROM floors WHERE name = 'messages')" : "0"
                    try connection.execute(
                        """
                        SELECT setval(pg_get_serial_sequence('\(name)', '\(key)'), highest)
                        FROM (SELECT GREATEST(COALESCE(MAX(\(key)), 0), \(floor)) AS highest FROM \(name)) AS ids
                        WHERE highest > 0
                        """)
                }
            }
        } else if self.source.dialect == .postgreSQL {
            let last = try await self.source.read { connection in
                try connection.first(
                    "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS id FROM messages_id_seq")?
                    .int64("id") ?? 0
            }
            try await self.target.write { connection in
                try connection.execute("UPDATE floors SET id = $1 WHERE name = 'messages' AND id < $1", .integer(last))
            }
        }
    }

    private func digest(_ table: StoreTable, in database: Database) async throws -> Table {
        var hash: [UInt8] = []
        var count = 0
        try await self.read(table, of: database) { rows in
            for row in rows where !Self.isOwn(row, of: table) {
                count += 1
                hash = sha256(hash + row.names.sorted().flatMap { Self.bytes(of: row[$0], named: $0) })
            }
        }
        return Table(name: table.name, rows: count, digest: hex(hash))
    }

    /// Rows that need not be the same.
    private static func isOwn(_ row: Row, of table: StoreTable) -> Bool {
        table.name == "floors" && row["name"] != "asks"
    }

    private static func bytes(of value: SQLValue, named name: String) -> [UInt8] {
        let content: [UInt8] =
            switch value {
            case .null: [0]
            case .integer(let number): [1] + Array("\(number)".utf8)
            case .real(let number): [2] + Array("\(number)".utf8)
            // PostgreSQL stores no zero in a text.
            case .text(let text): [3] + Array(text.replacing("\0", with: "\u{FFFD}").utf8)
            case .blob(let bytes): [4] + bytes
            }
        return Array("\(name) \(content.count) ".utf8) + content
    }
}
