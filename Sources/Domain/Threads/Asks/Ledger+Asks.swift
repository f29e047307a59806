package import Chat
package import Database
package import Store

extension Ledger {
    /// A new ask's id.
    package func nextAskID() throws -> String {
        let number = try self.connection.query(
            "UPDATE floors SET id = id + 1 WHERE name = 'asks' RETURNING id", []
        ).first?.integer("id")
        return "a\(number ?? 0)"
    }

    package func insert(_ ask: AskRecord) throws {
        try self.connection.execute(
            """
            INSERT INTO asks (id, session, turn, kind, lead, tail, options, rule, requester, bound, digest, adapter,
            room, route, message, created_at, expires_at, question, worker, payload, state)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')
            """,
            [
                .text(ask.id), .text(ask.session), .text(ask.turn), .text(ask.kind.rawValue), .text(ask.lead),
                .text(ask.tail), .text(StoredForm.text(of: ask.options)), .text(ask.rule.rawValue),
                .text(StoredForm.text(of: ask.requester)),
                .optional(StoredForm.text(of: ask.bindings.map(\.request))),
                .text(ask.digest), .text(ask.route.room.adapter.rawValue), .text(ask.route.room.name),
                .text(StoredForm.text(of: ask.route)), .integer(ask.message), .integer(ask.createdAt),
                .integer(ask.expiresAt), .optional(ask.question.map { StoredForm.text(of: $0) }),
                .optional(ask.parked?.kind.rawValue), .optional(ask.parked?.payload),
            ])
    }

    package func ask(id: String) throws -> AskRecord? {
        try self.connection.query("SELECT * FROM asks WHERE id = ?", [.text(id)]).first.map(Self.ask)
    }

    /// A turn's asks, oldest first.
    package func asks(ofTurn turn: String) throws -> [AskRecord] {
        try self.connection.query("SELECT * FROM asks WHERE turn = ? ORDER BY number", [.text(turn)]).map(Self.ask)
    }

    /// The asks of a turn and of those that it continues, oldest first.
    package func asks(of turn: TurnRecord) throws -> [AskRecord] { try self.laterAsks(of: turn)() }

    /// Asks the database now; the result reads the answer.
    package func laterAsks(of turn: TurnRecord) throws -> () throws -> [AskRecord] {
        let rows =
            turn.work == turn.id
            ? try self.connection.later("SELECT * FROM asks WHERE turn = ? ORDER BY number", [.text(turn.id)])
            : try self.connection.later(
                """
                SELECT * FROM asks WHERE turn IN (SELECT id FROM turns WHERE session = ? AND work = ?) ORDER BY number
                """, [.text(turn.session), .text(turn.work)])
        return { try rows.get().map(Self.ask) }
    }

    /// From here on an answer begins a turn.
    package func park(_ ask: AskRecord, for kind: TurnKind) throws {
        try self.connection.execute(
            "UPDATE asks SET worker = ? WHERE id = ? AND state = 'open'", [.text(kind.rawValue), .text(ask.id)])
    }

    /// From here on a turn that continues `work` waits for the approvals that were left.
    package func takeUpAsks(of work: String, in session: String) throws {
        try self.connection.execute(
            """
            UPDATE asks SET worker = NULL WHERE state = 'open' AND question IS NULL AND worker IS NOT NULL
            AND turn IN (SELECT id FROM turns WHERE session = ? AND work = ?)
            """, [.text(session), .text(work)])
    }

    /// The question whose answer has begun a turn, or the one that the turn continues.
    package func answeredQuestion(of turn: TurnRecord) throws -> AnsweredQuestion? {
        let id = try turn.ask ?? (turn.work == turn.id ? nil : self.turn(id: turn.work)?.ask)
        guard let ask = try id.flatMap({ try self.ask(id: $0) }), let question = ask.question,
            let answer = ask.questionAnswer
        else { return nil }
        return AnsweredQuestion(ask: ask.id, question: question, payload: ask.parked?.payload ?? "", answer: answer)
    }

    /// Of all threads, no more open asks are read. Five times as many as are shown, because one person may answer only
    /// some of them.
    static let mostOpenAsks = 5_000

    /// The open asks of a thread, oldest first; for nil, the oldest ``mostOpenAsks`` of all threads.
    package func openAsks(of session: String? = nil) throws -> [AskRecord] {
        guard let session else {
            return try self.connection.query(
                "SELECT * FROM asks WHERE state = 'open' ORDER BY number LIMIT ?", [.integer(Int64(Self.mostOpenAsks))]
            ).map(Self.ask)
        }
        return try self.connection.query(
            "SELECT * FROM asks WHERE state = 'open' AND session = ? ORDER BY number", [.text(session)]
        ).map(Self.ask)
    }

    /// The open asks of some places, oldest first.
    package func openAsks(in places: Places) throws -> [AskRecord] {
        let condition = places.condition(adapter: "adapter", thread: "room", from: 1)
        return try self.connection.query(
            "SELECT * FROM asks WHERE state = 'open' AND \(condition.sql) ORDER BY number", condition.values
        ).map(Self.ask)
    }

    /// The open asks that were posted to a room, oldest first.
    package func openAsks(in room: RoomID) throws -> [AskRecord] {
        try self.connection.query(
            "SELECT * FROM asks WHERE state = 'open' AND adapter = ? AND room = ? ORDER BY number",
            [.text(room.adapter.rawValue), .text(room.name)]
        ).map(Self.ask)
    }

