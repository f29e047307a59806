package import Chat
internal import Database
package import Store

/// What a thread has chosen that decides what a turn may do, and where: the thread may choose otherwise while the turn runs,
/// or before it is continued. Nil for the defaults.
package struct TurnChoices: Sendable, Equatable {
    package var persona: String?
    package var repository: String?
    package var feature: String?

    init(persona: String?, repository: String?, feature: String?) {
        self.persona = persona
        self.repository = repository
        self.feature = feature
    }

    package init(_ session: SessionRecord) {
        self.init(persona: session.persona, repository: session.repository, feature: session.feature)
    }
}

extension Ledger {
    /// Returns the turn's number.
    @discardableResult
    package func insert(_ turn: TurnRecord) throws -> Int64 { try self.insertion(of: turn)() }

    /// ``insert(_:)`` in two steps: inserts now, and the result reads the number.
    @discardableResult
    package func insertion(of turn: TurnRecord) throws -> () throws -> Int64 {
        try self.connection.laterID(
            """
            INSERT INTO turns (id, session, kind, work, text, sender, route, message, state, attempts, queued_at,
            started_at, ended_at, error, attachments, ask, foreign_text, input_tokens, output_tokens,
            persona, repository, feature, branch)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0,
            (SELECT COALESCE(persona, '') FROM sessions WHERE id = ?),
            (SELECT COALESCE(repository, '') FROM sessions WHERE id = ?),
            (SELECT COALESCE(feature, '') FROM sessions WHERE id = ?),
            (SELECT shown_branch FROM sessions WHERE id = ?)) RETURNING number
            """,
            [
                .text(turn.id), .text(turn.session), .text(turn.kind.rawValue), .text(turn.work), .text(turn.text),
                .text(StoredForm.text(of: turn.sender)), .text(StoredForm.text(of: turn.route)),
                .optional(turn.message), .text(turn.state.rawValue), .integer(Int64(turn.attempts)),
                .integer(turn.queuedAt), .optional(turn.startedAt), .optional(turn.endedAt), .optional(turn.error),
                .optional(StoredForm.text(of: turn.attachments)), .optional(turn.ask),
                .integer(turn.hasForeignText ? 1 : 0),
                .text(turn.session), .text(turn.session), .text(turn.session), .text(turn.session),
            ])
    }

    /// The number of the newest turn in a session's history, which has no commands; 0 without one.
    package func lastTurnNumber(of session: String) throws -> Int64 { try self.laterLastTurnNumber(of: session)() }

    /// Asks the database now; the result reads the answer.
    package func laterLastTurnNumber(of session: String) throws -> () throws -> Int64 {
        let rows = try self.connection.later(
            """
            SELECT number FROM turns WHERE session = ? AND kind <> 'command' AND aside IS NULL
            ORDER BY number DESC LIMIT 1
            """,
            [.text(session)])
        return { try rows.get().first?.integer("number") ?? 0 }
    }

    package func start(_ turn: String, attempts: Int, at now: Int64) throws {
        try self.connection.execute(
            "UPDATE turns SET state = 'running', attempts = ?, started_at = ? WHERE id = ?",
            [.integer(Int64(attempts)), .integer(now), .text(turn)])
    }

    /// What a turn's first prompt was made with; nil if that is not known.
    package func choices(of turn: String) throws -> TurnChoices? {
        let row = try self.connection.first(
            "SELECT persona, repository, feature FROM turns WHERE id = ?", [.text(turn)])
        guard let row, let persona = try row.optionalText("persona") else { return nil }
        func chosen(_ text: String?) -> String? { text?.isEmpty == false ? text : nil }
        return TurnChoices(
            persona: chosen(persona), repository: chosen(try row.optionalText("repository")),
            feature: chosen(try row.optionalText("feature")))
    }

    package func set(_ choices: TurnChoices, of turn: String) throws {
        try self.connection.execute(
            "UPDATE turns SET persona = ?, repository = ?, feature = ? WHERE id = ?",
            [
                .text(choices.persona ?? ""), .text(choices.repository ?? ""), .text(choices.feature ?? ""),
                .text(turn),
            ])
    }

    /// Remembers that a turn's prompt has text of somebody who may give no orders, whatever happens to the thread later.
    package func markForeign(_ turn: String) throws {
        try self.connection.execute("UPDATE turns SET foreign_text = 1 WHERE id = ?", [.text(turn)])
    }

    /// Whether a prompt of a turn, or of one that continued it, had foreign text.
    package func hasForeignText(work: String, of session: String) throws -> Bool {
        try !self.connection.query(
            "SELECT 1 FROM turns WHERE session = ? AND work = ? AND foreign_text = 1 LIMIT 1",
            [.text(session), .text(work)]
        ).isEmpty
    }

