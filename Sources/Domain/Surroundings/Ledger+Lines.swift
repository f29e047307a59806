package import Chat
internal import Database
internal import Primitives
package import Store
package import Threads

/// What was said beside questions, as it is stored with their turns.
extension Ledger {
    // MARK: A turn's

    /// Stores what is known of the words beside a new turn's question. What the question replies to is taken from the store
    /// where that has it. Returns what is left to be read.
    ///
    /// - Parameter isNew: It is the session's first turn.
    package func insert(
        _ context: QuestionContext, ofTurn turn: String, session: String, isNew: Bool, role: (Sender) -> Role?
    ) throws -> QuestionContext {
        guard context.state != nil || !context.lines.isEmpty else { return context }
        var context = context
        // In a direct message the history has all that was said before.
        if context.isForFirst, context.state == .due, !isNew || context.parent != nil { context.state = .reply }
        for (index, line) in context.lines.enumerated() {
            guard let reference = line.said.reference else { continue }
            if line.isUnread, let said = try self.said(reference) {
                context.lines[index] = TurnLine(said, role: role)
            }
            guard context.lines[index].said.author?.isSelf == true else { continue }
            let known = try self.known([reference])[reference]
            context.lines[index].hasForeignWords = known?.hasForeignWords(in: session, role: role) ?? true
        }
        if context.state == .reply || context.state == nil, context.unread == nil { context.state = nil }
        if context.state == nil { context.lines.removeAll(where: \.isUnread) }
        try self.insert(context.lines, ofTurn: turn)
        if let state = context.state { try self.set(state, ofTurn: turn) }
        if context.state == .due, !isNew { context.seen = try self.lastSeen(of: session) }
        return context
    }

    /// Stores a turn's lines in the place of those that it had, and that they are read.
    package func keep(_ lines: [TurnLine], _ state: ContextState?, ofTurn turn: String) throws {
        try self.connection.execute("DELETE FROM turn_lines WHERE turn = ?", [.text(turn)])
        try self.insert(lines, ofTurn: turn)
        if let state { try self.set(state, ofTurn: turn) }
    }

    /// Adds what came along with another message of a turn's question, and what that replies to.
    package func add(_ lines: [TurnLine], to turn: TurnRecord, role: (Sender) -> Role?) throws {
        guard !lines.isEmpty else { return }
        let context = try self.questionContext(of: turn)
        var added = lines
        for (index, line) in added.enumerated() where line.isUnread {
            guard let reference = line.said.reference, let said = try self.said(reference) else { continue }
            added[index] = TurnLine(said, role: role)
        }
        // What is still to be read is read when the turn begins.
        let isUnread = added.contains(where: \.isUnread) && !context.isToBeRead
        try self.keep(context.lines + added, isUnread ? .reply : nil, ofTurn: turn.id)
    }

    /// Gives another turn, which asks a question again, what was said beside it. Returns that.
    package func repeatLines(of turn: String, for other: String) throws -> QuestionContext {
        let lines = try self.lines(ofTurn: turn).filter { !$0.isUnread }
        try self.insert(lines, ofTurn: other)
        try self.connection.execute(
            "UPDATE turns SET context = (SELECT context FROM turns WHERE id = ?) WHERE id = ?",
            [.text(turn), .text(other)])
        return QuestionContext(lines: lines)
    }

