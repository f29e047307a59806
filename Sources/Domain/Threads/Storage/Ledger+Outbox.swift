package import Chat
package import Database
package import Store

extension Ledger {
    /// Puts a rendered message into the outbox. Returns it as stored. That of a past session is never sent.
    package func insertOutbox(
        session: String, turn: String?, kind: OutboxItem.Kind, route: Route, text: String,
        buttons: [MessageButton] = [], message: Int64? = nil, at now: Int64
    ) throws -> OutboxItem {
        try self.outboxInsertion(
            session: session, turn: turn, kind: kind, route: route, text: text, buttons: buttons, message: message,
            at: now)()
    }

    /// ``insertOutbox(session:turn:kind:route:text:buttons:message:at:)`` in two steps: inserts now, and the result is the
    /// entry with its id.
    package func outboxInsertion(
        session: String, turn: String?, kind: OutboxItem.Kind, route: Route, text: String,
        buttons: [MessageButton] = [], message: Int64? = nil, at now: Int64
    ) throws -> () throws -> OutboxItem {
        let token = Identifier.make("m")
        let id = try self.connection.laterID(
            """
            INSERT INTO outbox (session, turn, kind, adapter, room, route, text, token, state, created_at, buttons,
            message)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
            CASE WHEN EXISTS (SELECT 1 FROM sessions WHERE id = ?1 AND thread LIKE 'past:%')
            THEN 'dropped' ELSE 'pending' END, ?9, ?10, ?11) RETURNING id
            """,
            [
                .text(session), .optional(turn), .text(kind.rawValue), .text(route.room.adapter.rawValue),
                .text(route.room.name), .text(StoredForm.text(of: route)), .text(text), .text(token), .integer(now),
                .optional(StoredForm.text(of: buttons)), .optional(message),
            ])
        return {
            OutboxItem(
                id: try id(), session: session, turn: turn, kind: kind, route: route, text: text,
                token: token, reference: nil, state: .pending, buttons: buttons, message: message)
        }
    }

    /// A copy of an unsent entry at the end of the outbox.
    package func insertAgain(_ item: OutboxItem, at now: Int64) throws -> OutboxItem {
        let copy = try self.insertOutbox(
            session: item.session, turn: item.turn, kind: item.kind, route: item.route, text: item.text,
            buttons: item.buttons, message: item.message, at: now)
        if let path = try self.file(of: item.id) { try self.setFile(path, of: copy.id) }
        return copy
    }