    /// Ends an open ask. False when it was ended before: the first one wins.
    package func settle(_ ask: AskRecord) throws -> Bool {
        let changed = try self.connection.rowsChanged(
            by: """
                UPDATE asks SET state = ?, answer = ?, reason = ?, decider = ?, decided_at = ?
                WHERE id = ? AND state = 'open'
                """,
            [
                .text(ask.state.rawValue), .optional(ask.answer), .optional(ask.reason),
                .optional(ask.decider.map { StoredForm.text(of: $0) }), .optional(ask.decidedAt), .text(ask.id),
            ])
        return changed > 0
    }

    /// Records that the turn has the answer.
    package func take(_ ask: String, at now: Int64) throws {
        try self.connection.execute(
            "UPDATE asks SET taken_at = ? WHERE id = ? AND taken_at IS NULL", [.integer(now), .text(ask)])
    }

    /// Ended asks whose messages do not show it.
    package func unshownAsks(in places: Places = .all) throws -> [AskRecord] {
        let condition = places.condition(adapter: "adapter", thread: "room", from: 1)
        return try self.connection.query(
            "SELECT * FROM asks WHERE shown IS NULL AND state <> 'open' AND \(condition.sql) ORDER BY number",
            condition.values
        ).map(Self.ask)
    }

    /// Records that the ask's message shows its outcome, also in the transcript.
    package func markShown(_ ask: AskRecord, text: String) throws {
        try self.connection.execute("UPDATE asks SET shown = 1 WHERE id = ?", [.text(ask.id)])
        try self.connection.execute(
            "UPDATE messages SET text = ? WHERE id = ?", [.text(text), .integer(ask.message)])
    }

    /// The outbox entries of an ask, in the order of the room; the last one has the buttons.
    package func posts(of ask: AskRecord) throws -> [OutboxItem] {
        try self.outbox(ofTurn: ask.turn).filter { $0.kind == .ask && $0.message == ask.message }
    }

    /// Withdraws an ask's buttons, and drops what is still unsent of it.
    package func withdraw(_ posts: [OutboxItem]) throws {
        for item in posts {
            try self.connection.execute(
                """
                UPDATE outbox SET withdrawn = 1, state = CASE WHEN state = 'pending' THEN 'dropped' ELSE state END
                WHERE id = ?
                """, [.integer(item.id)])
        }
    }

    // MARK: Always in this thread

    package func insertStanding(_ binding: AskBinding, by giver: Sender, ask: String, at now: Int64) throws {
        try self.connection.execute(
            """
            INSERT INTO standing_approvals (session, digest, giver, sender, ask, created_at)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            [
                .text(binding.session), .text(binding.standingDigest), .text(giver.id),
                .text(StoredForm.text(of: giver)), .text(ask), .integer(now),
            ])
    }

    /// Who has approved this for later.
    package func standing(for binding: AskBinding) throws -> [(giver: Sender, ask: String)] {
        try self.connection.query(
            "SELECT sender, ask FROM standing_approvals WHERE session = ? AND digest = ? ORDER BY created_at",
            [.text(binding.session), .text(binding.standingDigest)]
        ).map { (try StoredForm.sender(from: try $0.text("sender")), try $0.text("ask")) }
    }

    /// Ends all that was approved for later in a session.
    package func endStanding(of session: String) throws {
        try self.connection.execute("DELETE FROM standing_approvals WHERE session = ?", [.text(session)])
    }

    // MARK: Told once

    /// Whether `person` has not been told yet that their choice at this ask does not count.
    package func noteTold(_ person: String, about ask: String) throws -> Bool {
        let changed = try self.connection.rowsChanged(
            by: "INSERT INTO ask_notices (ask, person) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [.text(ask), .text(person)])
        return changed > 0
    }

    package func wasTold(_ person: String, about ask: String) throws -> Bool {
        try !self.connection.query(
            "SELECT 1 FROM ask_notices WHERE ask = ? AND person = ?", [.text(ask), .text(person)]
        ).isEmpty
    }

    package static func ask(_ row: Row) throws -> AskRecord {
        let session = try row.text("session")
        let turn = try row.text("turn")
        let requester = try StoredForm.sender(from: try row.text("requester"))
        let requests = try row.optionalText("bound").map { try StoredForm.approvals(from: $0) } ?? []
        let bindings = requests.map {
            AskBinding(request: $0, session: session, turn: turn, requester: requester.id)
        }
        let payload = try row.optionalText("payload") ?? ""
        let parked = try row.optionalText("worker").flatMap(TurnKind.init(rawValue:)).map {
            AskRecord.Parking(kind: $0, payload: payload)
        }
        return AskRecord(
            id: try row.text("id"), session: session, turn: turn,
            kind: AskRecord.Kind(rawValue: try row.text("kind")) ?? .question, lead: try row.text("lead"),
            tail: try row.text("tail"), options: try StoredForm.options(from: try row.text("options")),
            rule: AskRule(rawValue: try row.text("rule")) ?? .otherOwners, requester: requester, bindings: bindings,
            question: try row.optionalText("question").map { try StoredForm.question(from: $0) }, parked: parked,
            digest: try row.text("digest"), route: try StoredForm.route(from: try row.text("route")),
            message: try row.integer("message"), createdAt: try row.integer("created_at"),
            expiresAt: try row.integer("expires_at"),
            state: AskRecord.State(rawValue: try row.text("state")) ?? .expired, answer: try row.optionalText("answer"),
            reason: try row.optionalText("reason"),
            decider: try row.optionalText("decider").map { try StoredForm.sender(from: $0) },
            decidedAt: try row.optionalInteger("decided_at"), takenAt: try row.optionalInteger("taken_at"))
    }
}
