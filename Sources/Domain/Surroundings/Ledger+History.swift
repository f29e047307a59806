package import Chat
internal import Database
package import Store
package import Threads

/// The past of a prompt, as it is stored.
extension Ledger {
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
        let lines = try self.lines(of: session, from: through / 2, before: turn)
        let found = try rows.reversed().map { row in
            let isUser = try row.text("role") == "user"
            let text = try row.text("text")
            let isOutput = try TurnKind.stored(in: row).isWork && !isUser
            let number = try row.integer("number")
            return HistoryEntry(
                id: number * 2 + (isUser ? 0 : 1), role: isUser ? .user : .assistant,
                author: try row.optionalText("author"), text: isOutput ? HistoryOutput.shortened(text) : text,
                images: isUser ? try StoredForm.images(from: try row.optionalText("attachments")) : [],
                surroundings: isUser ? lines[number].map(LineFrame.text) ?? "" : "")
        }
        return Self.joined(found.filter { $0.id > through })
    }

    /// The messages that a turn answers together are one entry.
    private static func joined(_ entries: [HistoryEntry]) -> [HistoryEntry] {
        entries.reduce(into: []) { joined, entry in
            guard let last = joined.last, last.id == entry.id, entry.role == .user else { return joined.append(entry) }
            let text = [last.text, entry.text].filter { !$0.isEmpty }.joined(separator: "\n\n")
            joined[joined.endIndex - 1] = last.with(text: text, images: last.images + entry.images)
        }
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
}