    /// Gives the previews of a turn their final texts, oldest first, and returns them to be sent again: those in the
    /// room, and, marked as unknown, those that failed with an unknown outcome.
    package func finishPreviews(
        ofTurn turn: String, with texts: [String], surplus: OutboxItem.Surplus
    ) throws -> (finals: [OutboxItem], surplus: [OutboxItem]) {
        // A dropped one belongs to a renamed room, where its id may be another message's.
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
            "UPDATE outbox SET kind = ?, text = ?, state = ?, error = ? WHERE id = ?",
            [
                .text(kind.rawValue), .text(text), .text(state.rawValue),
                .optional(item.mayStillArrive ? Self.late : nil), .integer(item.id),
            ])
        return item
    }

    /// Like ``markSending(_:at:)`` for an entry that nobody else knows yet, as it was inserted in the same transaction.
    package func beginSending(_ id: Int64) throws {
        try self.connection.execute(
            "UPDATE outbox SET state = 'sending' WHERE id = ? AND state = 'pending'", [.integer(id)])
    }

    /// Makes an entry mention people.
    package func mention(_ mentions: [Mention], in item: OutboxItem) throws -> OutboxItem {
        var item = item
        item.route = item.route.mentioning(mentions)
        try self.connection.execute(
            "UPDATE outbox SET route = ? WHERE id = ?", [.text(StoredForm.text(of: item.route)), .integer(item.id)])
        return item
    }

    /// Turns an edit into a post of `text`.
    package func forgetReference(of id: Int64, posting text: String) throws {
        try self.connection.execute(
            "UPDATE outbox SET reference = NULL, state = 'pending', text = ? WHERE id = ?", [.text(text), .integer(id)])
    }

    /// Turns a file that the network refuses into its line with a link.
    package func replaceFile(_ id: Int64) throws {
        try self.connection.execute(
            "UPDATE outbox SET kind = 'final', state = 'pending' WHERE id = ?", [.integer(id)])
    }

    /// Turns a removal that the network refuses into an edit that empties the message.
    package func blank(_ id: Int64) throws {
        try self.connection.execute(
            "UPDATE outbox SET kind = 'final', text = ?, state = 'pending' WHERE id = ?",
            [.text(OutboxItem.blank), .integer(id)])
    }

    /// Marks a message as being sent. False when it was dropped.
    package func markSending(_ id: Int64, at now: Int64) throws -> Bool {
        let changed = try self.connection.rowsChanged(
            by: "UPDATE outbox SET state = 'sending' WHERE id = ? AND state IN ('pending', 'unknown')", [.integer(id)])
        return changed > 0
    }

    /// Sets an entry's state. A sent entry is kept only for its reference, so its text is cleared, unless it has buttons:
    /// an edit that takes them away repeats the text.
    package func setOutbox(
        _ id: Int64, _ state: OutboxItem.State, reference: String? = nil, error: String? = nil, at now: Int64
    ) throws {
        try self.connection.execute(
            """
            UPDATE outbox SET state = $1, reference = COALESCE($2, reference), error = $3,
            sent_at = CASE WHEN $1 = 'sent' THEN $4 ELSE sent_at END,
            refused_at = CASE WHEN $1 IN ('sent', 'failed', 'dropped') THEN NULL ELSE refused_at END,
            shown = CASE WHEN $1 IN ('sent', 'failed', 'dropped') THEN NULL ELSE shown END,
            text = CASE WHEN $1 = 'sent' AND buttons IS NULL THEN '' ELSE text END WHERE id = $5
            """,
            [.text(state.rawValue), .optional(reference), .optional(error), .integer(now), .integer(id)])
    }

    /// The open entries of a room under its current and former ids, oldest first, after `id`.
    ///
    /// - Parameter all: With those that wait because the room refused them.
    package func openOutbox(of room: RoomID, after id: Int64, limit: Int, all: Bool = false) throws -> [OutboxItem] {
        try self.connection.query(
            """
            SELECT *, (SELECT kind FROM turns WHERE turns.id = outbox.turn) AS turn_kind
            FROM outbox WHERE adapter = $1 AND id > $3 AND state IN ('pending', 'sending', 'unknown')
            AND room IN (SELECT $2 UNION ALL SELECT room FROM renamed_rooms WHERE adapter = $1 AND new_room = $2)
            \(all ? "" : "AND refused_at IS NULL") ORDER BY id LIMIT $4
            """,
            [.text(room.adapter.rawValue), .text(room.name), .integer(id), .integer(Int64(limit))]
        ).map { row in
            var item = try Self.outboxItem(row)
            item.isDocument = try row.optionalText("turn_kind").flatMap(TurnKind.init)?.isDocument ?? false
            return item
        }
    }

    /// Rooms with open entries.
    ///
    /// - Parameter all: Also those whose entries all wait because the room refused them.
    package func roomsWithOutbox(in places: Places = .all, all: Bool = false) throws -> [RoomID] {
        let condition = places.condition(adapter: "adapter", thread: "room", from: 1)
        return try self.connection.query(
            """
            SELECT DISTINCT adapter, room FROM outbox
            WHERE state IN ('pending', 'sending', 'unknown') AND \(condition.sql)
            \(all ? "" : "AND refused_at IS NULL")
            """, condition.values
        ).map { RoomID(adapter: AdapterID(try $0.text("adapter")), name: try $0.text("room")) }
    }

    package func outbox(ofTurn turn: String) throws -> [OutboxItem] {
        try self.connection.query("SELECT * FROM outbox WHERE turn = ? ORDER BY id", [.text(turn)]).map(Self.outboxItem)
    }

    package func outboxItem(id: Int64) throws -> OutboxItem? {
        try self.connection.query("SELECT * FROM outbox WHERE id = ?", [.integer(id)]).first.map(Self.outboxItem)
    }

    /// Withdraws a session's buttons that continue an answer. Returns the entries that take them away, for rooms that
    /// show buttons.
    package func withdrawButtons(
        of session: String, at now: Int64, whereShown hasButtons: @escaping (RoomID) -> Bool
    ) throws -> [OutboxItem] {
        try self.withdrawal(of: session, at: now, whereShown: hasButtons)()
    }

    /// ``withdrawButtons(of:at:whereShown:)`` in two steps: asks the database now, and withdraws when the result is called.
    package func withdrawal(
        of session: String, at now: Int64, whereShown hasButtons: @escaping (RoomID) -> Bool
    ) throws -> () throws -> [OutboxItem] {
        let rows = try self.connection.later(
            "SELECT * FROM outbox WHERE session = ? AND buttons IS NOT NULL AND withdrawn IS NULL ORDER BY id",
            [.text(session)])
        return {
            let offering = try rows.get().map(Self.outboxItem).filter {
                $0.buttons.contains { [CommandName.resume, .redo].map(\.rawValue).contains($0.command) }
            }
            return try offering.compactMap { item in
                try self.connection.execute("UPDATE outbox SET withdrawn = 1 WHERE id = ?", [.integer(item.id)])
                guard hasButtons(item.route.room), item.state != .dropped, item.state != .failed else { return nil }
                return try self.insertOutbox(
                    session: session, turn: item.turn, kind: .withdrawal, route: item.route, text: "",
                    message: item.id, at: now)
            }
        }
    }

    package func outboxPending() throws -> Int64 {
        try self.connection.query(
            "SELECT COUNT(*) AS n FROM outbox WHERE state IN ('pending', 'sending', 'unknown')", []
        ).first?.integer("n") ?? 0
    }

    /// The `error` of an entry that another host was sending, and may still send if it only hangs.
    package static let late = "another host may still send it"

    /// Marks entries that were being sent as unknown: they may have arrived, or after a take-over still arrive.
    package func markInterruptedSends(in places: Places = .all, after interruption: Interruption = .restart) throws {
        let condition = places.condition(adapter: "adapter", thread: "room", from: 2)
        try self.connection.execute(
            """
            UPDATE outbox SET state = 'unknown', error = COALESCE($1, error)
            WHERE state = 'sending' AND \(condition.sql)
            """, [.optional(interruption == .takeover ? Self.late : nil)] + condition.values)
    }

    /// Whether messages of an answer are unsent.
    package func hasPending(ofTurn turn: String) throws -> Bool {
        try self.outbox(ofTurn: turn).contains {
            [.part, .final, .file].contains($0.kind) && $0.state == .pending
        }
    }

    /// Whether a turn has posted this text, or is about to.
    package func hasOutbox(_ text: String, ofTurn turn: String) throws -> Bool {
        try self.connection.first(
            "SELECT 1 FROM outbox WHERE turn = ? AND text = ? LIMIT 1", [.text(turn), .text(text)]) != nil
    }

    /// Drops the unsent messages of an answer, but not the first `count` and the `last` ones. Returns their ids.
    package func dropPending(ofTurn turn: String, keeping count: Int, last: Int = 0) throws -> [Int64] {
        var room = Int64(count)
        let pending = try self.connection.query(
            """
            SELECT id, CASE WHEN kind = 'part' THEN message END AS lines FROM outbox
            WHERE turn = ? AND kind IN ('part', 'final', 'file') ORDER BY id
            """, [.text(turn)]
        ).drop { row in
            // Lines that are one post count as lines.
            defer { room -= (try? row.optionalInteger("lines")) ?? 1 }
            return room > 0
        }
        return try pending.dropLast(last).map { try $0.integer("id") }.filter { id in
            let changed = try self.connection.rowsChanged(
                by: "UPDATE outbox SET state = 'dropped' WHERE id = ? AND state = 'pending'", [.integer(id)])
            return changed > 0
        }
    }

    /// Gives an entry of the outbox the file to send.
    package func setFile(_ path: String, of item: Int64) throws {
        try self.connection.execute(
            "UPDATE outbox SET file = ? WHERE id = ?", [.text(path), .integer(item)])
    }

    /// The path of the file that an entry of the outbox sends.
    package func file(of item: Int64) throws -> String? {
        try self.connection.query("SELECT file FROM outbox WHERE id = ?", [.integer(item)]).first?
            .optionalText("file")
    }

    package static func outboxItem(_ row: Row) throws -> OutboxItem {
        let (error, refusedAt) = (try row.optionalText("error"), try row.optionalInteger("refused_at"))
        return OutboxItem(
            id: try row.integer("id"), session: try row.text("session"), turn: try row.optionalText("turn"),
            kind: OutboxItem.Kind(rawValue: try row.text("kind")) ?? .note,
            route: try StoredForm.route(from: try row.text("route")), text: try row.text("text"),
            token: try row.text("token"), reference: try row.optionalText("reference"),
            state: OutboxItem.State(rawValue: try row.text("state")) ?? .unknown,
            buttons: try StoredForm.buttons(from: try row.optionalText("buttons")),
            message: try row.optionalInteger("message"),
            isWithdrawn: try row.optionalInteger("withdrawn") != nil,
            mayStillArrive: error == Self.late, refusedAt: refusedAt, refusal: refusedAt == nil ? nil : error,
            shown: try row.optionalText("shown"))
    }
}
