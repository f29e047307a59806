package import Chat
internal import Database
package import Store

/// A person's message, found by its platform id.
package struct ReceivedMessage: Sendable {
    /// The inbox entry.
    package let number: Int64
    /// The unhandled message; nil once it is handled.
    package let message: InboundMessage?
    /// The operation that answers it.
    package let turn: String?
}

/// Messages by their platform ids.
extension Ledger {
    /// The thread that a posted or received message belongs to.
    package func thread(of message: MessageReference) throws -> ThreadKey? {
        guard !message.id.isEmpty else { return nil }
        if let item = try self.posted(message) { return try self.session(id: item.session)?.key }
        guard let received = try self.received(message) else { return nil }
        if let waiting = received.message { return waiting.thread }
        guard let turn = try received.turn.flatMap({ try self.turn(id: $0) }) else { return nil }
        return try self.session(id: turn.session)?.key
    }

    /// The bot's newest message with this id.
    package func posted(_ message: MessageReference) throws -> OutboxItem? {
        // The last condition repeats that of the partial index, so that SQLite uses it.
        try self.connection.query(
            """
            SELECT * FROM outbox WHERE adapter = ? AND room = ? AND reference = ? AND reference <> ''
            ORDER BY id DESC LIMIT 1
            """,
            [.text(message.room.adapter.rawValue), .text(message.room.name), .text(message.id)]
        ).first.map(Self.outboxItem)
    }

    /// The newest message of a person with this id.
    package func received(_ message: MessageReference) throws -> ReceivedMessage? {
        try self.connection.query(
            """
            SELECT number, state, body, turn FROM inbox WHERE adapter = ? AND room = ? AND message = ?
            ORDER BY number DESC LIMIT 1
            """,
            [.text(message.room.adapter.rawValue), .text(message.room.name), .text(message.id)]
        ).first.map { row in
            ReceivedMessage(
                number: try row.integer("number"),
                message: try row.text("state") == "new" ? StoredForm.message(from: try row.text("body")) : nil,
                turn: try row.optionalText("turn"))
        }
    }
}
