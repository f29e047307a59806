package import Chat
internal import Database

extension Ledger {
    /// Puts a rendered message into the outbox. Returns it as stored.
    package func insertOutbox(
        session: String, turn: String?, kind: OutboxItem.Kind, route: Route, text: String,
        buttons: [MessageButton] = [], message: Int64? = nil, at now: Int64
    ) throws -> OutboxItem {
        let token = Identifier.make("m")
        try self.connection.execute(
            """
            INSERT INTO outbox (session, turn, kind, adapter, room, route, text, token, state, created_at, buttons,
            message)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?)
            """,
            [
                .text(session), .optional(turn), .text(kind.rawValue), .text(route.room.adapter.rawValue),
                .text(route.room.name), .text(StoredForm.text(of: route)), .text(text), .text(token), .integer(now),
                .optional(StoredForm.text(of: buttons)), .optional(message),
            ])
        return OutboxItem(
            id: self.connection.lastInsertID, session: session, turn: turn, kind: kind, route: route, text: text,
            token: token, reference: nil, state: .pending, buttons: buttons, message: message)
    }

    /// Gives the previews of a turn their final texts, oldest first, and returns them as to be sent again: those that
    /// stand in the room, and as unknown those that failed without our knowing whether they arrived.
    package func finishPreviews(
        ofTurn turn: String, with texts: [String], surplus: OutboxItem.Surplus
    ) throws -> (finals: [OutboxItem], surplus: [OutboxItem]) {
        // One that was dropped stands in a place that has another name now, where its id may be another message's.
        let live = try self.outbox(ofTurn: turn).filter {
            $0.kind == .preview && $0.state != .dropped
                && ($0.reference != nil || $0.state == .failed || $0.state == .unknown)
        }
        let finals = try zip(live, texts).map { item, text in
            try self.finish(item, as: .final, text, item.reference == nil ? .unknown : .pending)
        }
        let rest = live.dropFirst(texts.count).filter { $0.reference != nil }
        switch surplus {
        case .kept: return (finals, [])
        case .removed: return (finals, try rest.map { try self.finish($0, as: .removal, "", .pending) })
        case .blanked: return (finals, try rest.map { try self.finish($0, as: .final, OutboxItem.blank, .pending) })
        }
    }

    private func finish(
        _ item: OutboxItem, as kind: OutboxItem.Kind, _ text: String, _ state: OutboxItem.State
    ) throws -> OutboxItem {
        var item = item
        item.kind = kind
        item.text = text
        item.state = state
        try self.connection.execute(
            "UPDATE outbox SET kind = ?, text = ?, state = ?, error = NULL WHERE id = ?",
            [.text(kind.rawValue), .text(text), .text(state.rawValue), .integer(item.id)])
        return item
    }

    /// Makes an edit a message to be posted.
    package func forgetReference(of id: Int64) throws {
        try self.connection.execute(
            "UPDATE outbox SET reference = NULL, state = 'pending' WHERE id = ?", [.integer(id)])
    }

    /// Makes a file that the network refuses the line that says where it can be read.
    package func replaceFile(_ id: Int64) throws {
        try self.connection.execute(
            "UPDATE outbox SET kind = 'final', state = 'pending' WHERE id = ?", [.integer(id)])
    }

    /// Makes a removal that the network refuses an edit to nothing.
    package func blank(_ id: Int64) throws {
        try self.connection.execute(
            "UPDATE outbox SET kind = 'final', text = ?, state = 'pending' WHERE id = ?",
            [.text(OutboxItem.blank), .integer(id)])
    }

    /// Marks a message as being sent. False when it was dropped meanwhile.
    package func markSending(_ id: Int64, at now: Int64) throws -> Bool {
        try self.connection.execute(
            "UPDATE outbox SET state = 'sending' WHERE id = ? AND state IN ('pending', 'unknown')", [.integer(id)])
        return self.connection.changes > 0
    }

