internal import Chat
internal import Database

/// The places of rows. Those of inbox, outbox and asks have the adapter and the room, the others belong to a session.
extension Ledger {
    /// Nil for a session that does not exist.
    package func place(ofSession session: String) throws -> Place? {
        try self.connection.query("SELECT adapter, thread FROM sessions WHERE id = ?", [.text(session)])
            .first.map(Self.place)
    }

    /// Nil for a turn that does not exist.
    package func place(ofTurn turn: String) throws -> Place? {
        try self.connection.query(
            """
            SELECT sessions.adapter AS adapter, sessions.thread AS thread FROM turns
            JOIN sessions ON sessions.id = turns.session WHERE turns.id = ?
            """, [.text(turn)]
        ).first.map(Self.place)
    }

    /// Where a turn, a command, a message, an ask or a schedule waits for a host to take it up.
    package func unfinishedPlaces() throws -> Set<Place> {
        let rows = try self.connection.query(
            """
            SELECT adapter, thread FROM sessions WHERE id IN (SELECT session FROM turns WHERE state IN ('queued', 'running'))
            OR id IN (SELECT session FROM jobs WHERE state = 'running')
            OR id IN (SELECT session FROM asks WHERE state = 'open')
            OR id IN (SELECT session FROM schedules)
            UNION SELECT adapter, COALESCE(room, '') AS thread FROM inbox WHERE state IN ('new', 'change')
            """, [])
        return Set(try rows.map(Self.place))
    }

    /// What changes when a host changes access, asks or mentions, so that others look.
    package func pulse() throws -> Pulse {
        let row = try self.connection.first(
            """
            SELECT (SELECT id FROM floors WHERE name = 'access') AS access,
            (SELECT id FROM floors WHERE name = 'asks') AS asks,
            (SELECT id FROM floors WHERE name = 'mentions') AS mentions,
            (SELECT id FROM floors WHERE name = 'schedules') AS schedules,
            (SELECT COUNT(*) FROM asks WHERE state = 'open') AS open
            """, [])
        return Pulse(
            access: try row?.optionalInteger("access") ?? 0,
            asks: [
                try row?.optionalInteger("asks") ?? 0, try row?.integer("open") ?? 0,
                try row?.optionalInteger("mentions") ?? 0,
            ], schedules: try row?.optionalInteger("schedules") ?? 0)
    }

    /// Says that access has changed.
    package func noteAccess() throws { try self.count("access") }

    /// Says that people were mentioned, or have seen it.
    package func noteMentions() throws { try self.count("mentions") }

    /// Says that a schedule was set, changed or made due.
    package func noteSchedules() throws { try self.count("schedules") }

    private func count(_ name: String) throws {
        try self.connection.execute(
            """
            INSERT INTO floors (name, id) VALUES (?, 1)
            ON CONFLICT (name) DO UPDATE SET id = floors.id + 1
            """, [.text(name)])
    }

    private static func place(_ row: Row) throws -> Place {
        Place(of: ThreadKey(adapter: AdapterID(try row.text("adapter")), value: try row.text("thread")))
    }
}

/// The state of what all hosts share in memory.
package struct Pulse: Equatable {
    package let access: Int64
    /// Also of mentions, which are looked at together with asks.
    package let asks: [Int64]
    package let schedules: Int64
}
