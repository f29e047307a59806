internal import Database
package import Store

/// Deletions for ``Janitor`` and ``SessionDeletion``, a batch at a time. Times are milliseconds since 1970.
extension Ledger {
    // MARK: The clock

    /// How far a clock may be ahead of the last round and still be trusted.
    private static let trustedLead: Int64 = 7 * 86_400_000
    /// Rounds, ten minutes each, after which a clock that stays ahead counts as right: the host was off for a long time.
    static let doubtfulRounds: Int64 = 144

    /// The time by which stored data expires. That is `now`, unless it is far ahead of the last round: a wrong clock would
    /// delete everything, so nothing new expires until ``beginRound(at:isFirst:)`` takes it as right.
    package func expiryTime(at now: Int64) throws -> Int64 {
        // A store without a round is new, or of an earlier release.
        let last = try self.connection.first(
            """
            SELECT COALESCE((SELECT id FROM floors WHERE name = 'expiry'), (SELECT MAX(active_at) FROM sessions)) AS last
            """, [])?.optionalInteger("last")
        guard let last, last < now - Self.trustedLead else { return now }
        return last
    }

    /// How far a clock that may be wrong is ahead of ``expiryTime(at:)``.
    package func clockLead(at now: Int64) throws -> Int64 { try now - self.expiryTime(at: now) }

    /// Notes a round of the janitor. Returns the time by which stored data expires in it.
    ///
    /// - Parameter isFirst: Whether it is the first since the start: no time has passed before it, so that frequent starts
    ///   make no clock right.
    func beginRound(at now: Int64, isFirst: Bool) throws -> Int64 {
        var time = try self.expiryTime(at: now)
        var doubts: Int64 = 0
        if time < now {
            let known = try self.connection.first("SELECT id FROM floors WHERE name = 'expiry_doubts'", [])
            doubts = (try known?.integer("id") ?? 0) + (isFirst ? 0 : 1)
            if doubts >= Self.doubtfulRounds { (time, doubts) = (now, 0) }
        }
        for (name, value) in [("expiry", time), ("expiry_doubts", doubts)] {
            try self.connection.execute(
                "INSERT INTO floors (name, id) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET id = excluded.id",
                .text(name), .integer(value))
        }
        return time
    }

    // MARK: Frames

    /// Turns that ended in `start..<end` and still have more than their last frame, oldest first.
    func turnsWithPastFrames(endedFrom start: Int64, before end: Int64, limit: Int) throws -> [String] {
        try self.connection.query(
            """
            SELECT id FROM turns WHERE ended_at >= ? AND ended_at < ?
            AND EXISTS (SELECT 1 FROM frames WHERE turn = turns.id AND type NOT IN ('error', 'complete'))
            ORDER BY ended_at LIMIT ?
            """, [.integer(start), .integer(end), .integer(Int64(limit))]
        ).map { try $0.text("id") }
    }

    /// Deletes all but the last frame, so that a client that comes back late learns how the operation ended. Returns the
    /// turns that still have others, because one transaction deletes only ``bytesAtOnce``.
    func deletePastFrames(of turns: [String]) throws -> [String] {
        var bytes = Self.bytesAtOnce
        for (index, turn) in turns.enumerated() {
            guard bytes > 0,
                try self.delete([Self.frames], of: turn, within: &bytes, "type NOT IN ('error', 'complete')")
            else { return Array(turns[index...]) }
        }
        return []
    }

    // MARK: Credentials

    /// How long an expired key of the proxy stays, so that its client learns that it has expired. Milliseconds.
    private static let expiredKeyLifetime: Int64 = 30 * 86_400_000

