package import Chat
internal import Database

/// Jobs. A session numbers its own; the id is the number with a `j` in front.
extension Ledger {
    /// Ended jobs of a session that a listing shows.
    private static let listed: Int64 = 10

    package func insertJob(
        session: String, turn: String, actor: String, command: String, isBackground: Bool, snapshot: String?,
        at now: Int64
    ) throws -> Job {
        let number =
            try self.connection.query(
                "SELECT COALESCE(MAX(number), 0) AS n FROM jobs WHERE session = ?", [.text(session)]
            ).first.map { try $0.integer("n") + 1 } ?? 1
        try self.connection.execute(
            """
            INSERT INTO jobs (session, number, turn, actor, command, background, state, snapshot, changed, undone,
            started_at) VALUES (?, ?, ?, ?, ?, ?, 'running', ?, 0, 0, ?)
            """,
            [
                .text(session), .integer(number), .text(turn), .text(actor), .text(command),
                .integer(isBackground ? 1 : 0), .optional(snapshot), .integer(now),
            ])
        return Job(
            id: "j\(number)", session: session, turn: turn, command: command, isBackground: isBackground,
            startedAt: now)
    }

    /// Notes that a turn's tools change files, without a command: `text` is what the person asked for.
    package func insertChange(
        session: String, turn: String, actor: String, text: String, snapshot: String, at now: Int64
    ) throws {
        let job = try self.insertJob(
            session: session, turn: turn, actor: actor, command: text, isBackground: false, snapshot: snapshot, at: now)
        try self.endJob(job.id, of: session, .ended, ending: "changed files", hasChanges: true, at: now)
        try self.connection.execute(
            "UPDATE jobs SET kind = 'change' WHERE session = ? AND number = ?",
            [.text(session), .optional(Self.jobNumber(job.id))])
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

    package func job(_ id: String, of session: String) throws -> Job? {
        guard let number = Self.jobNumber(id) else { return nil }
        return try self.connection.query(
            "SELECT * FROM jobs WHERE session = ? AND number = ? AND kind = 'command'",
            [.text(session), .integer(number)]
        ).first.map { try Self.job($0).job }
    }

    /// The running jobs and the last ended ones, newest first.
    package func jobs(of session: String) throws -> [Job] {
        try self.connection.query(
            """
            SELECT * FROM jobs WHERE session = ?1 AND kind = 'command' AND (state = 'running' OR number IN
            (SELECT number FROM jobs WHERE session = ?1 AND kind = 'command' AND state <> 'running'
            ORDER BY number DESC LIMIT ?2))
            ORDER BY number DESC
            """, [.text(session), .integer(Self.listed)]
        ).map { try Self.job($0).job }
    }

    /// The jobs that run; at a start those of the last run.
    package func runningJobs(in places: Places = .all) throws -> [JobRecord] {
        let condition = places.condition(adapter: "sessions.adapter", thread: "sessions.thread", from: 1)
        return try self.connection.query(
            """
            SELECT jobs.* FROM jobs JOIN sessions ON sessions.id = jobs.session
            WHERE jobs.state = 'running' AND \(condition.sql) ORDER BY jobs.started_at
            """, condition.values
        ).map(Self.job)
    }

    package func hasRunningJob(of session: String) throws -> Bool {
        try !self.connection.query(
            "SELECT 1 FROM jobs WHERE session = ? AND state = 'running' LIMIT 1", [.text(session)]
        ).isEmpty
    }

    /// Whether a turn has begun a command.
    func hasJob(ofTurn turn: String) throws -> Bool {
        try !self.connection.query("SELECT 1 FROM jobs WHERE turn = ? LIMIT 1", [.text(turn)]).isEmpty
    }

    /// The first change of the last turn that changed files and is not undone, with the snapshot before it.
    package func lastChange(of session: String) throws -> JobRecord? {
        try self.connection.query(
            """
            SELECT * FROM jobs WHERE session = ?1 AND changed = 1 AND undone = 0 AND snapshot IS NOT NULL
            AND turn = (SELECT turn FROM jobs WHERE session = ?1 AND changed = 1 AND undone = 0
            AND snapshot IS NOT NULL ORDER BY number DESC LIMIT 1)
            ORDER BY number LIMIT 1
            """, [.text(session)]
        ).first.map(Self.job)
    }

    /// The snapshot before a turn's first change of files; nil if it changed none.
    package func firstSnapshot(ofTurn turn: String) throws -> String? {
        try self.connection.query(
            """
            SELECT snapshot FROM jobs WHERE turn = ? AND changed = 1 AND snapshot IS NOT NULL ORDER BY number LIMIT 1
            """, [.text(turn)]
        ).first?.text("snapshot")
    }

    /// Forgets the snapshots before a session's changes, which went with its workspace: nothing done there can be undone.
    package func forgetSnapshots(of session: String) throws {
        try self.connection.execute(
            "UPDATE jobs SET snapshot = NULL WHERE session = ? AND snapshot IS NOT NULL", [.text(session)])
    }

    /// Marks all changes of the job's turn.
    package func markUndone(_ id: String, of session: String) throws {
        guard let number = Self.jobNumber(id) else { return }
        try self.connection.execute(
            """
            UPDATE jobs SET undone = 1 WHERE session = ?1
            AND turn = (SELECT turn FROM jobs WHERE session = ?1 AND number = ?2)
            """, [.text(session), .integer(number)])
    }

    /// Gives an entry of the outbox the file to send.
    func setFile(_ path: String, of item: Int64) throws {
        try self.connection.execute(
            "UPDATE outbox SET file = ? WHERE id = ?", [.text(path), .integer(item)])
    }

    /// The path of the file that an entry of the outbox sends.
    func file(of item: Int64) throws -> String? {
        try self.connection.query("SELECT file FROM outbox WHERE id = ?", [.integer(item)]).first?
            .optionalText("file")
    }

    /// The number in an id, also when a person leaves out the letter.
    private static func jobNumber(_ id: String) -> Int64? {
        Int64(id.hasPrefix("j") || id.hasPrefix("J") ? String(id.dropFirst()) : id)
    }

    private static func job(_ row: Row) throws -> JobRecord {
        JobRecord(
            job: Job(
                id: "j\(try row.integer("number"))", session: try row.text("session"), turn: try row.text("turn"),
                command: try row.text("command"), isBackground: try row.integer("background") == 1,
                state: Job.State(rawValue: try row.text("state")) ?? .ended, ending: try row.optionalText("ending"),
                startedAt: try row.integer("started_at"), endedAt: try row.optionalInteger("ended_at")),
            actor: try row.text("actor"), snapshot: try row.optionalText("snapshot"))
    }
}
