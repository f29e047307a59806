internal import Database
package import Store

/// What GitHub reports, and who watches it. Times are milliseconds since 1970.
extension Ledger {
    // MARK: Deliveries

    /// Stores a delivery; false if one with its id or its signature is stored.
    ///
    /// The signature has a row of its own, which is never new: GitHub signs the body and not the id, so a replay may
    /// come under another id. Both rows are kept equally long.
    package func insertGitHubDelivery(
        _ delivery: String, signature: String, events: String, at now: Int64
    ) throws -> Bool {
        guard try self.insertGitHubDelivery(delivery, events: events, state: "new", at: now) else { return false }
        guard try !self.insertGitHubDelivery(signature, events: "", state: "done", at: now) else { return true }
        try self.connection.execute(
            "UPDATE github_deliveries SET state = 'done', events = '' WHERE delivery = ?", [.text(delivery)])
        return false
    }

    private func insertGitHubDelivery(_ name: String, events: String, state: String, at now: Int64) throws -> Bool {
        let changed = try self.connection.rowsChanged(
            by: """
                INSERT INTO github_deliveries (delivery, events, state, received_at) VALUES (?, ?, ?, ?)
                ON CONFLICT (delivery) DO NOTHING
                """, [.text(name), .text(events), .text(state), .integer(now)])
        return changed > 0
    }

    /// Deliveries that are not handled yet, in the order of their arrival.
    package func newGitHubDeliveries(limit: Int) throws -> [GitHubDelivery] {
        try self.connection.query(
            "SELECT number, events FROM github_deliveries WHERE state = 'new' ORDER BY number LIMIT ?",
            [.integer(Int64(limit))]
        ).map { GitHubDelivery(number: try $0.integer("number"), events: try $0.text("events")) }
    }

    package func finishGitHubDelivery(_ number: Int64) throws {
        try self.connection.execute(
            "UPDATE github_deliveries SET state = 'done', events = '' WHERE number = ?", [.integer(number)])
    }

    // MARK: Watches

    /// All watches of sessions that still exist; each is as active as its session.
    package func gitHubWatches() throws -> [GitHubWatch] { try self.storedGitHubWatches(of: nil) }

    package func gitHubWatches(of session: String) throws -> [GitHubWatch] {
        try self.storedGitHubWatches(of: session)
    }

    private func storedGitHubWatches(of session: String?) throws -> [GitHubWatch] {
        try self.connection.query(
            """
            SELECT w.session, w.repository, w.branch, w.pull, w.head, w.created_at,
            CASE WHEN w.active_at > s.active_at THEN w.active_at ELSE s.active_at END AS active_at
            FROM github_watches w JOIN sessions s ON s.id = w.session
            WHERE s.state <> 'deleted'\(session == nil ? "" : " AND w.session = ?")
            ORDER BY w.repository, w.branch, w.session
            """, session.map { [SQLValue.text($0)] } ?? []
        ).map(Self.gitHubWatch)
    }

    /// Until the transaction ends, nobody else changes the watches of a session that are stored now.
    package func lockGitHubWatches(of session: String) throws {
        try self.connection.execute(
            "SELECT 1 FROM github_watches WHERE session = ? \(self.connection.dialect.locking)", [.text(session)])
    }

    /// Stores a watch, or changes the pull request, head and activity of a stored one to what is not nil.
    package func set(_ watch: GitHubWatch) throws {
        try self.connection.execute(
            """
            INSERT INTO github_watches (session, repository, branch, pull, head, created_at, active_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (session, repository, branch) DO UPDATE SET
            pull = COALESCE(excluded.pull, github_watches.pull), head = COALESCE(excluded.head, github_watches.head),
            active_at = CASE WHEN github_watches.active_at > excluded.active_at THEN github_watches.active_at
                ELSE excluded.active_at END
            """,
            [
                .text(watch.session), .text(watch.repository), .text(watch.branch),
                .optional(watch.pull.map(Int64.init)), .optional(watch.head), .integer(watch.createdAt),
                .integer(watch.activeAt),
            ])
    }

    package func removeGitHubWatches(of session: String) throws {
        try self.connection.execute("DELETE FROM github_watches WHERE session = ?", [.text(session)])
    }

    private static func gitHubWatch(_ row: Row) throws -> GitHubWatch {
        GitHubWatch(
            session: try row.text("session"), repository: try row.text("repository"), branch: try row.text("branch"),
            pull: try row.optionalInteger("pull").map { Int($0) }, head: try row.optionalText("head"),
            createdAt: try row.integer("created_at"), activeAt: try row.integer("active_at"))
    }

    // MARK: News

