internal import Chat
internal import Database
package import Store

extension Ledger {
    /// Returns the message's number.
    @discardableResult
    package func insertMessage(
        session: String, turn: String?, role: MessageRecord.Role, author: String? = nil, text: String, at now: Int64
    ) throws -> Int64 {
        try self.insertion(session: session, turn: turn, role: role, author: author, text: text, at: now)()
    }

    /// ``insertMessage(session:turn:role:author:text:at:)`` in two steps: inserts now, and the result reads the id.
    @discardableResult
    package func insertion(
        session: String, turn: String?, role: MessageRecord.Role, author: String? = nil, text: String, at now: Int64
    ) throws -> () throws -> Int64 {
        // Whoever has read one message would miss an earlier one that is committed later.
        try self.lock([session])
        let id =
            switch self.connection.dialect {
            // `floors` holds the highest id of deleted messages.
            case .sqlite:
                """
                MAX((SELECT COALESCE(MAX(id), 0) FROM messages), (SELECT id FROM floors WHERE name = 'messages')) + 1
                """
            // Of several hosts, none may read the highest id to add to it.
            case .postgreSQL: "DEFAULT"
            }
        return try self.connection.laterID(
            """
            INSERT INTO messages (id, session, turn, role, author, text, created_at)
            VALUES (\(id), ?, ?, ?, ?, ?, ?) RETURNING id
            """,
            [.text(session), .optional(turn), .text(role.rawValue), .optional(author), .text(text), .integer(now)])
    }

    /// Until the transaction ends, nobody else writes messages of these sessions. Several are locked before anything else
    /// in them, and in one order: who has locked one waits for the row that counts its person's storage, which others hold
    /// who wait for the next session. SQLite has one writer.
    package func lock(_ sessions: Set<String>) throws {
        guard self.connection.dialect == .postgreSQL else { return }
        for session in sessions.sorted() {
            try self.connection.execute(
                "SELECT 1 FROM sessions WHERE id = ? \(self.connection.dialect.changing)", [.text(session)])
        }
    }

    /// Messages of a thread, oldest first; `cursor` is the number of the last one seen. Ends early where the texts
    /// would exceed ``MessagePage/byteLimit``, but has at least one message.
    package func messages(
        of session: String, after cursor: String?, limit: Int, in branch: ShownBranch = .current
    ) throws -> Page<MessageRecord> {
        var values: [SQLValue] = [
            .text(session), .integer(cursor.flatMap { Int64($0) } ?? 0), .integer(Int64(limit + 1)),
        ]
        let isShown = try self.isShown(branch, of: session, &values)
        let ids = try self.connection.query(
            "SELECT id FROM messages WHERE session = ?1 AND id > ?2 AND \(isShown) ORDER BY id LIMIT ?3", values
        ).map { try $0.int64("id") }
        let items = try self.messages(ids.prefix(limit))
        return Page(items: items, next: ids.count > items.count ? items.last.map { String($0.id) } : nil)
    }

    /// The first of these messages, up to ``MessagePage/byteLimit``; read one by one, so that no more are in memory.
    func messages(_ ids: some Sequence<Int64>) throws -> [MessageRecord] {
        var items: [MessageRecord] = []
        var bytes = 0
        for id in ids {
            guard let message = try self.message(id: id) else { continue }
            bytes += message.text.utf8.count
            guard items.isEmpty || bytes <= MessagePage.byteLimit else { break }
            items.append(message)
        }
        return items
    }

    package func message(id: Int64) throws -> MessageRecord? {
        try self.connection.query("SELECT * FROM messages WHERE id = ?", [.integer(id)]).first.map(Self.message)
    }

    /// The position of a session's newest turn in its history; 0 without one.
    package func lastPlace(of session: String) throws -> Int64 {
        let row = try self.connection.query(
            "SELECT number FROM turns WHERE session = ? AND aside IS NULL ORDER BY number DESC LIMIT 1",
            [.text(session)]
        ).first
        return try row.map { try $0.integer("number") * 2 + 1 } ?? 0
    }

    private static func message(_ row: Row) throws -> MessageRecord {
        MessageRecord(
            id: try row.integer("id"), session: try row.text("session"), turn: try row.optionalText("turn"),
            role: MessageRecord.Role(rawValue: try row.text("role")) ?? .note, author: try row.optionalText("author"),
            text: try row.text("text"), createdAt: try row.integer("created_at"))
    }
}

extension Ledger {
    /// The last answer in a thread's transcript, of the branch that is shown.
    package func lastAnswerMessage(of session: String) throws -> MessageRecord? {
        try self.connection.query(
            """
            SELECT * FROM messages WHERE session = ? AND role = 'assistant' AND NOT EXISTS (
                SELECT 1 FROM turns WHERE turns.id = messages.turn AND turns.aside IS NOT NULL
            ) ORDER BY id DESC LIMIT 1
            """, [.text(session)]
        ).first.map(Self.message)
    }

    /// What a turn has said; nil for nothing.
    package func answer(of turn: TurnRecord) throws -> MessageRecord? {
        try self.connection.query(
            "SELECT * FROM messages WHERE session = ? AND turn = ? AND role = 'assistant' ORDER BY id DESC LIMIT 1",
            [.text(turn.session), .text(turn.id)]
        ).first.map(Self.message)
    }

    /// The newest part of the answer that turns with this work gave; nil without any.
    package func partialAnswer(of session: String, work: String) throws -> String? {
        try self.connection.query(
            """
            SELECT m.text AS text FROM turns t JOIN messages m ON m.turn = t.id
            WHERE t.session = ? AND t.work = ? AND m.role = 'assistant' ORDER BY m.id DESC LIMIT 1
            """, [.text(session), .text(work)]
        ).first?.text("text")
    }

    /// The newest message of a turn with this role.
    package func text(of role: MessageRecord.Role, ofTurn turn: TurnRecord) throws -> String? {
        try self.connection.query(
            "SELECT text FROM messages WHERE session = ? AND turn = ? AND role = ? ORDER BY id DESC LIMIT 1",
            [.text(turn.session), .text(turn.id), .text(role.rawValue)]
        ).first?.text("text")
    }
}
