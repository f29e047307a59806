package import Chat
internal import Database
package import Store
package import Threads

/// Messages that wait because their rooms refuse them.
extension Ledger {
    /// Makes an entry wait for its room. Returns since when it waits, in milliseconds since 1970; nil if it was dropped.
    ///
    /// The first one of an answer leaves a line in the transcript.
    func park(_ item: OutboxItem, because reason: String, shown: String?, at now: Int64) throws -> Int64? {
        let isFirst = try item.isAnswer && !self.hasRefused(ofTurn: item.turn)
        let state: OutboxItem.State = item.state == .unknown ? .unknown : .pending
        let changed = try self.connection.rowsChanged(
            by: """
                UPDATE outbox SET state = $1, error = $2, refused_at = $3, shown = COALESCE($4, shown)
                WHERE id = $5 AND state IN ('pending', 'sending', 'unknown')
                """,
            [
                .text(state.rawValue), .text(item.mayStillArrive ? Self.late : reason),
                .integer(item.refusedAt ?? now), .optional(shown), .integer(item.id),
            ])
        guard changed > 0 else { return nil }
        if isFirst, let turn = item.turn {
            try self.insertMessage(
                session: item.session, turn: turn, role: .note, text: TurnTexts.waitsForRoom(reason), at: now)
        }
        return item.refusedAt ?? now
    }

    /// Leaves a line in the transcript when the last message of an answer was posted that waited for its room.
    func noteReturn(of item: OutboxItem, at now: Int64) throws {
        guard item.isAnswer, let turn = item.turn, try !self.hasRefused(ofTurn: turn) else { return }
        try self.insertMessage(session: item.session, turn: turn, role: .note, text: TurnTexts.postedLate, at: now)
    }

    /// Whether messages of an answer wait for their room.
    private func hasRefused(ofTurn turn: String?) throws -> Bool {
        try turn.map { try self.outbox(ofTurn: $0) }?.contains {
            $0.isAnswer && $0.refusedAt != nil && [.pending, .sending, .unknown].contains($0.state)
        } ?? false
    }

    /// The entries that have waited for their room long enough, oldest first, none of which is being sent.
    package func overdueOutbox(of room: RoomID, at now: Int64, limit: Int) throws -> [OutboxItem] {
        try self.connection.query(
            """
            SELECT * FROM outbox WHERE adapter = ? AND room = ? AND refused_at IS NOT NULL AND refused_at <= ?
            AND state IN ('pending', 'unknown') ORDER BY id LIMIT ?
            """,
            [
                .text(room.adapter.rawValue), .text(room.name), .integer(now - LaneRefusals.patience),
                .integer(Int64(limit)),
            ]
        ).map(Self.outboxItem)
    }

    /// Whether a message of an answer is being sent.
    package func isSending(ofTurn turn: String) throws -> Bool {
        try self.outbox(ofTurn: turn).contains { $0.isAnswer && $0.state == .sending }
    }

    /// How many open entries wait because their rooms refuse them.
    package func outboxRefused() throws -> Int64 {
        try self.connection.query(
            """
            SELECT COUNT(*) AS n FROM outbox
            WHERE refused_at IS NOT NULL AND state IN ('pending', 'sending', 'unknown')
            """, []
        ).first?.integer("n") ?? 0
    }
}