    private func insert(_ lines: [TurnLine], ofTurn turn: String) throws {
        for (position, line) in lines.enumerated() {
            let said = line.said
            try self.connection.execute(
                """
                INSERT INTO turn_lines (turn, position, relation, adapter, room, message, author, name, role, sent_at,
                text, files, foreign_words) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    .text(turn), .integer(Int64(position)), .text(said.relation.rawValue),
                    .optional(said.reference?.room.adapter.rawValue), .optional(said.reference?.room.name),
                    .optional(said.reference?.id), .optional(said.author.map { StoredForm.text(of: $0) }),
                    .text(said.name), .optional(line.role?.rawValue), .optional(said.sentAt), .text(said.text),
                    .optional(StoredForm.text(of: said.attachments)), .integer(line.hasForeignWords ? 1 : 0),
                ])
        }
    }

    package func set(_ state: ContextState, ofTurn turn: String) throws {
        try self.connection.execute(
            "UPDATE turns SET context = ? WHERE id = ?", [.text(state.rawValue), .text(turn)])
    }

    /// What is stored of the words beside a turn's question.
    package func questionContext(of turn: TurnRecord) throws -> QuestionContext {
        let row = try self.connection.first("SELECT context FROM turns WHERE id = ?", [.text(turn.id)])
        let state = try row?.optionalText("context").flatMap { ContextState(rawValue: $0) }
        var context = QuestionContext(state: state, lines: try self.lines(ofTurn: turn.id))
        if state == .due { context.seen = try self.lastSeen(of: turn.session) }
        context.parent = try self.connection.first("SELECT parent FROM sessions WHERE id = ?", [.text(turn.session)])?
            .optionalText("parent")
        return context
    }

    package func lines(ofTurn turn: String) throws -> [TurnLine] {
        try self.connection.query("SELECT * FROM turn_lines WHERE turn = ? ORDER BY position", [.text(turn)])
            .map(Self.line)
    }

    /// The question up to which a session has read what was said.
    private func lastSeen(of session: String) throws -> MessageReference? {
        let row = try self.connection.first(
            "SELECT route FROM turns WHERE session = ? AND context = 'read' ORDER BY number DESC LIMIT 1",
            [.text(session)])
        guard let route = try row.map({ try StoredForm.route(from: try $0.text("route")) }) else { return nil }
        return route.replyTo.map { MessageReference(room: route.room, id: $0) }
    }

    /// Whether what was said could not be read in time in an earlier turn.
    package func hasLateContext(_ session: String) throws -> Bool {
        try self.connection.first(
            "SELECT 1 FROM turns WHERE session = ? AND context = 'late' LIMIT 1", [.text(session)]) != nil
    }

    // MARK: A session's

    /// The bytes of all lines of a history.
    private static let historyBytes: Int64 = 4 << 20

    /// The lines of a session's turns by their numbers; not of the oldest ones if they are too long together.
    func lines(of session: String, from number: Int64, before end: Int64) throws -> [Int64: [TurnLine]] {
        let rows = """
            FROM turns t JOIN turn_lines l ON l.turn = t.id
            WHERE t.session = $1 AND t.number >= $2 AND t.number < $3 AND t.kind <> 'command'
            """
        let values: [SQLValue] = [.text(session), .integer(number), .integer(end)]
        let bytes = self.connection.dialect.bytes(of: "l.text")
        let sizes = try self.connection.query(
            "SELECT t.number AS number, SUM(\(bytes)) AS bytes \(rows) GROUP BY t.number ORDER BY t.number DESC", values
        )
        var (first, left) = (Int64.max, Self.historyBytes)
        for size in sizes {
            left -= try size.integer("bytes")
            guard left >= 0 else { break }
            first = try size.integer("number")
        }
        guard first < .max else { return [:] }
        var lines: [Int64: [TurnLine]] = [:]
        let read = try self.connection.query(
            "SELECT t.number AS number, l.* \(rows) ORDER BY t.number, l.position",
            [.text(session), .integer(first), .integer(end)])
        for row in read { lines[try row.integer("number"), default: []].append(try Self.line(row)) }
        return lines
    }

    // MARK: Messages

    /// What is stored of some messages: the bot's, and those that people wrote to it.
    package func known(_ references: [MessageReference]) throws -> [MessageReference: KnownMessage] {
        var known: [MessageReference: KnownMessage] = [:]
        for (room, messages) in Dictionary(grouping: references, by: \.room) {
            for start in stride(from: 0, to: messages.count, by: Self.knownAtOnce) {
                let ids = messages[start...].prefix(Self.knownAtOnce).map(\.id)
                try self.addKnown(ids, in: room, to: &known)
            }
        }
        return known
    }

    /// One statement serves all counts.
    private static let knownAtOnce = 50
    private static let marks = (3..<3 + Ledger.knownAtOnce).map { "$\($0)" }.joined(separator: ", ")

    private func addKnown(
        _ ids: [String], in room: RoomID, to known: inout [MessageReference: KnownMessage]
    ) throws {
        let places = ids + Array(repeating: "", count: Self.knownAtOnce - ids.count)
        let values: [SQLValue] = [.text(room.adapter.rawValue), .text(room.name)] + places.map { .text($0) }
        let received = try self.connection.later(
            """
            SELECT i.message AS message, t.session AS session FROM inbox i LEFT JOIN turns t ON t.id = i.turn
            WHERE i.adapter = $1 AND i.room = $2 AND i.message IN (\(Self.marks)) AND i.message IS NOT NULL
            ORDER BY i.number
            """, values)
        let posted = try self.connection.query(
            """
            SELECT o.reference AS message, o.session AS session, o.kind AS kind, t.sender AS sender,
            t.foreign_text AS foreign_text FROM outbox o LEFT JOIN turns t ON t.id = o.turn
            WHERE o.adapter = $1 AND o.room = $2 AND o.reference IN (\(Self.marks)) AND o.reference <> ''
            ORDER BY o.id
            """, values)
        for row in try received.get() {
            known[MessageReference(room: room, id: try row.text("message"))] = KnownMessage(
                session: try row.optionalText("session") ?? "", isAnswer: false, asker: nil, hadForeignText: false)
        }
        let answers: Set<OutboxItem.Kind> = [.part, .final, .preview, .file]
        for row in posted {
            known[MessageReference(room: room, id: try row.text("message"))] = KnownMessage(
                session: try row.text("session"),
                isAnswer: OutboxItem.Kind(rawValue: try row.text("kind")).map(answers.contains) ?? false,
                asker: try row.optionalText("sender").map { try StoredForm.sender(from: $0) },
                hadForeignText: try row.optionalInteger("foreign_text") != 0)
        }
    }

    /// A stored message to which a question replies, its text as it was sent; nil if it is not stored.
    private func said(_ reference: MessageReference) throws -> SaidMessage? {
        if let item = try self.posted(reference) {
            let bot = Sender(id: "", identities: [], displayName: Self.botName, isBot: true, isSelf: true)
            return SaidMessage(
                .repliedTo, reference: reference, author: bot, name: Self.botName,
                text: item.text.beginning(bytes: Self.replyBytes))
        }
        guard let turn = try self.received(reference)?.turn.flatMap({ try self.turn(id: $0) }) else { return nil }
        return SaidMessage(
            .repliedTo, reference: reference, author: turn.sender, name: turn.sender.displayName, sentAt: turn.queuedAt,
            text: turn.text.beginning(bytes: Self.replyBytes))
    }

    private static let botName = "Jetbridge"
    /// The history has the whole.
    private static let replyBytes = 2_048

    private static func line(_ row: Row) throws -> TurnLine {
        var reference: MessageReference?
        if let adapter = try row.optionalText("adapter"), let room = try row.optionalText("room"),
            let id = try row.optionalText("message")
        {
            reference = MessageReference(room: RoomID(adapter: AdapterID(adapter), name: room), id: id)
        }
        let said = SaidMessage(
            SaidMessage.Relation(rawValue: try row.text("relation")) ?? .said, reference: reference,
            author: try row.optionalText("author").map { try StoredForm.sender(from: $0) }, name: try row.text("name"),
            sentAt: try row.optionalInteger("sent_at"), text: try row.text("text"),
            attachments: try StoredForm.attachments(from: try row.optionalText("files")))
        return TurnLine(
            said, role: try row.optionalText("role").flatMap { Role(rawValue: $0) },
            hasForeignWords: try row.integer("foreign_words") != 0)
    }
}
