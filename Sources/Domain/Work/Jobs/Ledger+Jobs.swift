package import Chat
internal import Database
package import Store

extension SessionStore {
    /// Notes what a session's workspace takes, for its person's quota. What fails is measured again after the next command.
    package func measure(_ workspace: any WorkspaceFiles, of session: String) async {
        let bytes = await workspace.occupiedBytes()
        try? await self.write(ofSession: session) { ledger in try ledger.setWorkspace(bytes, of: session) }
    }
}

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

    func job(_ id: String, of session: String) throws -> Job? {
        guard let number = Self.jobNumber(id) else { return nil }
        return try self.connection.query(
            "SELECT * FROM jobs WHERE session = ? AND number = ? AND kind = 'command'",
            [.text(session), .integer(number)]
        ).first.map { try JobRecord($0).job }
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
        ).map { try JobRecord($0).job }
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
        ).first.map(JobRecord.init)
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
    func forgetSnapshots(of session: String) throws {
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

    /// Records the size of a session's workspace.
    package func setWorkspace(_ bytes: Int64, of session: String) throws {
        try self.connection.execute(
            "UPDATE sessions SET workspace = ?1 WHERE id = ?2 AND workspace <> ?1", [.integer(bytes), .text(session)])
    }
}
