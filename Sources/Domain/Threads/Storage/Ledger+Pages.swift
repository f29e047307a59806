internal import Database
package import Store

/// A page of a thread's messages, with cursors in both directions.
package struct MessagePage: Sendable {
    /// Of the texts of a page, unless it has only one.
    package static let byteLimit = 512 << 10

    /// Oldest first.
    package let items: [MessageRecord]
    /// The cursor of the newer page.
    package let next: String?
    /// The cursor of the older page; nil on the oldest page.
    package let previous: String?

    package init(items: [MessageRecord], next: String?, previous: String?) {
        self.items = items
        self.next = next
        self.previous = previous
    }
}

/// Listings for the gateway and the command line.
extension Ledger {
    /// The sessions that pass `filter`, last active first.
    package func sessions(
        _ filter: SessionFilter = SessionFilter(), after cursor: SessionCursor?, limit: Int
    ) throws -> Page<SessionRecord> {
        var found = try self.sessions(filter, isShared: false, after: cursor, limit: limit + 1)
        if filter.owner != nil, filter.shared != nil {
            let own = Set(found.map(\.id))
            found += try self.sessions(filter, isShared: true, after: cursor, limit: limit + 1)
                .filter { !own.contains($0.id) }
            found.sort { ($0.activeAt, $0.id) > ($1.activeAt, $1.id) }
        }
        let items = Array(found.prefix(limit))
        return Page(
            items: items, next: found.count > limit ? items.last.map { SessionCursor(after: $0).description } : nil)
    }

    /// - Parameter isShared: The others' that are shared, instead of the owner's.
    private func sessions(
        _ filter: SessionFilter, isShared: Bool, after cursor: SessionCursor?, limit: Int
    ) throws -> [SessionRecord] {
        var values: [SQLValue] = [
            .optional(filter.adapter), .optional(filter.owner), .integer(cursor?.activeAt ?? .max),
            .text(cursor?.id ?? ""), .integer(Int64(limit)),
        ]
        // Alternatives in the statement would hide the owner from the index.
        var isOwners = "CAST(?2 AS TEXT) IS NULL"
        if filter.owner != nil {
            let owners =
                filter.otherOwners.isEmpty ? "owner = ?2" : "owner IN (?2, \(values.places(of: filter.otherOwners)))"
            isOwners = owners
            if isShared, let (visitor, now) = filter.shared {
                isOwners = "NOT \(owners) AND id IN (\(visitor.sharedSessions(&values, at: now)))"
            }
        }
        return try self.connection.query(
            """
            SELECT * FROM sessions
            WHERE state <> 'deleted' AND (CAST(?1 AS TEXT) IS NULL OR adapter = ?1) AND \(isOwners)
            AND (active_at < ?3 OR (active_at = ?3 AND id < ?4))
            \(filter.condition(&values, self.connection.dialect)) ORDER BY active_at DESC, id DESC LIMIT ?5
            """, values
        ).map(Self.session)
    }

    /// The newest messages of a thread before the one with the number `before`, up to ``MessagePage/byteLimit``.
    package func messages(
        of session: String, before: Int64, limit: Int, in branch: ShownBranch = .current
    ) throws -> MessagePage {
        var values: [SQLValue] = [.text(session), .integer(before), .integer(Int64(limit + 1))]
        let isShown = try self.isShown(branch, of: session, &values)
        let ids = try self.connection.query(
            "SELECT id FROM messages WHERE session = ?1 AND id < ?2 AND \(isShown) ORDER BY id DESC LIMIT ?3", values
        ).map { try $0.int64("id") }
        let items = Array(try self.messages(ids.prefix(limit)).reversed())
        let previous = ids.count > items.count ? items.first.map { String($0.id) } : nil
        return MessagePage(items: items, next: nil, previous: previous)
    }

    /// Ids of a thread's turns that ended at or after a time, oldest first.
    package func turns(of session: String, endedSince time: Int64) throws -> [String] {
        try self.connection.query(
            "SELECT id FROM turns WHERE session = ? AND ended_at >= ? ORDER BY number",
            [.text(session), .integer(time)]
        ).map { try $0.text("id") }
    }

    /// Tokens used in the threads of one person, or in all.
    package func usage(
        ofOwner owner: String?
    ) throws -> [(model: String, turns: Int64, input: Int64, output: Int64)] {
        // CROSS JOIN makes SQLite begin with the person's threads instead of everybody's turns.
        let source =
            owner == nil
            ? "turns WHERE"
            : """
            sessions CROSS JOIN turns WHERE turns.session = sessions.id
            AND sessions.owner IN (\(Self.samePerson(as: "?"))) AND
            """
        return try self.connection.query(
            """
            SELECT COALESCE(turns.model, '') AS model, COUNT(*) AS turns, SUM(input_tokens) AS input,
            SUM(output_tokens) AS output
            FROM \(source) input_tokens + output_tokens > 0 GROUP BY turns.model ORDER BY turns.model
            """, owner.map { [SQLValue.text($0), .text($0)] } ?? []
        ).map { (try $0.text("model"), try $0.int64("turns"), try $0.int64("input"), try $0.int64("output")) }
    }
}
