package import Chat
internal import Database
package import Store

/// Turns that answer several messages of one person.
extension Ledger {
    /// Adds a message to a turn. Returns the turn with it, and the message's number; nil if the turn is in none of `states`
    /// any more, or `mayBecome` refuses what it would be.
    package func join(
        _ message: InboundMessage, asked text: String, to id: String, in states: Set<TurnRecord.State>, at now: Int64,
        where mayBecome: (TurnRecord) throws -> Bool
    ) throws -> (turn: TurnRecord, message: Int64)? {
        guard let turn = try self.turn(id: id), states.contains(turn.state), !turn.messages.isEmpty,
            var session = try self.session(id: turn.session, isChanging: true)
        else { return nil }
        // Its number is known only once it is stored.
        guard try mayBecome(turn.joined(by: message, asked: text)) else { return nil }
        let number = try self.insertMessage(
            session: turn.session, turn: id, role: .user, author: message.author, text: message.text,
            at: now)
        let joined = turn.joined(by: message, asked: text, stored: number)
        try self.store(joined)
        if !message.attachments.isEmpty { try self.storeFiles(of: joined) }
        session.activeAt = now
        try self.update(session)
        return (joined, number)
    }

    /// Changes one of a turn's messages: as the person wrote it and as it is asked. Returns the turn with it.
    package func edit(
        _ turn: TurnRecord, message: String, written: String, asked: String
    ) throws -> TurnRecord {
        let turn = try self.withText(turn)
        guard let index = turn.messages.firstIndex(where: { $0.reference == message }) else { return turn }
        var question = DividedQuestion(turn.text, dividedInto: turn.messages)
        question.texts[index] = asked
        var parts = turn.messages
        parts[index].bytes = asked.utf8.count
        let edited = turn.with(text: question.text, parts: turn.parts.isEmpty ? [] : parts)
        try self.store(edited)
        let isLast = index == parts.count - 1
        try self.rewriteMessage(parts[index].message, to: isLast ? written + question.rest : written)
        return edited
    }

    /// Takes one of several messages out of a turn and out of the history. Returns the turn without it.
    package func remove(_ message: String, from turn: TurnRecord) throws -> TurnRecord {
        let turn = try self.withText(turn)
        guard turn.parts.count > 1, let index = turn.parts.firstIndex(where: { $0.reference == message }) else {
            return turn
        }
        var question = DividedQuestion(turn.text, dividedInto: turn.parts)
        question.texts.remove(at: index)
        var (parts, attachments) = (turn.parts, turn.attachments)
        let gone = parts.remove(at: index)
        let before = parts[..<index].reduce(0) { $0 + $1.files }
        attachments.removeSubrange(min(before, attachments.count)..<min(before + gone.files, attachments.count))
        let left = turn.with(
            text: question.text, route: turn.route.answering(parts[0].reference), message: parts[0].message,
            attachments: attachments, parts: parts.count > 1 ? parts : [])
        try self.store(left)
        if gone.files > 0 { try self.storeFiles(of: left) }
        try self.connection.execute(
            "UPDATE turns SET route = ?, message = ? WHERE id = ?",
            [.text(StoredForm.text(of: left.route)), .optional(left.message), .text(left.id)])
        try self.deleteMessages(where: "id = ?", .integer(gone.message))
        return left
    }

    /// Takes what one of several messages said out of a turn, with what the files of all of them say if it came with some.
    func strike(_ message: String, in turn: TurnRecord) throws -> TurnRecord {
        guard let index = turn.parts.firstIndex(where: { $0.reference == message }), let last = turn.parts.last else {
            return turn
        }
        var (question, parts) = (DividedQuestion(turn.text, dividedInto: turn.parts), turn.parts)
        question.texts[index] = TurnTexts.deletedByAuthor
        parts[index].bytes = TurnTexts.deletedByAuthor.utf8.count
        let rest = question.rest
        let hasFiles = parts[index].files > 0
        if hasFiles { question.rest = "" }
        let struck = turn.with(
            text: question.text, attachments: hasFiles ? [] : nil, images: hasFiles ? [] : nil,
            files: hasFiles ? [] : nil, parts: parts)
        try self.store(struck)
        if hasFiles { try self.storeFiles(of: struck) }
        let isLast = index == parts.count - 1
        try self.rewriteMessage(parts[index].message, to: TurnTexts.deletedByAuthor + (isLast ? question.rest : ""))
        if hasFiles, !isLast, let text = try self.message(id: last.message)?.text {
            let own = String(decoding: text.utf8.dropLast(rest.utf8.count), as: UTF8.self)
            try self.rewriteMessage(last.message, to: own)
        }
        return struck
    }

    /// Repeats the messages of a turn for another one that asks the same.
    package func repeatMessages(of turn: TurnRecord, for other: String, at now: Int64) throws -> [TurnPart] {
        try turn.messages.compactMap { part in
            guard let row = try self.message(id: part.message) else { return nil }
            let number = try self.insertMessage(
                session: turn.session, turn: other, role: .user, author: row.author, text: row.text, at: now)
            return TurnPart(message: number, reference: part.reference, bytes: part.bytes, files: part.files)
        }
    }

    /// Leaves the question of a turn, and its answer, to another turn that asks it again: it has its images, and from now on
    /// changes of its messages.
    package func leave(_ question: TurnRecord, to turn: TurnRecord) throws {
        try self.leaveOut(question)
        try self.store(turn)
        try self.keepImages(question.images, question.files, of: turn.id)
        for id in question.messages.compactMap(\.reference) {
            try self.connection.execute(
                "UPDATE inbox SET turn = ? WHERE adapter = ? AND room = ? AND message = ? AND turn = ?",
                [
                    .text(turn.id), .text(question.route.room.adapter.rawValue), .text(question.route.room.name),
                    .text(id), .text(question.id),
                ])
        }
    }

    /// Stores a turn's text and messages.
    func store(_ turn: TurnRecord) throws {
        try self.connection.execute(
            "UPDATE turns SET text = ?, parts = ? WHERE id = ?",
            [.text(turn.text), .optional(StoredForm.text(of: turn.parts)), .text(turn.id)])
    }

    private func storeFiles(of turn: TurnRecord) throws {
        try self.connection.execute(
            "UPDATE turns SET attachments = ? WHERE id = ?",
            [.optional(StoredForm.text(of: turn.attachments)), .text(turn.id)])
    }
}
