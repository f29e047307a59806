package import Chat
internal import Database

/// Changes of messages that wait.
extension Ledger {
    /// The thread in which the message waits that `change` is about: not handled yet, or a turn in the queue.
    package func threadWaiting(for change: MessageChange) throws -> ThreadKey? {
        guard let received = try self.received(change.reference) else { return nil }
        if let message = received.message { return change.counts(for: message.sender) ? message.thread : nil }
        guard let turn = try received.turn.flatMap({ try self.turn(id: $0) }), turn.state == .queued,
            change.counts(for: turn.sender)
        else { return nil }
        return try self.session(id: turn.session)?.key
    }

    /// Stores a change unless its key is there already. Returns its number, or nil for a repeat.
    package func insertChange(
        _ change: MessageChange, event: String, adapter: AdapterID, role: Role?, at now: Int64
    ) throws -> Int64? {
        try self.connection.execute(
            """
            INSERT INTO inbox (adapter, event, body, role, state, received_at) VALUES (?, ?, ?, ?, 'change', ?)
            ON CONFLICT DO NOTHING
            """,
            [
                .text(adapter.rawValue), .text(event), .text(StoredForm.text(of: change)), .optional(role?.rawValue),
                .integer(now),
            ])
        return self.connection.changes == 0 ? nil : self.connection.lastInsertID
    }

    /// Changes that were stored and not handled, in the order of their arrival.
    package func newChanges() throws -> [StoredChange] {
        try self.connection.query(
            "SELECT number, event, body, role FROM inbox WHERE state = 'change' ORDER BY number", []
        ).map { row in
            StoredChange(
                number: try row.integer("number"), event: try row.text("event"),
                change: try StoredForm.change(from: try row.text("body")),
                role: try row.optionalText("role").flatMap { Role(rawValue: $0) })
        }
    }

    /// Makes the question of a turn that waits read `text`, as the person wrote it and as it is asked.
    package func edit(_ turn: TurnRecord, written: String, asked: String) throws {
        try self.connection.execute("UPDATE turns SET text = ? WHERE id = ?", [.text(asked), .text(turn.id)])
        guard let message = turn.message else { return }
        try self.connection.execute("UPDATE messages SET text = ? WHERE id = ?", [.text(written), .integer(message)])
    }

    /// Ends a turn that waits because its message is gone: nobody shall find that in the history.
    package func drop(_ turn: TurnRecord, because reason: String, at now: Int64) throws {
        try self.end(turn.id, .stopped, error: reason, at: now)
        guard let message = turn.message else { return }
        try self.connection.execute("DELETE FROM messages WHERE id = ?", [.integer(message)])
    }

    /// Makes an edit a message of its own, to be handled as one that has just come.
    package func renew(_ change: StoredChange, as message: InboundMessage) throws -> StoredMessage {
        try self.connection.execute(
            "UPDATE inbox SET state = 'new', body = ?, room = ?, message = ? WHERE number = ?",
            [
                .text(StoredForm.text(of: message)), .text(message.route.room.name),
                .optional(message.route.replyTo), .integer(change.number),
            ])
        return StoredMessage(number: change.number, event: change.event, message: message, role: change.role)
    }

    /// Makes a message that is not handled yet read otherwise.
    package func edit(_ received: ReceivedMessage, to text: String) throws {
        guard let message = received.message?.reading(text) else { return }
        try self.connection.execute(
            "UPDATE inbox SET body = ? WHERE number = ?",
            [.text(StoredForm.text(of: message)), .integer(received.number)])
    }
}