    /// Deletes credentials, codes and shares that have expired. Returns how many credentials. There are few, and no index.
    func deleteExpiredCredentials(at now: Int64, limit: Int) throws -> Int {
        for table in ["codes", "shares"] {
            try self.connection.execute("DELETE FROM \(table) WHERE expires_at <= ?", [.integer(now)])
        }
        let count = try self.connection.rowsChanged(
            by: """
                DELETE FROM credentials WHERE id IN (SELECT id FROM credentials
                WHERE expires_at <= CASE WHEN ',' || scopes || ',' LIKE '%,proxy,%' THEN ? ELSE ? END LIMIT ?)
                """, [.integer(now - Self.expiredKeyLifetime), .integer(now), .integer(Int64(limit))])
        try self.deleteEndedPreferences()
        return count
    }

    // MARK: Inbox and outbox

    // Ids ascend with time: everything before the first row that is young enough is old enough.

    /// Deletes keys of handled events. Returns how many.
    func deleteEventKeys(before time: Int64, limit: Int) throws -> Int {
        try self.connection.rowsChanged(
            by: """
                DELETE FROM inbox WHERE number IN
                (SELECT number FROM inbox WHERE state = 'done' AND number <
                    (SELECT COALESCE(MIN(number), 9223372036854775807) FROM
                        (SELECT number FROM inbox WHERE received_at >= ? ORDER BY number LIMIT 1) AS young)
                ORDER BY number LIMIT ?)
                """, [.integer(time), .integer(Int64(limit))])
    }

    /// Deletes outbox entries that were sent or abandoned, and previews that nothing completes. Returns how many.
    func deleteFinishedOutbox(before time: Int64, limit: Int) throws -> Int {
        try self.connection.rowsChanged(
            by: """
                DELETE FROM outbox WHERE id IN
                (SELECT id FROM outbox WHERE state IN ('sent', 'failed', 'dropped', 'live') AND id <
                    (SELECT COALESCE(MIN(id), 9223372036854775807) FROM
                        (SELECT id FROM outbox WHERE created_at >= ? ORDER BY id LIMIT 1) AS young)
                ORDER BY id LIMIT ?)
                """, [.integer(time), .integer(Int64(limit))])
    }

    // MARK: Turns

    /// Turns that ended before `time`, oldest first, except those with unsent messages and each session's newest:
    /// positions in the history stay in order only while the newest turn exists.
    func turns(endedBefore time: Int64, limit: Int) throws -> [String] {
        try self.connection.query(
            """
            SELECT id FROM turns WHERE ended_at < ?
            AND EXISTS (SELECT 1 FROM turns newer WHERE newer.session = turns.session AND newer.number > turns.number)
            AND NOT EXISTS (SELECT 1 FROM outbox WHERE turn = turns.id AND state IN ('pending', 'sending', 'unknown'))
            ORDER BY ended_at LIMIT ?
            """, [.integer(time), .integer(Int64(limit))]
        ).map { try $0.text("id") }
    }

    /// Bytes of text that a transaction deletes, besides the last row or message: other writes wait for it.
    private static let bytesAtOnce: Int64 = 1 << 20
    /// Bytes that a row counts in addition to its text.
    private static let rowBytes = 256
    /// Rows that are measured at once.
    private static let measuredRows = 32

    /// A table that may have many rows of a turn, or large ones: what numbers them, their order in an index that finds the
    /// turn's, and their text.
    private typealias TurnTable = (name: String, key: String, order: String, text: String)

    private static let frames: TurnTable = ("frames", "sequence", "sequence DESC", "content")
    private static let turnTables: [TurnTable] = [
        ("steps", "number", "number DESC", "event"), Self.frames, ("outbox", "id", "id DESC", "text"),
        ("jobs", "number", "session DESC, number DESC", "command"),
    ]

