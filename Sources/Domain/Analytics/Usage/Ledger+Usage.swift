internal import Chat
internal import Database
package import Store

extension Ledger {
    /// Stores usage of a turn.
    package func insert(_ usage: [UsageRecord], ofTurn id: String, from origin: UsageOrigin) throws {
        if !usage.isEmpty { try self.usageInsertion(ofTurn: id, from: origin)(usage) }
    }

    /// ``insert(_:ofTurn:from:)`` in two steps: asks for the turn now, and inserts when the result is called.
    package func usageInsertion(
        ofTurn id: String, from origin: UsageOrigin
    ) throws -> ([UsageRecord]) throws -> Void {
        let rows = try self.connection.later(
            """
            SELECT turns.sender, turns.session, sessions.adapter, sessions.repository, sessions.persona
            FROM turns JOIN sessions ON sessions.id = turns.session WHERE turns.id = ?
            """, [.text(id)])
        return { usage in
            guard let row = try rows.get().first else { return }
            let sender = try StoredForm.sender(from: try row.text("sender"))
            for var record in usage {
                record.operation = id
                record.session = try row.text("session")
                record.person = sender.id
                record.network = try row.text("adapter")
                record.repository = try row.optionalText("repository") ?? origin.repository ?? ""
                record.persona = try row.optionalText("persona") ?? ""
                record.provider = origin.provider(record.model)
                try self.insert(record)
            }
        }
    }

