package import Chat
internal import Database
package import Store

/// Renamed rooms.
extension Ledger {
    /// Moves everything that belongs to a room: its threads, waiting messages and open outbox entries. A thread that
    /// already has a session under its new key keeps that one.
    ///
    /// - Parameter keepsMessages: Whether messages have the same ids there: then those that were sent move as well.
    package func rename(_ from: RoomID, to: RoomID, keepsMessages: Bool = false) throws {
        try self.remember(from, as: to)
        try self.connection.execute(
            """
            UPDATE sessions SET thread = $2 || substr(thread, length($1) + 1)
            WHERE adapter = $3 AND (thread = $1 OR substr(thread, 1, length($1) + 1) = $1 || '/')
            AND NOT EXISTS (SELECT 1 FROM sessions other WHERE other.adapter = $3
                AND other.thread = $2 || substr(sessions.thread, length($1) + 1))
            """, [.text(from.name), .text(to.name), .text(from.adapter.rawValue)])
        try self.moveRoutes(
            "SELECT id, route FROM sessions WHERE adapter = ?", [.text(from.adapter.rawValue)], in: "sessions",
            from, to: to, keepsMessages)
        try self.moveRoutes(
            "SELECT id, route FROM turns WHERE state IN ('queued', 'running')", [], in: "turns", from, to: to,
            keepsMessages)
        try self.moveRoutes(
            "SELECT id, route FROM asks WHERE state = 'open' AND adapter = ? AND room = ?",
            [.text(from.adapter.rawValue), .text(from.name)], in: "asks", from, to: to, keepsMessages)
        try self.connection.execute(
            "UPDATE asks SET room = ? WHERE state = 'open' AND adapter = ? AND room = ?",
            [.text(to.name), .text(from.adapter.rawValue), .text(from.name)])
        try self.moveOutbox(from, to: to, keepsMessages)
        let place = Places.some([Place(of: from)])
        for stored in try self.newEvents(of: place, after: 0, limit: .max) where stored.message.route.room == from {
            let message = stored.message.moved(from: from, to: to, keepsMessages: keepsMessages)
            try self.connection.execute(
                "UPDATE inbox SET body = ?, room = ? WHERE number = ?",
                [.text(StoredForm.text(of: message)), .text(to.name), .integer(stored.number)])
        }
        guard keepsMessages else { return }
        for table in ["inbox", "turn_lines"] {
            try self.connection.execute(
                "UPDATE \(table) SET room = ? WHERE adapter = ? AND room = ?",
                [.text(to.name), .text(from.adapter.rawValue), .text(from.name)])
        }
    }

    /// Current room ids by former ones.
    package func renamedRooms() throws -> [RoomID: RoomID] {
        let rows = try self.connection.query("SELECT * FROM renamed_rooms", [])
        return try Dictionary(
            rows.map { row in
                let adapter = AdapterID(try row.text("adapter"))
                return (
                    RoomID(adapter: adapter, name: try row.text("room")),
                    RoomID(adapter: adapter, name: try row.text("new_room"))
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    private func remember(_ from: RoomID, as to: RoomID) throws {
        let adapter = SQLValue.text(from.adapter.rawValue)
        try self.connection.execute(
            "DELETE FROM renamed_rooms WHERE adapter = ? AND room = ?", [adapter, .text(to.name)])
        try self.connection.execute(
            "UPDATE renamed_rooms SET new_room = ? WHERE adapter = ? AND new_room = ?",
            [.text(to.name), adapter, .text(from.name)])
        try self.connection.execute(
            """
            INSERT INTO renamed_rooms (adapter, room, new_room) VALUES (?, ?, ?)
            ON CONFLICT (adapter, room) DO UPDATE SET new_room = excluded.new_room
            """, [adapter, .text(from.name), .text(to.name)])
    }

    private func moveRoutes(
        _ query: String, _ values: [SQLValue], in table: String, _ from: RoomID, to: RoomID, _ keepsMessages: Bool
    ) throws {
        for row in try self.connection.query(query, values) {
            let route = try StoredForm.route(from: try row.text("route"))
            guard route.room == from else { continue }
            try self.connection.execute(
                "UPDATE \(table) SET route = ? WHERE id = ?",
                [
                    .text(StoredForm.text(of: route.moved(to: to, keepsMessages: keepsMessages))),
                    .text(try row.text("id")),
                ])
        }
    }

    /// Unless messages keep their ids, those of the old room cannot be edited from the new one: replacements become new
    /// messages, and removals are dropped.
    private func moveOutbox(_ from: RoomID, to: RoomID, _ keepsMessages: Bool) throws {
        let place: [SQLValue] = [.text(from.adapter.rawValue), .text(from.name)]
        guard !keepsMessages else {
            for row in try self.connection.query("SELECT id, route FROM outbox WHERE adapter = ? AND room = ?", place) {
                let route = try StoredForm.route(from: try row.text("route")).moved(to: to, keepsMessages: true)
                try self.connection.execute(
                    "UPDATE outbox SET room = ?, route = ? WHERE id = ?",
                    [.text(to.name), .text(StoredForm.text(of: route)), .integer(try row.integer("id"))])
            }
            return
        }
        try self.connection.execute(
            """
            UPDATE outbox SET state = 'dropped' WHERE adapter = ? AND room = ?
            AND (state = 'live' OR state IN ('pending', 'sending', 'unknown')
                AND (kind IN ('removal', 'withdrawal') OR text = ?))
            """, place + [.text(OutboxItem.blank)])
        let rows = try self.connection.query(
            """
            SELECT id, route FROM outbox
            WHERE adapter = ? AND room = ? AND state IN ('pending', 'sending', 'unknown')
            """, place)
        for row in rows {
            let route = try StoredForm.route(from: try row.text("route")).moved(to: to, keepsMessages: false)
            try self.connection.execute(
                "UPDATE outbox SET room = ?, route = ?, reference = NULL WHERE id = ?",
                [.text(to.name), .text(StoredForm.text(of: route)), .integer(try row.integer("id"))])
        }
    }
}

extension Route {
    /// The same route to its room's new id. Unless messages keep theirs, `replyTo` may be another message there.
    package func moved(to room: RoomID, keepsMessages: Bool) -> Route {
        guard room != self.room else { return self }
        return Route(
            room: room, anchor: self.anchor, addressee: self.addressee, replyTo: keepsMessages ? self.replyTo : nil,
            recipient: self.recipient, commandPrefix: self.commandPrefix, mentions: self.mentions)
    }
}

extension ThreadKey {
    /// The thread's key after its room was renamed; nil for a thread of another room.
    package func moved(from: RoomID, to: RoomID) -> ThreadKey? {
        guard self.adapter == from.adapter else { return nil }
        if self.value == from.name { return ThreadKey(adapter: self.adapter, value: to.name) }
        guard self.value.hasPrefix("\(from.name)/") else { return nil }
        return ThreadKey(adapter: self.adapter, value: to.name + self.value.dropFirst(from.name.count))
    }
}

extension InboundMessage {
    /// The same message in the renamed room.
    package func moved(from: RoomID, to: RoomID, keepsMessages: Bool) -> InboundMessage {
        self.moved(
            to: self.thread.moved(from: from, to: to) ?? self.thread,
            self.route.moved(to: to, keepsMessages: keepsMessages))
    }
}