    /// Deletes turns with all their data; of a turn with more than ``bytesAtOnce`` first a part. Returns whether it has
    /// deleted all of them.
    func delete(turns: [String]) throws -> Bool {
        try self.reserveMessageIDs()
        var bytes = Self.bytesAtOnce
        for turn in turns {
            guard bytes > 0, try self.delete(Self.turnTables, of: turn, within: &bytes) else { return false }
            let text = self.connection.dialect.bytes(of: "text")
            bytes -=
                try self.connection.first(
                    "SELECT COALESCE(SUM(\(text)), 0) AS bytes FROM messages WHERE turn = ?", .text(turn))?
                .integer("bytes") ?? 0
            try self.deleteMessages(where: "turn = ?", .text(turn))
            try self.connection.execute(
                "DELETE FROM ask_notices WHERE ask IN (SELECT id FROM asks WHERE turn = ?)", [.text(turn)])
            for table in ["commits", "asks", "turn_lines"] {
                try self.connection.execute("DELETE FROM \(table) WHERE turn = ?", [.text(turn)])
            }
            try self.connection.execute("DELETE FROM turns WHERE id = ?", [.text(turn)])
        }
        return true
    }

    /// Deletes rows of a turn for which `condition` holds, until `bytes` are spent. The last ones go first, so that the steps
    /// that are left are those of a turn that was interrupted. Returns whether it has deleted all of them.
    private func delete(
        _ tables: [TurnTable], of turn: String, within bytes: inout Int64, _ condition: String = "TRUE"
    ) throws -> Bool {
        let sizes = tables.map { table in
            let size = self.connection.dialect.bytes(of: table.text)
            return """
                SELECT * FROM (SELECT '\(table.name)' AS part, \(table.key) AS place, \(size) + \(Self.rowBytes) AS bytes
                FROM \(table.name) WHERE turn = $1 AND \(condition)
                ORDER BY \(table.order) LIMIT \(Self.measuredRows)) AS \(table.name)_sizes
                """
        }.joined(separator: " UNION ALL ")
        while bytes > 0 {
            let rows = try self.connection.query(sizes, .text(turn))
            var first: [String: Int64] = [:]
            var count = 0
            for row in rows where bytes > 0 {
                bytes -= try row.integer("bytes")
                try first[row.text("part")] = row.integer("place")
                count += 1
            }
            for table in tables {
                guard let place = first[table.name] else { continue }
                try self.connection.execute(
                    "DELETE FROM \(table.name) WHERE turn = ? AND \(table.key) >= ? AND \(condition)",
                    [.text(turn), .integer(place)])
            }
            // With fewer rows, no table has more than these.
            if count == rows.count, count < Self.measuredRows { return true }
        }
        return false
    }

    /// Deletes messages of a session until ``bytesAtOnce`` are spent. Returns whether it has deleted all of them.
    private func deleteMessages(ofSession session: String) throws -> Bool {
        let text = self.connection.dialect.bytes(of: "text")
        var bytes = Self.bytesAtOnce
        while bytes > 0 {
            let rows = try self.connection.query(
                """
                SELECT \(text) + \(Self.rowBytes) AS bytes FROM messages WHERE session = ?
                ORDER BY id LIMIT \(Self.measuredRows)
                """, [.text(session)])
            guard !rows.isEmpty else { return true }
            var count = 0
            for row in rows where bytes > 0 {
                bytes -= try row.integer("bytes")
                count += 1
            }
            try self.deleteMessages(
                where: "id IN (SELECT id FROM messages WHERE session = ? ORDER BY id LIMIT \(count))", .text(session))
        }
        return false
    }

    /// Ids of deleted messages are never given out again: posted links contain them.
    private func reserveMessageIDs() throws {
        try self.connection.execute(
            """
            UPDATE floors SET id = (SELECT COALESCE(MAX(id), 0) FROM messages) WHERE name = 'messages'
            AND id < (SELECT COALESCE(MAX(id), 0) FROM messages)
            """, [])
    }

    // MARK: Changes