    package func end(_ turn: String, _ state: TurnRecord.State, error: String? = nil, at now: Int64) throws {
        try self.connection.execute(
            "UPDATE turns SET state = ?, error = ?, ended_at = ? WHERE id = ?",
            [.text(state.rawValue), .optional(error), .integer(now), .text(turn)])
    }

    /// Leaves a turn, and those that it continues, out of later prompts.
    package func leaveOut(_ turn: TurnRecord) throws {
        try self.connection.execute(
            "UPDATE turns SET left_out = 1 WHERE session = ? AND work = ?", [.text(turn.session), .text(turn.work)])
    }

    /// Replaces a turn's attachments, once they are part of its text, by what is kept of them.
    ///
    /// - Parameter files: nil for those that are kept already.
    package func keepImages(_ images: [SentImage], _ files: [SentFile]? = nil, of turn: String) throws {
        let kept = try files ?? self.turn(id: turn)?.files ?? []
        try self.connection.execute(
            "UPDATE turns SET attachments = ? WHERE id = ?",
            [.optional(StoredForm.text(of: images, kept)), .text(turn)])
    }

    package func addUsage(_ turn: String, model: String, input: Int, output: Int) throws {
        try self.connection.execute(
            """
            UPDATE turns SET model = ?, input_tokens = input_tokens + ?, output_tokens = output_tokens + ? WHERE id = ?
            """,
            [.text(model), .integer(Int64(input)), .integer(Int64(output)), .text(turn)])
    }

    package func turn(id: String) throws -> TurnRecord? {
        guard let row = try self.connection.query("SELECT * FROM turns WHERE id = ?", [.text(id)]).first else {
            return nil
        }
        return try Self.turn(row, commits: try self.commits(of: id))
    }

    /// The turn with its stored text, if it has none.
    package func withText(_ turn: TurnRecord) throws -> TurnRecord {
        guard turn.text.isEmpty,
            let row = try self.connection.first("SELECT text FROM turns WHERE id = ?", [.text(turn.id)])
        else { return turn }
        return turn.with(text: try row.text("text"))
    }

    /// Queued and running turns, oldest first; of all threads or of one.
    package func openTurns(of session: String? = nil) throws -> [TurnRecord] {
        try self.connection.query(
            """
            SELECT * FROM turns WHERE state IN ('queued', 'running') AND (CAST($1 AS TEXT) IS NULL OR session = $1)
            ORDER BY number
            """, [.optional(session)]
        ).map(Self.turn)
    }

    /// The number of turns of a session that are queued or running, before one of them.
    package func turnsAhead(of turn: TurnRecord) throws -> Int {
        let row = try self.connection.first(
            """
            SELECT COUNT(*) AS count FROM turns WHERE session = ? AND state IN ('queued', 'running')
            AND number < (SELECT number FROM turns WHERE id = ?)
            """, [.text(turn.session), .text(turn.id)])
        return Int(try row?.integer("count") ?? 0)
    }

    /// The numbers of a session's running and queued turns.
    package func openTurnCounts(of session: String) throws -> (running: Int, queued: Int) {
        var counts = (running: 0, queued: 0)
        let rows = try self.connection.query(
            """
            SELECT state, COUNT(*) AS count FROM turns WHERE session = ? AND state IN ('queued', 'running')
            GROUP BY state
            """, [.text(session)])
        for row in rows {
            let count = Int(try row.integer("count"))
            if try row.text("state") == "running" { counts.running = count } else { counts.queued = count }
        }
        return counts
    }

    /// Queued and running turns of some places, oldest first, without their texts: together they may be gigabytes.
    package func openTurns(in places: Places) throws -> [TurnRecord] {
        let condition = places.condition(adapter: "sessions.adapter", thread: "sessions.thread", from: 1)
        return try self.connection.query(
            """
            SELECT turns.id, turns.session, turns.kind, turns.work, CAST('' AS TEXT) AS text, turns.sender, turns.route,
            turns.message, turns.state, turns.attempts, turns.queued_at, turns.started_at, turns.ended_at, turns.error,
            turns.attachments, turns.left_out, turns.ask, turns.foreign_text, turns.parts
            FROM turns JOIN sessions ON sessions.id = turns.session
            WHERE turns.state IN ('queued', 'running') AND \(condition.sql) ORDER BY turns.number
            """, condition.values
        ).map(Self.turn)
    }

    /// The last ended turn of a thread that was an answer, not a command.
    package func lastAnswer(of session: String) throws -> TurnRecord? {
        try self.connection.query(
            """
            SELECT * FROM turns WHERE session = ? AND kind <> 'command' AND state NOT IN ('queued', 'running')
            AND aside IS NULL ORDER BY number DESC LIMIT 1
            """, [.text(session)]
        ).first.map(Self.turn)
    }

