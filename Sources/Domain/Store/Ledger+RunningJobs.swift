package import Chat
package import Database

/// A stored job, and what `undo` needs to know about it.
package struct JobRecord: Sendable, Equatable {
    package let job: Job
    /// The id of whoever asked for it.
    package let actor: String
    /// The snapshot of the files before it; nil for a workspace without files.
    package let snapshot: String?

    package init(_ row: Row) throws {
        self.job = Job(
            id: "j\(try row.integer("number"))", session: try row.text("session"), turn: try row.text("turn"),
            command: try row.text("command"), isBackground: try row.integer("background") == 1,
            state: Job.State(rawValue: try row.text("state")) ?? .ended, ending: try row.optionalText("ending"),
            startedAt: try row.integer("started_at"), endedAt: try row.optionalInteger("ended_at"))
        self.actor = try row.text("actor")
        self.snapshot = try row.optionalText("snapshot")
    }
}

/// Which jobs run, and that one has ended: the workbench's jobs, as far as the sessions know them too.
extension Ledger {
    /// The jobs that run; at a start those of the last run.
    package func runningJobs(in places: Places = .all) throws -> [JobRecord] {
        let condition = places.condition(adapter: "sessions.adapter", thread: "sessions.thread", from: 1)
        return try self.connection.query(
            """
            SELECT jobs.* FROM jobs JOIN sessions ON sessions.id = jobs.session
            WHERE jobs.state = 'running' AND \(condition.sql) ORDER BY jobs.started_at
            """, condition.values
        ).map(JobRecord.init)
    }

    package func hasRunningJob(of session: String) throws -> Bool {
        try !self.connection.query(
            "SELECT 1 FROM jobs WHERE session = ? AND state = 'running' LIMIT 1", [.text(session)]
        ).isEmpty
    }

    package func endJob(
        _ id: String, of session: String, _ state: Job.State, ending: String, hasChanges: Bool, at now: Int64
    ) throws {
        guard let number = Self.jobNumber(id) else { return }
        try self.connection.execute(
            "UPDATE jobs SET state = ?, ending = ?, changed = ?, ended_at = ? WHERE session = ? AND number = ?",
            [
                .text(state.rawValue), .text(ending), .integer(hasChanges ? 1 : 0), .integer(now), .text(session),
                .integer(number),
            ])
    }

    /// The number in an id, also when a person leaves out the letter.
    package static func jobNumber(_ id: String) -> Int64? {
        Int64(id.hasPrefix("j") || id.hasPrefix("J") ? String(id.dropFirst()) : id)
    }
}