    /// Deletes old changes, but not the newest one, which says where the next ones begin, nor those of which webhooks are
    /// still to be made: the gateway notes how far these are.
    func deleteChanges(before time: Int64) throws {
        let end = try self.connection.first("SELECT id FROM floors WHERE name = 'webhooks'", [])?.integer("id") ?? .max
        try self.connection.execute(
            "DELETE FROM changes WHERE at < $1 AND number < (SELECT MAX(number) FROM changes) AND number <= $2",
            [.integer(time), .integer(end)])
    }

    /// Deletes old deliveries to webhooks that do not wait. Returns how many.
    func deleteWebhookDeliveries(before time: Int64, limit: Int) throws -> Int {
        let waiting =
            try self.connection.first(
                "SELECT COUNT(*) AS n FROM webhook_deliveries WHERE state = 'waiting'", [])?.integer("n") ?? 0
        // Numbers grow with time, so the old ones are among the lowest, between those that wait.
        return try self.connection.rowsChanged(
            by: """
                DELETE FROM webhook_deliveries WHERE number IN (SELECT number FROM
                (SELECT number, created_at, state FROM webhook_deliveries ORDER BY number LIMIT $3) AS oldest
                WHERE created_at < $1 AND state <> 'waiting' ORDER BY number LIMIT $2)
                """, .integer(time), .integer(Int64(limit)), .integer(Int64(limit) + waiting))
    }

    // MARK: GitHub

    /// Deletes handled deliveries, lines' keys and pushed commits from before `time`. Returns how many.
    func deleteGitHubRows(before time: Int64, limit: Int) throws -> Int {
        var count = try self.connection.rowsChanged(
            by: """
                DELETE FROM github_deliveries WHERE number IN
                (SELECT number FROM github_deliveries WHERE state = 'done' AND received_at < ? ORDER BY number LIMIT ?)
                """, [.integer(time), .integer(Int64(limit))])
        count = max(
            count,
            try self.connection.rowsChanged(
                by: """
                    DELETE FROM github_pushes WHERE sha IN (SELECT sha FROM github_pushes WHERE created_at < ? LIMIT ?)
                    """, [.integer(time), .integer(Int64(limit))]))
        return count
    }

    /// Deletes what a session has learnt and watches.
    func deleteGitHubRows(of session: String) throws {
        for table in ["thread_news", "github_watches", "github_news", "github_sign_ins"] {
            try self.connection.execute("DELETE FROM \(table) WHERE session = ?", [.text(session)])
        }
    }

    // MARK: Sessions

    /// Sessions without a message since `time`, in which nothing runs, waits or is still to be sent.
    func sessions(silentSince time: Int64, limit: Int) throws -> [String] {
        try self.connection.query(
            """
            SELECT id FROM sessions WHERE active_at < ? AND state <> 'deleted'
            AND NOT EXISTS (SELECT 1 FROM turns WHERE session = sessions.id AND state IN ('queued', 'running'))
            AND NOT EXISTS (SELECT 1 FROM outbox
                WHERE session = sessions.id AND state IN ('pending', 'sending', 'unknown'))
            ORDER BY active_at LIMIT ? \(self.connection.dialect.locking)
            """, [.integer(time), .integer(Int64(limit))]
        ).map { try $0.text("id") }
    }

    /// Hides a session at once and frees its thread for a new one; ``purge(_:limit:)`` deletes its data.
    func markDeleted(_ session: String) throws {
        // Before the thread's name has gone: the thread is no place any more.
        try self.connection.execute(
            """
            DELETE FROM places WHERE place IN (SELECT 'web:' || thread FROM sessions WHERE id = ? AND adapter = 'web')
            """, [.text(session)])
        try self.connection.execute(
            """
            UPDATE sessions SET state = 'deleted', thread = 'deleted ' || id, title = '', summary = NULL WHERE id = ?
            """, [.text(session)])
        try self.connection.execute(
            """
            UPDATE outbox SET state = 'dropped', text = ''
            WHERE session = ? AND state IN ('pending', 'sending', 'unknown')
            """, [.text(session)])
    }