    /// Whether the last answer of a thread is being continued.
    package func isContinued(_ session: String) throws -> Bool {
        guard let last = try self.lastAnswer(of: session) else { return false }
        return try self.openTurns(of: session).contains { $0.work == last.work }
    }

    /// Tokens used by a thread, or by all of them.
    package func usage(of session: String?) throws -> [(model: String, turns: Int64, input: Int64, output: Int64)] {
        // Alternatives in the statement would hide the thread from the index.
        let isThreads = session == nil ? "CAST($1 AS TEXT) IS NULL" : "session = $1"
        return try self.connection.query(
            """
            SELECT COALESCE(model, '') AS model, COUNT(*) AS turns, SUM(input_tokens) AS input, SUM(output_tokens) AS output
            FROM turns WHERE \(isThreads) AND input_tokens + output_tokens > 0
            GROUP BY model ORDER BY model
            """, [.optional(session)]
        ).map { (try $0.text("model"), try $0.integer("turns"), try $0.integer("input"), try $0.integer("output")) }
    }

    /// Stores a commit. From now on the thread watches its branch, which has an effect if the repository is on GitHub.
    package func insert(_ commit: CommitNotice, turn: String, at now: Int64) throws {
        let added = try self.connection.rowsChanged(
            by: """
                INSERT INTO commits (turn, repository, sha, branch, subject, files, additions, deletions, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
            [
                .text(turn), .text(commit.repository), .text(commit.sha), .text(commit.branch), .text(commit.subject),
                .integer(Int64(commit.files)), .integer(Int64(commit.additions)), .integer(Int64(commit.deletions)),
                .integer(now),
            ])
        if added == 1 { try self.noteDocuments(of: commit, turn: turn) }
        try self.watchGitHub(commit, turn: turn, at: now)
    }

    /// Lets the thread of a turn watch the branch that it has committed to, unless it does.
    private func watchGitHub(_ commit: CommitNotice, turn: String, at now: Int64) throws {
        try self.connection.execute(
            """
            INSERT INTO github_watches (session, repository, branch, head, created_at, active_at)
            SELECT session, ?, ?, ?, ?, ? FROM turns WHERE id = ? ON CONFLICT (session, repository, branch) DO NOTHING
            """,
            [
                .text(commit.repository), .text(commit.branch), .text(commit.sha), .integer(now), .integer(now),
                .text(turn),
            ])
    }

    /// The most documents of one commit whose changes are noted.
    private static let documentLimit = 50

    /// Notes the documents that a commit changes, which has just been stored, with the time of its own change.
    private func noteDocuments(of commit: CommitNotice, turn: String) throws {
        let subject = "\(turn) \(commit.sha)"
        for path in commit.documents.prefix(Self.documentLimit) {
            try self.connection.execute(
                """
                INSERT INTO changes (kind, subject, session, at) SELECT 'document', ?, session, at FROM changes
                WHERE kind = 'commit' AND subject = ? ORDER BY number DESC LIMIT 1
                """, [.text("\(subject) \(path)"), .text(subject)])
        }
    }

    package func commits(of turn: String) throws -> [CommitNotice] {
        try self.connection.query("SELECT * FROM commits WHERE turn = ? ORDER BY created_at", [.text(turn)])
            .map(Self.commit)
    }

    /// A commit that a turn has made; nil without it.
    package func commit(_ sha: String, of turn: String) throws -> CommitNotice? {
        try self.connection.query("SELECT * FROM commits WHERE turn = ? AND sha = ?", [.text(turn), .text(sha)])
            .first.map(Self.commit)
    }

    /// The branch of a session's newest commit in a repository; nil without one.
    package func lastBranch(of session: String, in repository: String) throws -> String? {
        try self.connection.query(
            """
            SELECT commits.branch FROM commits JOIN turns ON turns.id = commits.turn
            WHERE turns.session = ? AND commits.repository = ? AND turns.kind <> 'merge'
            ORDER BY commits.created_at DESC LIMIT 1
            """, [.text(session), .text(repository)]
        ).first.map { try $0.text("branch") }
    }

    /// The commits of a turn and of those that continued it.
    package func commits(ofWork work: String) throws -> [CommitNotice] {
        try self.connection.query(
            """
            SELECT commits.* FROM commits JOIN turns ON turns.id = commits.turn WHERE turns.work = ?
            ORDER BY commits.created_at
            """, [.text(work)]
        ).map(Self.commit)
    }

    /// Stores a commit of a turn with its line: in the transcript, and in the outbox as `messages`.
    package func insert(
        _ commit: CommitNotice, as line: String, posting messages: [String], of turn: TurnRecord, at now: Int64
    ) throws -> [OutboxItem] {
        try self.insert(commit, turn: turn.id, at: now)
        try self.insertMessage(session: turn.session, turn: turn.id, role: .commit, text: line, at: now)
        return try messages.map {
            try self.insertOutbox(
                session: turn.session, turn: turn.id, kind: .commit, route: turn.route, text: $0, at: now)
        }
    }

    /// Whether a session's thread shows a commit.
    package func shows(_ commit: CommitNotice, in session: String) throws -> Bool {
        try !self.connection.query(
            """
            SELECT 1 FROM commits JOIN turns ON turns.id = commits.turn
            WHERE turns.session = ? AND commits.sha = ? LIMIT 1
            """, [.text(session), .text(commit.sha)]
        ).isEmpty
    }

    private static func commit(_ row: Row) throws -> CommitNotice {
        CommitNotice(
            repository: try row.text("repository"), sha: try row.text("sha"), branch: try row.text("branch"),
            subject: try row.text("subject"), files: Int(try row.integer("files")),
            additions: Int(try row.integer("additions")), deletions: Int(try row.integer("deletions")))
    }

    /// The full hash of the commit that a turn made in a thread which a guest began or may see, and whose hash begins with
    /// `hash`; nil if no such commit exists, or several do.
    package func postedCommit(
        _ hash: String, of repository: String, for visitor: ThreadVisitor, at now: Int64
    ) throws -> String? {
        var values: [SQLValue] = [.text(hash), .text(hash + "g"), .text(repository)]
        let began = visitor.began(&values)
        let shared = visitor.sharedSessions(&values, at: now)
        // A range, which the index on the hashes serves: no digit comes after `f`.
        let rows = try self.connection.query(
            """
            SELECT DISTINCT commits.sha FROM commits JOIN turns ON turns.id = commits.turn
            JOIN sessions ON sessions.id = turns.session
            WHERE commits.sha >= ?1 AND commits.sha < ?2 AND commits.repository = ?3
            AND (sessions.\(began) OR sessions.id IN (\(shared))) AND sessions.state <> 'deleted'
            LIMIT 2
            """, values)
        guard rows.count == 1 else { return nil }
        return try rows.first?.text("sha")
    }

    /// The sessions in which a commit was posted, newest first.
    package func sessions(ofCommit sha: String, of repository: String, limit: Int) throws -> [String] {
        try self.connection.query(
            """
            SELECT turns.session AS session FROM commits JOIN turns ON turns.id = commits.turn
            WHERE commits.sha = ? AND commits.repository = ? ORDER BY commits.created_at DESC LIMIT ?
            """, [.text(sha), .text(repository), .integer(Int64(limit))]
        ).map { try $0.text("session") }
    }

    /// The newest turn of a session that has steps; nil without one.
    package func lastTurnWithSteps(of session: String) throws -> TurnRecord? {
        try self.connection.query(
            """
            SELECT id FROM turns WHERE session = ? AND kind <> 'command'
            AND aside IS NULL AND EXISTS (SELECT 1 FROM steps WHERE steps.turn = turns.work) ORDER BY number DESC LIMIT 1
            """, [.text(session)]
        ).first.flatMap { try self.turn(id: try $0.text("id")) }
    }

    /// Whether a turn has begun a command.
    package func hasJob(ofTurn turn: String) throws -> Bool {
        try !self.connection.query("SELECT 1 FROM jobs WHERE turn = ? LIMIT 1", [.text(turn)]).isEmpty
    }

    private static func turn(_ row: Row) throws -> TurnRecord { try self.turn(row, commits: []) }

    private static func turn(_ row: Row, commits: [CommitNotice]) throws -> TurnRecord {
        TurnRecord(
            id: try row.text("id"), session: try row.text("session"), kind: try .stored(in: row),
            work: try row.text("work"), text: try row.text("text"),
            sender: try StoredForm.sender(from: try row.text("sender")),
            route: try StoredForm.route(from: try row.text("route")), message: try row.optionalInteger("message"),
            state: TurnRecord.State(rawValue: try row.text("state")) ?? .failed,
            attempts: Int(try row.integer("attempts")), queuedAt: try row.integer("queued_at"),
            startedAt: try row.optionalInteger("started_at"), endedAt: try row.optionalInteger("ended_at"),
            error: try row.optionalText("error"), commits: commits,
            attachments: try StoredForm.attachments(from: try row.optionalText("attachments")),
            images: try StoredForm.images(from: try row.optionalText("attachments")),
            files: try StoredForm.files(from: try row.optionalText("attachments")),
            isLeftOut: try row.optionalInteger("left_out") != nil, ask: try row.optionalText("ask"),
            hasForeignText: try row.integer("foreign_text") == 1,
            parts: try StoredForm.parts(from: try row.optionalText("parts")))
    }
}
