package import Chat
internal import Database
internal import People
package import Store

/// An unhandled message in the inbox.
package struct StoredMessage: Sendable {
    package let number: Int64
    package let event: String
    package var message: InboundMessage
    /// The sender's role when the message arrived: it applies also after a restart that ended a pairing.
    package var role: Role?

    package init(number: Int64, event: String, message: InboundMessage, role: Role? = nil) {
        self.number = number
        self.event = event
        self.message = message
        self.role = role
    }
}

/// For whom a message counts that waits in the inbox: for the person who began its thread, else for its sender.
package struct InboxCharge: Sendable {
    package let thread: ThreadKey
    /// The sender's id.
    package let sender: String
    /// Of the text.
    package let bytes: Int

    package init(_ message: InboundMessage) {
        self.thread = message.thread
        self.sender = message.sender.id
        self.bytes = message.text.utf8.count
    }
}

extension Ledger {
    /// Stores an event unless its key exists. Returns its number, or nil for a repeat.
    ///
    /// - Parameters:
    ///   - message: its platform id, where it has one.
    ///   - room: where it came from.
    ///   - charge: What it counts while it waits.
    package func insertEvent(
        _ id: String, adapter: AdapterID, body: String, role: Role?, of message: MessageReference? = nil,
        in room: RoomID? = nil, charge: InboxCharge? = nil, at now: Int64
    ) throws -> Int64? {
        try self.connection.first(
            """
            INSERT INTO inbox (adapter, event, body, role, state, received_at, room, message, bytes, payer, opens)
            VALUES ($1, $2, $3, $4, 'new', $5, $6, $7, $8,
            COALESCE((SELECT owner FROM sessions WHERE adapter = $1 AND thread = $9), $10),
            CASE WHEN EXISTS (SELECT 1 FROM sessions WHERE adapter = $1 AND thread = $9) THEN NULL ELSE $11 END)
            ON CONFLICT DO NOTHING RETURNING number
            """,
            [
                .text(adapter.rawValue), .text(id), .text(body), .optional(role?.rawValue), .integer(now),
                .optional(room?.name ?? message?.room.name), .optional(message?.id),
                .optional(charge.map { Int64(Self.charge(for: $0.bytes)) }), .optional(charge?.thread.value),
                .optional(charge?.sender), .optional(charge.map { "\($0.thread)" }),
            ])?[0].int64
    }

    /// Stores an event with the turn that answers it. False for a repeat.
    package func insertEvent(
        _ id: String, adapter: AdapterID, role: Role?, turn: String, of message: MessageReference? = nil, at now: Int64
    ) throws -> Bool {
        let changed = try self.connection.rowsChanged(
            by: """
                INSERT INTO inbox (adapter, event, body, role, state, turn, received_at, room, message)
                VALUES (?, ?, '', ?, 'done', ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
            [
                .text(adapter.rawValue), .text(id), .optional(role?.rawValue), .text(turn), .integer(now),
                .optional(message?.room.name), .optional(message?.id),
            ])
        return changed > 0
    }

    /// Marks an event as handled, in the transaction that handles it. The body is no longer needed; the key stays.
    package func finishEvent(_ number: Int64, turn: String?) throws {
        try self.connection.execute(
            "UPDATE inbox SET state = 'done', body = '', turn = ? WHERE number = ?",
            [.optional(turn), .integer(number)])
    }

    /// The turn that answers an event.
    package func turn(ofEvent id: String, adapter: AdapterID) throws -> TurnRecord? {
        let row = try self.connection.query(
            "SELECT turn FROM inbox WHERE adapter = ? AND event = ?", [.text(adapter.rawValue), .text(id)]
        ).first
        return try row?.optionalText("turn").flatMap { try self.turn(id: $0) }
    }

    /// Events that were stored but not handled, in the order of their arrival.
    package func newEvents(of places: Places = .all, after number: Int64, limit: Int) throws -> [StoredMessage] {
        let condition = places.condition(adapter: "adapter", thread: "room", from: 3)
        return try self.connection.query(
            """
            SELECT number, event, body, role FROM inbox WHERE state = 'new' AND number > $1 AND \(condition.sql)
            ORDER BY number LIMIT $2
            """, [.integer(number), .integer(Int64(limit))] + condition.values
        ).map { row in
            StoredMessage(
                number: try row.integer("number"), event: try row.text("event"),
                message: try StoredForm.message(from: try row.text("body")),
                role: try row.optionalText("role").flatMap { Role(rawValue: $0) })
        }
    }
}