    /// How long it is known that somebody has deleted a session. Milliseconds.
    static let deletionLifetime: Int64 = 30 * 86_400_000

    /// Notes that somebody has deleted a session, for the hosts that have its workspace. A session that is merely unknown
    /// may be of another database, or younger than the backup that this one was restored from.
    func noteDeletion(of session: String, at now: Int64) throws {
        try self.connection.execute(
            "INSERT INTO floors (name, id) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            .text("deleted \(session)"), .integer(now))
    }

    /// Those of some sessions that somebody has deleted, and of which nothing is left here.
    fileprivate func deletedSessions(in sessions: ArraySlice<String>) throws -> [String] {
        var values: [SQLValue] = []
        let names = values.places(of: sessions.map { "deleted \($0)" })
        return try self.connection.query(
            "SELECT name FROM floors WHERE name IN (\(names)) ORDER BY name", values
        ).map { String(try $0.text("name").dropFirst("deleted ".count)) }.filter { try self.session(id: $0) == nil }
    }

    /// Forgets old deletions, and the older ones of very many: anybody can delete one thread after another. Returns how many.
    func forgetDeletions(before time: Int64, limit: Int, keeping most: Int = 100_000) throws -> Int {
        let surplus = try self.connection.first(
            "SELECT id FROM floors WHERE name LIKE 'deleted %' ORDER BY id DESC LIMIT 1 OFFSET ?",
            [.integer(Int64(most))])
        return try self.connection.rowsChanged(
            by: """
                DELETE FROM floors WHERE name IN
                (SELECT name FROM floors WHERE name LIKE 'deleted %' AND id < ? LIMIT ?)
                """, [.integer(max(time, try surplus?.integer("id") ?? 0)), .integer(Int64(limit))])
    }

    /// Tells this database from others; a complete copy has the same.
    func identity() throws -> Int64 {
        try self.connection.execute(
            "INSERT INTO floors (name, id) VALUES ('database', $1) ON CONFLICT (name) DO NOTHING",
            .integer(Int64.random(in: 1...Int64.max)))
        return try self.connection.first("SELECT id FROM floors WHERE name = 'database'", [])?.integer("id") ?? 0
    }

    /// Sessions that were marked as deleted but are not purged yet.
    func deletedSessions(limit: Int) throws -> [String] {
        try self.connection.query(
            "SELECT id FROM sessions WHERE state = 'deleted' LIMIT ?", [.integer(Int64(limit))]
        ).map { try $0.text("id") }
    }

    /// Deletes at most `limit` turns of a deleted session. True when nothing of it is left.
    func purge(_ session: String, limit: Int) throws -> Bool {
        let turns = try self.connection.query(
            "SELECT id FROM turns WHERE session = ? ORDER BY number LIMIT ?", [.text(session), .integer(Int64(limit))]
        ).map { try $0.text("id") }
        guard try self.delete(turns: turns), turns.count < limit, try self.deleteMessages(ofSession: session) else {
            return false
        }
        try self.endStanding(of: session)
        try self.connection.execute("DELETE FROM outbox WHERE turn IS NULL AND session = ?", [.text(session)])
        for table in StoreSchema.tablesOfSessions {
            try self.connection.execute("DELETE FROM \(table) WHERE session = ?", [.text(session)])
        }
        try self.deleteGitHubRows(of: session)
        try self.connection.execute("DELETE FROM sessions WHERE id = ? AND state = 'deleted'", [.text(session)])
        return true
    }
}

extension SessionStore {
    /// Those of some sessions that somebody has deleted in the last 30 days. The others may be unknown all the same.
    package func deletedSessions(in sessions: [String]) async throws -> [String] {
        var deleted: [String] = []
        for start in stride(from: 0, to: sessions.count, by: 500) {
            let part = sessions[start...].prefix(500)
            deleted += try await self.read { ledger in try ledger.deletedSessions(in: part) }
        }
        return deleted
    }
}