    /// A sent message stays for its reference only, so its text goes.
    package func setOutbox(
        _ id: Int64, _ state: OutboxItem.State, reference: String? = nil, error: String? = nil, at now: Int64
    ) throws {
        try self.connection.execute(
            """
            UPDATE outbox SET state = $1, reference = COALESCE($2, reference), error = $3,
            sent_at = CASE WHEN $1 = 'sent' THEN $4 ELSE sent_at END,
            text = CASE WHEN $1 = 'sent' THEN '' ELSE text END WHERE id = $5
            """,
            [.text(state.rawValue), .optional(reference), .optional(error), .integer(now), .integer(id)])
    }

    /// What is on its way to a room, under whatever name it had, oldest first, after `id`.
    package func openOutbox(of room: RoomID, after id: Int64, limit: Int) throws -> [OutboxItem] {
        try self.connection.query(
            """
            SELECT * FROM outbox WHERE adapter = $1 AND id > $3 AND state IN ('pending', 'sending', 'unknown')
            AND room IN (SELECT $2 UNION ALL SELECT room FROM renamed_rooms WHERE adapter = $1 AND new_room = $2)
            ORDER BY id LIMIT $4
            """,
            [.text(room.adapter.rawValue), .text(room.name), .integer(id), .integer(Int64(limit))]
        ).map(Self.outboxItem)
    }

    /// Rooms that something is on its way to.
    package func roomsWithOutbox() throws -> [RoomID] {
        try self.connection.query(
            "SELECT DISTINCT adapter, room FROM outbox WHERE state IN ('pending', 'sending', 'unknown')", []
        ).map { RoomID(adapter: AdapterID(try $0.text("adapter")), name: try $0.text("room")) }
    }

    package func outbox(ofTurn turn: String) throws -> [OutboxItem] {
        try self.connection.query("SELECT * FROM outbox WHERE turn = ? ORDER BY id", [.text(turn)]).map(Self.outboxItem)
    }

    package func outboxPending() throws -> Int64 {
        try self.connection.query(
            "SELECT COUNT(*) AS n FROM outbox WHERE state IN ('pending', 'sending', 'unknown')", []
        ).first?.integer("n") ?? 0
    }

    /// What was being sent when the process died may or may not have arrived.
    package func markInterruptedSends() throws {
        try self.connection.execute("UPDATE outbox SET state = 'unknown' WHERE state = 'sending'", [])
    }

    /// Drops what a shortened answer has not sent yet. Returns the ids of what is dropped.
    package func dropPending(ofTurn turn: String, keeping count: Int) throws -> [Int64] {
        let pending = try self.connection.query(
            "SELECT id FROM outbox WHERE turn = ? AND kind IN ('part', 'final', 'file') ORDER BY id", [.text(turn)]
        ).dropFirst(count).map { try $0.integer("id") }
        return try pending.filter { id in
            try self.connection.execute(
                "UPDATE outbox SET state = 'dropped' WHERE id = ? AND state = 'pending'", [.integer(id)])
            return self.connection.changes > 0
        }
    }

    /// Forgets what was sent or given up before `before`, and previews that nobody completes any more. Looks at the
    /// oldest entries only, which are the ones concerned, so that it costs the same however much there is.
    package func pruneOutbox(before: Int64, limit: Int = 20_000) throws {
        try self.connection.execute(
            """
            DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT ?)
            AND state IN ('sent', 'failed', 'dropped', 'live') AND created_at < ?
            """, [.integer(Int64(limit)), .integer(before)])
    }

    static func outboxItem(_ row: Row) throws -> OutboxItem {
        OutboxItem(
            id: try row.integer("id"), session: try row.text("session"), turn: try row.optionalText("turn"),
            kind: OutboxItem.Kind(rawValue: try row.text("kind")) ?? .note,
            route: try StoredForm.route(from: try row.text("route")), text: try row.text("text"),
            token: try row.text("token"), reference: try row.optionalText("reference"),
            state: OutboxItem.State(rawValue: try row.text("state")) ?? .unknown,
            buttons: try StoredForm.buttons(from: try row.optionalText("buttons")),
            message: try row.optionalInteger("message"))
    }
}
