internal import Database

extension MessageRecord.Role {
    /// What a search finds: not commands and replies to them, which would make every thread a hit for their words. The
    /// migration that made the index has the same list.
    static let searchable: Set<Self> = [.user, .assistant, .commit]
}

/// Changes of messages that the index of their words has to follow: FTS5 has to be given the text that it indexed before
/// that text changes.
extension Ledger {
    func addToIndex(_ message: Int64) throws {
        try self.connection.execute(
            """
            INSERT INTO message_words (rowid, text)
            SELECT id, text FROM messages WHERE id = ? AND \(Self.isSearchable)
            """, [.integer(message)])
    }

    /// Replaces the text of a person's message.
    func rewriteMessage(_ id: Int64, to text: String) throws {
        try self.removeFromIndex(where: "id = ?", .integer(id))
        try self.connection.execute("UPDATE messages SET text = ? WHERE id = ?", [.text(text), .integer(id)])
        try self.addToIndex(id)
    }

    /// Deletes the messages for which `condition`, SQL with one parameter, holds.
    func deleteMessages(where condition: String, _ value: SQLValue) throws {
        try self.removeFromIndex(where: condition, value)
        try self.connection.execute("DELETE FROM messages WHERE \(condition)", [value])
    }

    private func removeFromIndex(where condition: String, _ value: SQLValue) throws {
        try self.connection.execute(
            """
            INSERT INTO message_words (message_words, rowid, text)
            SELECT 'delete', id, text FROM messages WHERE \(condition) AND \(Self.isSearchable)
            """, [value])
    }

    private static let isSearchable: String = {
        let names = MessageRecord.Role.searchable.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
        return "role IN (\(names))"
    }()
}