    /// Stores an item; false if the thread has it already.
    package func insert(_ row: GitHubNewsRow) throws -> Bool {
        let changed = try self.connection.rowsChanged(
            by: """
                INSERT INTO github_news (session, key, kind, sha, item, state, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (session, key) DO NOTHING
                """,
            [
                .text(row.session), .text(row.key), .text(row.kind), .optional(row.sha), .text(row.item),
                .text(row.state.rawValue), .integer(row.createdAt),
            ])
        return changed > 0
    }

    package func hasGitHubNews(_ key: String, in session: String) throws -> Bool {
        try !self.connection.query(
            "SELECT 1 FROM github_news WHERE session = ? AND key = ?", [.text(session), .text(key)]
        ).isEmpty
    }

    /// Whether the thread has an item of this kind about a commit.
    package func hasGitHubNews(ofKind kind: String, about sha: String, in session: String) throws -> Bool {
        try !self.connection.query(
            """
            SELECT 1 FROM github_news
            WHERE session = ? AND state IN ('open', 'answered') AND kind = ? AND sha = ? LIMIT 1
            """,
            [.text(session), .text(kind), .text(sha)]
        ).isEmpty
    }

    /// How many open items of a thread are kept and read.
    package static let openGitHubNewsLimit = 1_000

    /// A thread's newest items that nobody has answered, oldest first.
    ///
    /// - Parameters:
    ///   - kind: Nil for all kinds.
    ///   - sha: The commit that they are about; nil for any.
    package func openGitHubNews(
        of session: String, kind: String? = nil, about sha: String? = nil, limit: Int = Self.openGitHubNewsLimit
    ) throws -> [GitHubNewsRow] {
        var conditions = "session = $1 AND state = 'open'"
        var values: [SQLValue] = [.text(session), .integer(Int64(limit))]
        for (column, value) in [("kind", kind), ("sha", sha)] {
            guard let value else { continue }
            values.append(.text(value))
            conditions += " AND \(column) = $\(values.count)"
        }
        // The numbers come from the index: whole rows are read only of the newest.
        return try self.connection.query(
            """
            SELECT * FROM github_news WHERE number IN
            (SELECT number FROM github_news WHERE \(conditions) ORDER BY number DESC LIMIT $2) ORDER BY number
            """, values
        ).map { row in
            GitHubNewsRow(
                session: session, key: try row.text("key"), kind: try row.text("kind"),
                sha: try row.optionalText("sha"), item: try row.text("item"),
                state: GitHubNewsRow.State(rawValue: try row.text("state")) ?? .answered,
                createdAt: try row.integer("created_at"))
        }
    }

    package func answerGitHubNews(_ keys: [String], in session: String) throws {
        for key in keys {
            try self.connection.execute(
                "UPDATE github_news SET state = 'answered' WHERE session = ? AND key = ?", [.text(session), .text(key)])
        }
    }

    /// Keeps a thread's newest open items, and of older ones only what shows that the thread knows them.
    ///
    /// - Parameter kind: Items of this kind stay.
    package func limitOpenGitHubNews(of session: String, except kind: String) throws {
        let surplus = try self.connection.first(
            """
            SELECT number FROM github_news WHERE session = ? AND state = 'open' AND kind <> ?
            ORDER BY number DESC LIMIT 1 OFFSET ?
            """, [.text(session), .text(kind), .integer(Int64(Self.openGitHubNewsLimit))])
        guard let last = try surplus?.integer("number") else { return }
        try self.connection.execute(
            """
            UPDATE github_news SET state = 'answered', item = ''
            WHERE session = ? AND state = 'open' AND kind <> ? AND number <= ?
            """, [.text(session), .text(kind), .integer(last)])
    }

    /// Removes a thread's open items of a kind. Returns how many there were.
    package func removeOpenGitHubNews(of session: String, kind: String) throws -> Int {
        try self.connection.rowsChanged(
            by: "DELETE FROM github_news WHERE session = ? AND state = 'open' AND kind = ?",
            [.text(session), .text(kind)])
    }

    // MARK: Own commits

    package func insertGitHubPush(of sha: String, at now: Int64) throws {
        try self.connection.execute(
            "INSERT INTO github_pushes (sha, created_at) VALUES (?, ?) ON CONFLICT (sha) DO NOTHING",
            [.text(sha), .integer(now)])
    }

    /// Whether a commit was made or pushed from here.
    package func isOwnCommit(_ sha: String) throws -> Bool {
        try !self.connection.query(
            "SELECT 1 FROM github_pushes WHERE sha = $1 UNION ALL SELECT 1 FROM commits WHERE sha = $1 LIMIT 1",
            [.text(sha)]
        ).isEmpty
    }
}

/// A stored delivery of GitHub's webhook.
package struct GitHubDelivery: Sendable, Hashable {
    package let number: Int64
    /// A JSON array of what is of interest in it.
    package let events: String
}
