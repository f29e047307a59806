package import Chat
internal import Database
internal import People
package import Store

/// Edits of waiting messages, and deletions.
extension Ledger {
    /// The thread to which `change` matters: its message waits there, unhandled or as a queued turn, or it has begun a turn of
    /// whose question it is part.
    package func thread(changedBy change: MessageChange) throws -> ThreadKey? {
        guard let received = try self.received(change.reference) else { return nil }
        if let message = received.message { return change.counts(for: message.sender) ? message.thread : nil }
        guard let turn = try received.turn.flatMap({ try self.turn(id: $0) }),
            turn.state == .queued
                || (change.isDeletion || turn.kind == .chat) && turn.text != TurnTexts.deletedByAuthor,
            change.counts(for: turn.sender)
        else { return nil }
        return try self.session(id: turn.session)?.key
    }

    /// Stores a change unless its key exists. Returns its number, or nil for a repeat.
    package func insertChange(
        _ change: MessageChange, event: String, adapter: AdapterID, role: Role?, at now: Int64
    ) throws -> Int64? {
        try self.connection.first(
            """
            INSERT INTO inbox (adapter, event, body, role, state, received_at) VALUES (?, ?, ?, ?, 'change', ?)
            ON CONFLICT DO NOTHING RETURNING number
            """,
            [
                .text(adapter.rawValue), .text(event), .text(StoredForm.text(of: change)), .optional(role?.rawValue),
                .integer(now),
            ])?[0].int64
    }

    /// Changes that were stored but not handled, in the order of their arrival.
    package func newChanges(of places: Places = .all) throws -> [StoredChange] {
        let condition = places.condition(adapter: "adapter", thread: "room", from: 1)
        return try self.connection.query(
            "SELECT number, event, body, role FROM inbox WHERE state = 'change' AND \(condition.sql) ORDER BY number",
            condition.values
        ).map { row in
            StoredChange(
                number: try row.integer("number"), event: try row.text("event"),
                change: try StoredForm.change(from: try row.text("body")),
                role: try row.optionalText("role").flatMap { Role(rawValue: $0) })
        }
    }

    /// Changes the question of a waiting turn: as the person wrote it and as it is asked.
    package func edit(_ turn: TurnRecord, written: String?, asked: String) throws {
        try self.connection.execute(
            "UPDATE turns SET text = ?, parts = NULL WHERE id = ?", [.text(asked), .text(turn.id)])
        guard let message = turn.message, let written else { return }
        try self.rewriteMessage(message, to: written)
    }

    /// Adds to the end of a turn's question what came with it, such as its files: as it is asked, and as the transcript shows it.
    package func extend(_ turn: TurnRecord, written: String?, asked: String) throws {
        guard let last = turn.messages.last, asked.utf8.count > turn.text.utf8.count,
            asked.utf8.starts(with: turn.text.utf8)
        else { return try self.edit(turn, written: written, asked: asked) }
        // An edit of one of its messages leaves this alone.
        try self.store(turn.with(text: asked, parts: turn.messages))
        guard written != nil, let text = try self.message(id: last.message)?.text else { return }
        let added = asked.utf8.dropFirst(turn.text.utf8.count)
        try self.rewriteMessage(last.message, to: text + String(decoding: added, as: UTF8.self))
    }

    /// Ends a waiting turn whose message is gone, and removes the message from the history.
    package func drop(_ turn: TurnRecord, because reason: String, at now: Int64) throws {
        try self.end(turn.id, .stopped, error: reason, at: now)
        try self.strikeText(of: turn)
        guard let message = turn.message else { return }
        try self.deleteMessages(where: "id = ?", .integer(message))
    }

    /// Takes what a deleted message said out of the transcript and of all later prompts; a summary that covers it goes, and is
    /// made again when it is needed. Returns the turn that the message began.
    package func strike(_ message: MessageReference) throws -> TurnRecord? {
        guard var turn = try self.received(message)?.turn.flatMap({ try self.turn(id: $0) }) else { return nil }
        if turn.parts.count > 1 {
            turn = try self.strike(message.id, in: turn)
        } else {
            try self.strikeText(of: turn)
            if let message = turn.message { try self.rewriteMessage(message, to: TurnTexts.deletedByAuthor) }
        }
        try self.discardSummary(covering: turn)
        return turn
    }

    /// A summary that covers a turn goes, and is made again when it is needed.
    package func discardSummary(covering turn: TurnRecord) throws {
        let number = try self.connection.query("SELECT number FROM turns WHERE id = ?", [.text(turn.id)]).first
        if var session = try self.session(id: turn.session, isChanging: true), let summary = session.summary,
            let number, try number.integer("number") * 2 <= summary.through
        {
            session.summary = nil
            try self.update(session)
        }
    }

    private func strikeText(of turn: TurnRecord) throws {
        try self.connection.execute(
            "UPDATE turns SET text = ?, attachments = NULL WHERE id = ?",
            [.text(TurnTexts.deletedByAuthor), .text(turn.id)])
    }

    /// Turns an edit into a new message, to be handled like one that has just arrived.
    package func renew(_ change: StoredChange, as message: InboundMessage) throws -> StoredMessage {
        try self.connection.execute(
            "UPDATE inbox SET state = 'new', body = ?, room = ?, message = ? WHERE number = ?",
            [
                .text(StoredForm.text(of: message)), .text(message.route.room.name),
                .optional(message.route.replyTo), .integer(change.number),
            ])
        return StoredMessage(number: change.number, event: change.event, message: message, role: change.role)
    }

    /// Applies a change to a message that waits unhandled. False if it does not.
    package func apply(_ change: MessageChange, to received: ReceivedMessage?) throws -> Bool {
        guard let received, let message = received.message, change.counts(for: message.sender) else { return false }
        switch change {
        case .edit(let edit): try self.edit(received, to: edit.text)
        case .deletion: try self.finishEvent(received.number, turn: nil)
        }
        return true
    }

    /// Changes the text of an unhandled message.
    package func edit(_ received: ReceivedMessage, to text: String) throws {
        guard let message = received.message?.reading(text) else { return }
        try self.connection.execute(
            "UPDATE inbox SET body = $1, bytes = bytes * 0 + $2 WHERE number = $3",
            [
                .text(StoredForm.text(of: message)), .integer(Int64(Self.charge(for: text.utf8.count))),
                .integer(received.number),
            ])
    }
}
