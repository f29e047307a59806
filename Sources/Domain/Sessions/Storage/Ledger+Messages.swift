package import Chat
internal import Database

extension Ledger {
    /// Returns the message's number.
    @discardableResult
    package func insertMessage(
        session: String, turn: String?, role: MessageRecord.Role, author: String? = nil, text: String, at now: Int64
    ) throws -> Int64 {
        try self.connection.execute(
            "INSERT INTO messages (session, turn, role, author, text, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            [.text(session), .optional(turn), .text(role.rawValue), .optional(author), .text(text), .integer(now)])
        return self.connection.lastInsertID
    }

    /// Messages of a thread, oldest first; `cursor` is the number of the last one seen.
    package func messages(of session: String, after cursor: String?, limit: Int) throws -> Page<MessageRecord> {
        let rows = try self.connection.query(
            "SELECT * FROM messages WHERE session = ? AND id > ? ORDER BY id LIMIT ?",
            [.text(session), .integer(cursor.flatMap { Int64($0) } ?? 0), .integer(Int64(limit + 1))])
        let items = try rows.prefix(limit).map(Self.message)
        return Page(items: items, next: rows.count > limit ? items.last.map { String($0.id) } : nil)
    }

    package func message(id: Int64) throws -> MessageRecord? {
        try self.connection.query("SELECT * FROM messages WHERE id = ?", [.integer(id)]).first.map(Self.message)
    }

    /// What a model is told: questions and answers after the place `through`, of turns before `turn`, at most the
    /// newest `limit` entries, oldest first.
    ///
    /// The order is that of the turns, not of the messages: a question that waited was stored before the answer that
    /// it waited for.
    package func history(of session: String, after through: Int64, before turn: String, limit: Int) throws
        -> [HistoryEntry]
    {
        let rows = try self.connection.query(
            """
            SELECT t.number AS number, m.role AS role, m.author AS author, m.text AS text
            FROM turns t JOIN messages m ON m.turn = t.id
            WHERE t.session = $1 AND t.number >= $2 AND t.number < (SELECT number FROM turns WHERE id = $3)
            AND m.role IN ('user', 'assistant') ORDER BY t.number DESC, m.id DESC LIMIT $4
            """,
            [.text(session), .integer(through / 2), .text(turn), .integer(Int64(limit))])
        return try rows.reversed().map { row in
            let isUser = try row.text("role") == "user"
            return HistoryEntry(
                id: try row.integer("number") * 2 + (isUser ? 0 : 1), role: isUser ? .user : .assistant,
                author: try row.optionalText("author"), text: try row.text("text"))
        }.filter { $0.id > through }
    }

    /// The place in a session's history that its newest turn reaches; 0 when there is none.
    package func lastPlace(of session: String) throws -> Int64 {
        let row = try self.connection.query(
            "SELECT number FROM turns WHERE session = ? ORDER BY number DESC LIMIT 1", [.text(session)]
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
    /// The last answer of a thread as it stands in the transcript.
    package func lastAnswerText(of session: String) throws -> String? {
        try self.connection.query(
            "SELECT text FROM messages WHERE session = ? AND role = 'assistant' ORDER BY id DESC LIMIT 1",
            [.text(session)]
        ).first?.text("text")
    }

    /// The newest message of one kind of a turn.
    package func text(of role: MessageRecord.Role, ofTurn turn: TurnRecord) throws -> String? {
        try self.connection.query(
            "SELECT text FROM messages WHERE session = ? AND turn = ? AND role = ? ORDER BY id DESC LIMIT 1",
            [.text(turn.session), .text(turn.id), .text(role.rawValue)]
        ).first?.text("text")
    }
}
