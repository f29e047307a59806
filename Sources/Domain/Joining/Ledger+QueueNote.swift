internal import Database
package import Store
package import Threads

extension Ledger {
    /// How many of a session's last turns and messages are looked at.
    private static let (recentTurns, recentMessages): (Int64, Int64) = (100, 200)

    /// A session's line about waiting messages, unless it said that none wait before a turn was queued that waits now.
    package func queueNote(of session: String, forTurnQueuedAt time: Int64) throws -> OutboxItem? {
        let rows = try self.connection.query(
            """
            SELECT id, kind, message, created_at FROM outbox WHERE kind IN (?, ?)
            AND turn IN (SELECT id FROM turns WHERE session = ? ORDER BY number DESC LIMIT ?) ORDER BY id DESC LIMIT ?
            """,
            [
                .text(OutboxItem.Kind.waiting.rawValue), .text(OutboxItem.Kind.outcome.rawValue), .text(session),
                .integer(Self.recentTurns), .integer(Self.recentMessages),
            ])
        let note = try rows.first { try $0.text("kind") == OutboxItem.Kind.waiting.rawValue }?.integer("id")
        guard let note else { return nil }
        let last = try rows.first { try $0.integer("id") == note || $0.optionalInteger("message") == note }
        return try last.flatMap { try $0.integer("created_at") >= time ? self.outboxItem(id: note) : nil }
    }
}
