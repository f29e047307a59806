package import Chat
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
    package func messages(of session: String, after cursor: String?, limit: Int) throws -> Page<MessageRecord> {
        let ids = try self.connection.query(
            "SELECT id FROM messages WHERE session = ? AND id > ? ORDER BY id LIMIT ?",
            [.text(session), .integer(cursor.flatMap { Int64($0) } ?? 0), .integer(Int64(limit + 1))]
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

    /// The history for a model: questions and answers after the position `through`, of turns before `turn`, at most the
    /// newest `limit` entries, oldest first. Fewer where their texts would exceed `bytes`, but at least one: what is older
    /// is left out, as beyond `limit`.
    ///
    /// Ordered by turns, not by messages: a waiting question is stored before the answer that it waits for.
    package func history(
        of session: String, after through: Int64, before turn: String, limit: Int, bytes: Int = 8 << 20
    ) throws -> [HistoryEntry] {
        let dialect = self.connection.dialect
        let text = Self.historyText(dialect)
        let entries = """
            FROM turns t JOIN messages m ON m.turn = t.id
            WHERE t.session = $1 AND t.number >= $2 AND t.number < (SELECT number FROM turns WHERE id = $3)
            AND t.kind <> 'command' AND t.left_out IS NULL AND m.role IN ('user', 'assistant')
            ORDER BY t.number DESC, m.id DESC LIMIT $4
            """
        let values: [SQLValue] = [.text(session), .integer(through / 2), .text(turn)]
        let sizes = try self.connection.query(
            "SELECT \(dialect.bytes(of: text)) AS bytes \(entries)", values + [.integer(Int64(limit))])
        var (count, left) = (0, Int64(bytes))
        for size in sizes {
            left -= try size.integer("bytes")
            guard count == 0 || left >= 0 else { break }
            count += 1
        }
        guard count > 0 else { return [] }
        let rows = try self.connection.query(
            """
            SELECT t.number AS number, t.kind AS kind, m.role AS role, m.author AS author, \(text) AS text,
            CASE WHEN m.id = t.message THEN t.attachments END AS attachments \(entries)
            """, values + [.integer(Int64(count))])
        return try rows.reversed().map { row in
            let isUser = try row.text("role") == "user"
            let text = try row.text("text")
            let isOutput = try TurnKind.stored(in: row).isWork && !isUser
            return HistoryEntry(
                id: try row.integer("number") * 2 + (isUser ? 0 : 1), role: isUser ? .user : .assistant,
                author: try row.optionalText("author"), text: isOutput ? HistoryOutput.shortened(text) : text,
                images: isUser ? try StoredForm.images(from: try row.optionalText("attachments")) : [])
        }.filter { $0.id > through }
    }

    /// The text of an entry. Of a long output, the ends from which ``HistoryOutput`` takes what it keeps.
    private static func historyText(_ dialect: SQLDialect) -> String {
        let kinds = TurnKind.allCases.filter(\.isWork).map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let limit = HistoryOutput.limit
        return """
            CASE WHEN t.kind IN (\(kinds)) AND m.role = 'assistant' AND LENGTH(m.text) > \(2 * limit)
            THEN SUBSTR(m.text, 1, \(limit)) || \(dialect.end(of: "m.text", limit)) ELSE m.text END
            """
    }

    /// Who wrote what a prompt of `turn` may contain besides its own text, also what a summary covers: everybody since
    /// `new`, and whoever asked what it continues.
    package func authors(of session: SessionRecord, before turn: TurnRecord) throws -> [Sender] {
        try self.connection.query(
            """
            SELECT DISTINCT sender FROM turns
            WHERE session = $1 AND (number > $2 OR work = $3) AND number < (SELECT number FROM turns WHERE id = $4)
            AND kind <> 'command'
            """, [.text(session.id), .integer(session.epoch / 2), .text(turn.work), .text(turn.id)]
        ).map { try StoredForm.sender(from: try $0.text("sender")) }
    }

    /// The position of a session's newest turn in its history; 0 without one.
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
    /// The last answer in a thread's transcript.
    package func lastAnswerMessage(of session: String) throws -> MessageRecord? {
        try self.connection.query(
            "SELECT * FROM messages WHERE session = ? AND role = 'assistant' ORDER BY id DESC LIMIT 1",
            [.text(session)]
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
