internal import Database
internal import Store

extension MessageRecord.Role {
    /// What a search finds: not commands and replies to them, which would make every thread a hit for their words. The
    /// migration that made the index has the same list.
    static let searchable: Set<Self> = [.user, .assistant, .commit]
}

/// The index of words. It follows the messages a little later, because a transaction of its own for many messages costs
/// much less than a share of each turn's transactions; the floor `message_words` is how far it has got. FTS5 has to be
/// given the text that it indexed before that text changes.
extension Ledger {
    /// Adds the oldest messages that are not in the index yet, at most `limit`, and none behind `letters` letters. Returns
    /// whether it has added any.
    func indexMessages(limit: Int, letters: Int) throws -> Bool {
        guard self.hasWordTable else { return false }
        let next = try self.connection.query(
            """
            SELECT COUNT(*) AS count, COALESCE(MAX(id), 0) AS last FROM
            (SELECT id, SUM(LENGTH(text)) OVER (ORDER BY id) - LENGTH(text) AS letters FROM
            (SELECT id, text FROM messages WHERE id > \(Self.indexed) ORDER BY id LIMIT ?) AS next) AS counted
            WHERE letters <= ?
            """, [.integer(Int64(limit)), .integer(Int64(letters))]
        ).first
        guard let next, try next.integer("count") > 0 else { return false }
        let last = SQLValue.integer(try next.integer("last"))
        try self.connection.execute(
            """
            INSERT INTO message_words (rowid, text)
            SELECT id, text FROM messages WHERE id > \(Self.indexed) AND id <= ? AND \(Self.isSearchable)
            """, [last])
        try self.connection.execute("UPDATE floors SET id = ? WHERE name = 'message_words'", [last])
        return true
    }

    /// Whether the index lacks messages.
    package func hasUnindexedMessages() throws -> Bool {
        try self.hasWordTable
            && !self.connection.query("SELECT 1 FROM messages WHERE id > \(Self.indexed) LIMIT 1", []).isEmpty
    }

    /// Replaces the text of a person's message.
    func rewriteMessage(_ id: Int64, to text: String) throws {
        try self.removeFromIndex(where: "id = ?", .integer(id))
        try self.connection.execute("UPDATE messages SET text = ? WHERE id = ?", [.text(text), .integer(id)])
        guard self.hasWordTable else { return }
        try self.connection.execute(
            """
            INSERT INTO message_words (rowid, text)
            SELECT id, text FROM messages WHERE id = ? AND \(Self.isIndexed)
            """, [.integer(id)])
    }

    /// Deletes the messages for which `condition`, SQL with one parameter, holds.
    func deleteMessages(where condition: String, _ value: SQLValue) throws {
        try self.removeFromIndex(where: condition, value)
        try self.connection.execute("DELETE FROM messages WHERE \(condition)", [value])
        guard self.hasWordTable else { return }
        // The id of the newest message may be given out again.
        try self.connection.execute(
            """
            UPDATE floors SET id = (SELECT COALESCE(MAX(id), 0) FROM messages) WHERE name = 'message_words'
            AND id > (SELECT COALESCE(MAX(id), 0) FROM messages)
            """, [])
    }

    private func removeFromIndex(where condition: String, _ value: SQLValue) throws {
        guard self.hasWordTable else { return }
        try self.connection.execute(
            """
            INSERT INTO message_words (message_words, rowid, text)
            SELECT 'delete', id, text FROM messages WHERE \(condition) AND \(Self.isIndexed)
            """, [value])
    }

    /// PostgreSQL indexes the messages themselves, in the transaction that stores them.
    private var hasWordTable: Bool { self.connection.dialect == .sqlite }

    private static let indexed = "(SELECT floors.id FROM floors WHERE name = 'message_words')"
    private static let isIndexed = "\(Self.isSearchable) AND messages.id <= \(Self.indexed)"
    static let isSearchable: String = {
        let names = MessageRecord.Role.searchable.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
        return "role IN (\(names))"
    }()
}
