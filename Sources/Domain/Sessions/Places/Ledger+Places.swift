internal import Chat
internal import Database

/// The places of rows. Those of inbox, outbox and asks have the adapter and the room, the others belong to a session.
extension Ledger {
    /// Nil for a session that does not exist.
    func place(ofSession session: String) throws -> Place? {
        try self.connection.query("SELECT adapter, thread FROM sessions WHERE id = ?", [.text(session)])
            .first.map(Self.place)
    }

    /// Nil for a turn that does not exist.
    func place(ofTurn turn: String) throws -> Place? {
        try self.connection.query(
            """
            SELECT sessions.adapter AS adapter, sessions.thread AS thread FROM turns
            JOIN sessions ON sessions.id = turns.session WHERE turns.id = ?
            """, [.text(turn)]
        ).first.map(Self.place)
    }

    private static func place(_ row: Row) throws -> Place {
        Place(of: ThreadKey(adapter: AdapterID(try row.text("adapter")), value: try row.text("thread")))
    }
}