    package func insert(_ record: UsageRecord) throws {
        try self.connection.execute(
            """
            INSERT INTO usage_records (at, kind, operation, session, person, network, repository, provider, model, answered,
            tool, began, first_token, state, error, retries, tools, turns, failed, stopped, calls, input, cached, written,
            output, reasoning, duration, tool_calls, tool_failures, tool_duration, commands, commits, latency, lasting,
            persona, thumbs_up, thumbs_down, tasks_done)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .integer(record.at), .text(record.kind), .text(record.operation), .text(record.session),
                .text(record.person), .text(record.network), .text(record.repository), .text(record.provider),
                .text(record.model), .optional(record.answered), .text(record.tool), .integer(record.began),
                .optional(record.firstToken), .text(record.state), .optional(record.error), .integer(record.retries),
                .integer(record.tools), .integer(record.turns), .integer(record.failed), .integer(record.stopped),
                .integer(record.calls), .integer(record.input), .integer(record.cached), .integer(record.written),
                .integer(record.output), .integer(record.reasoning), .integer(record.duration),
                .integer(record.toolCalls), .integer(record.toolFailures), .integer(record.toolDuration),
                .integer(record.commands), .integer(record.commits), .text(record.latency), .text(record.lasting),
                .text(record.persona), .integer(record.thumbsUp), .integer(record.thumbsDown),
                .integer(record.tasksDone),
            ])
    }

    /// The commands that a turn ran, and the commits that it made: one that it only reports again is another turn's. Asks
    /// the database now; the result reads the answer.
    package func work(ofTurn id: String) throws -> () throws -> (commands: Int64, commits: Int64) {
        let rows = try self.connection.later(
            """
            SELECT (SELECT COUNT(*) FROM jobs WHERE turn = $1 AND kind = 'command') AS commands,
            (SELECT COUNT(*) FROM commits WHERE turn = $1 AND NOT EXISTS (SELECT 1 FROM commits AS first
                WHERE first.sha = commits.sha AND first.turn <> $1 AND first.created_at < commits.created_at)) AS commits
            """, [.text(id)])
        return {
            let row = try rows.get().first
            return (try row?.integer("commands") ?? 0, try row?.integer("commits") ?? 0)
        }
    }

    /// Deletes records that are in the sums by hour. Returns how many.
    package func deleteUsage(before time: Int64, limit: Int) throws -> Int {
        try self.connection.rowsChanged(
            by: """
                DELETE FROM usage_records WHERE id IN (SELECT id FROM usage_records WHERE at < $1
                AND id <= (SELECT floors.id FROM floors WHERE name = 'usage_hours') ORDER BY at LIMIT $2)
                """, [.integer(time), .integer(Int64(limit))])
    }

    // MARK: Sums by hour and day

    /// Before the dimension of sums of days.
    static let daily = "day "

    /// Records that one transaction adds: other writes wait for it.
    private static let summedAtOnce: Int64 = 2_000

    /// The model that a record counts for. Names of requests that failed at the proxy are whatever a client wrote, so that
    /// only those count that have answered at least once.
    static let model = """
        CASE WHEN kind = 'proxy' AND state = 'failed' AND input = 0 AND output = 0
        AND model NOT IN (SELECT proxy_usage.model FROM proxy_usage) THEN 'other' ELSE model END
        """

    /// Adds to the sums what was stored before the last call that returned false. Ids may become visible out of their order,
    /// but by the next such call, minutes later, every transaction that took one before this call has ended. Returns whether
    /// more is left to add now.
    package func sumUsage() throws -> Bool {
        let part = try self.connection.first(
            """
            SELECT COUNT(*) AS count, MAX(id) AS last FROM (SELECT usage_records.id FROM usage_records
            WHERE usage_records.id > (SELECT floors.id FROM floors WHERE name = 'usage_hours')
            AND usage_records.id <= (SELECT floors.id FROM floors WHERE name = 'usage_seen')
            ORDER BY usage_records.id LIMIT \(Self.summedAtOnce)) AS part
            """, [])
        if let last = try part?.optionalInteger("last") { try self.sumUsage(through: last) }
        if try part?.integer("count") == Self.summedAtOnce { return true }
        try self.connection.execute(
            "UPDATE floors SET id = (SELECT seen.id FROM floors AS seen WHERE seen.name = 'usage_seen') "
                + "WHERE name = 'usage_hours'", [])
        try self.connection.execute(
            "UPDATE floors SET id = (SELECT COALESCE(MAX(usage_records.id), 0) FROM usage_records) "
                + "WHERE name = 'usage_seen'", [])
        return false
    }

    private func sumUsage(through last: Int64) throws {
        let columns = Self.sums.joined(separator: ", ")
        let sums = Self.sums.map { "CAST(SUM(\($0)) AS BIGINT)" }.joined(separator: ", ")
        let added = Self.sums.map { "\($0) = usage_hours.\($0) + excluded.\($0)" }.joined(separator: ", ")
        let dimensions = [
            ("", "''"), ("user", "person"), ("repository", "repository"), ("network", "network"),
            ("persona", "persona"),
        ]
        let units = [("", "at / 3600000"), (Self.daily, "at / 86400000 * 24")]
        for ((unit, hour), (dimension, key)) in units.flatMap({ unit in dimensions.map { (unit, $0) } }) {
            try self.connection.execute(
                """
                INSERT INTO usage_hours (dimension, key, hour, model, \(columns), latency, lasting)
                SELECT '\(unit)\(dimension)', \(key), \(hour), \(Self.model), \(sums),
                \(self.connection.dialect.joined("latency")), \(self.connection.dialect.joined("lasting"))
                FROM usage_records WHERE id > (SELECT floors.id FROM floors WHERE name = 'usage_hours')
                AND id <= $1 GROUP BY \(key == "''" ? "" : "2, ")3, 4
                ON CONFLICT (dimension, key, hour, model) DO UPDATE SET \(added),
                latency = usage_hours.latency || excluded.latency, lasting = usage_hours.lasting || excluded.lasting
                """, [.integer(last)])
        }
        try self.connection.execute("UPDATE floors SET id = $1 WHERE name = 'usage_hours'", .integer(last))
    }

    /// Those after which sums by hour are kept.
    static let sums = [
        "turns", "failed", "stopped", "calls", "input", "cached", "written", "output", "duration", "tool_calls",
        "commands", "commits", "thumbs_up", "thumbs_down", "tasks_done",
    ]
}
