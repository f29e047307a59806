package import Database
internal import JSON
internal import Logging
internal import Primitives

/// Appends rows, each of which contains the hash of the one before.
package struct AuditChain: Sendable {
    let key: AuditKey
    /// A row was appended, in a transaction that may still be open.
    let appended = Signal()

    /// Redacts and appends an entry within the caller's transaction, so that it is stored with what it records or not at
    /// all. If this throws, what the entry records must not happen.
    ///
    /// - Parameter at: Milliseconds since 1970.
    @discardableResult
    package func append(_ entry: AuditEntry, at: Int64, in connection: any Connection) throws -> AuditRow {
        var head = try self.head(in: connection)
        let row = AuditRow(Self.redacted(entry), number: head.last + 1, at: at, previous: head.hash)
        try connection.execute(
            """
            INSERT INTO audit (number, at, kind, session, turn, actor, details, previous, hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """, .integer(row.number), .integer(row.at), .text(row.kind), SQLValue(row.session), SQLValue(row.turn),
            .text(row.actor), .text(row.details), .text(row.previous), .text(row.hash))
        head.last = row.number
        head.hash = row.hash
        try head.signed(with: self.key).store(in: connection)
        self.appended.signal()
        return row
    }

    /// The first row that is not from before `time`; nil if all are. It passes all rows before that one.
    func firstRow(since time: Int64, in connection: any Connection) throws -> Int64? {
        // Times need not ascend: the clock may have been set. Rows go from the old end only.
        try connection.first("SELECT number FROM audit WHERE at >= $1 ORDER BY number LIMIT 1", .integer(time))?
            .int64("number")
    }

    /// Removes at most `limit` rows at the old end, and records that. Returns how many; at least the newest row stays.
    ///
    /// - Parameter kept: The first row that stays; nil for the newest.
    func prune(before kept: Int64?, at: Int64, limit: Int, in connection: any Connection) throws -> Int {
        let head = try self.head(in: connection)
        let end = min(max(kept ?? head.last, head.base), head.last)
        let through = min(end - 1, head.base + Int64(limit))
        guard through > head.base,
            let last = try connection.first("SELECT hash FROM audit WHERE number = $1", .integer(through))
        else { return 0 }
        let count = Int(through - head.base)
        let hash = try last.text("hash")
        try self.append(
            AuditEntry(
                kind: .pruned, session: nil, turn: nil, actor: "retention",
                details: ["through": .integer(through), "hash": .string(hash), "rows": .integer(Int64(count))]),
            at: at, in: connection)
        var pruned = try self.head(in: connection)
        pruned.base = through
        pruned.baseHash = hash
        try pruned.signed(with: self.key).store(in: connection)
        // Only what the new head no longer covers can be deleted; see the table's triggers.
        return try connection.rowsChanged(by: "DELETE FROM audit WHERE number <= $1", .integer(through))
    }

    /// Signs what a backup brought without its key, and records that: rows that are missing at its end cannot be found.
    func beginAnew(fromBackup created: String, at: Int64, in connection: any Connection) throws {
        var head = try AuditHead.stored(in: connection, isLocked: true) ?? .empty
        guard head.isPossible else { throw AuditError.headAltered }
        head.signature = ""
        try head.signed(with: self.key).store(in: connection)
        try self.append(
            AuditEntry(
                kind: .beganAnew, session: nil, turn: nil, actor: "restore",
                details: ["backup": .string(created), "last": .integer(head.last), "hash": .string(head.hash)]),
            at: at, in: connection)
    }

    /// The stored head. Throws if its signature is wrong, because the next one would vouch for it.
    private func head(in connection: any Connection) throws -> AuditHead {
        guard let head = try AuditHead.stored(in: connection, isLocked: true), head.isSigned(with: self.key),
            head.isPossible
        else { throw AuditError.headAltered }
        return head
    }

    private static func redacted(_ entry: AuditEntry) -> AuditEntry {
        AuditEntry(
            kind: entry.kind, session: entry.session.map(Redaction.redact), turn: entry.turn.map(Redaction.redact),
            actor: Redaction.redact(entry.actor), details: Redaction.redact(entry.details))
    }
}
