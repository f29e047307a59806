package import Chat
internal import Database
package import Store
package import Threads

/// The past of a prompt, as it is stored.
extension Ledger {
    /// The history for a model: questions and answers after the position `through`, of turns before `turn`, at most the
    /// newest `limit` entries, oldest first. Fewer where their texts would exceed `bytes`, but at least one: what is older
    /// is left out, as beyond `limit`.
    ///
    /// Ordered by turns, not by messages: a waiting question is stored before the answer that it waits for.
    package func history(
        of session: String, after through: Int64, before turn: String, limit: Int, bytes: Int = 8 << 20
    ) throws -> [HistoryEntry] {
        let end = try self.connection.first("SELECT number FROM turns WHERE id = ?", [.text(turn)])?.integer("number")
        return try self.history(of: session, after: through, end: end ?? 0, limit: limit, bytes: bytes)
    }

    /// ``history(of:after:before:limit:bytes:)`` since `new` or the last summary; of a thread that began below an answer of
    /// another one, with what was said there.
    package func history(of session: SessionRecord, before turn: String, limit: Int) throws -> [HistoryEntry] {
        let own = try self.history(of: session.id, after: session.historyStart, before: turn, limit: limit)
        var (entries, current, start) = (own, session, session.historyStart)
        for parent in try self.parents(of: session) {
            guard let branch = current.branch, entries.count < limit else { break }
            start = max(start, parent.start)
            entries =
                try self.history(
                    of: branch.session, after: start, end: branch.turn + 1, limit: limit - entries.count) + entries
            current = parent.record
        }
        return entries
    }

    /// A session on whose history another one goes on, and the position after which that counts.
    struct Parent {
        let record: SessionRecord
        let start: Int64
        /// The number of the last turn that counts.
        let last: Int64
    }

    /// The nearest first.
    func parents(of session: SessionRecord) throws -> [Parent] {
        var (parents, current, epoch): ([Parent], SessionRecord, Int64) = ([], session, session.epoch)
        while let branch = current.branch, branch.turn * 2 > epoch, parents.count < Self.mostParents,
            let record = try self.session(id: branch.session)
        {
            // A later `new` there changes nothing here.
            epoch = max(epoch, record.epoch <= branch.turn * 2 ? record.epoch : 0)
            parents.append(Parent(record: record, start: epoch, last: branch.turn))
            current = record
        }
        return parents
    }

    private static let mostParents = 8

    private func history(
        of session: String, after through: Int64, end: Int64, limit: Int, bytes: Int = 8 << 20
    ) throws -> [HistoryEntry] {
        let dialect = self.connection.dialect
        let text = Self.historyText(dialect)
        let entries = """
            FROM turns t JOIN messages m ON m.turn = t.id
            WHERE t.session = $1 AND t.number >= $2 AND t.number < $3
            AND t.kind <> 'command' AND t.left_out IS NULL AND t.aside IS NULL AND m.role IN ('user', 'assistant')
            ORDER BY t.number DESC, m.id DESC LIMIT $4
            """
        let values: [SQLValue] = [.text(session), .integer(through / 2), .integer(end)]
        let sizes = try self.connection.query(
            "SELECT \(dialect.bytes(of: text)) AS bytes \(entries)", values + [.integer(Int64(limit))])
        var (count, left) = (0, Int64(bytes))
        for size in sizes {
            left -= try size.integer("bytes")
            guard count == 0 || left >= 0 else { break }
            count += 1
        }
        guard count > 0 else { return [] }
        let rows = try self.connection.query(
            """
            SELECT t.number AS number, t.kind AS kind, m.role AS role, m.author AS author, \(text) AS text,
            CASE WHEN m.id = t.message THEN t.attachments END AS attachments \(entries)
            """, values + [.integer(Int64(count))])
        let lines = try self.lines(of: session, from: through / 2, before: end)
        let found = try rows.reversed().map { row in
            let isUser = try row.text("role") == "user"
            let text = try row.text("text")
            let isOutput = try TurnKind.stored(in: row).isWork && !isUser
            let number = try row.integer("number")
            return HistoryEntry(
                id: number * 2 + (isUser ? 0 : 1), role: isUser ? .user : .assistant,
                author: try row.optionalText("author"), text: isOutput ? HistoryOutput.shortened(text) : text,
                images: isUser ? try StoredForm.images(from: try row.optionalText("attachments")) : [],
                surroundings: isUser ? lines[number].map(LineFrame.text) ?? "" : "")
        }
        return Self.joined(found.filter { $0.id > through })
    }

    /// The messages that a turn answers together are one entry.
    private static func joined(_ entries: [HistoryEntry]) -> [HistoryEntry] {
        entries.reduce(into: []) { joined, entry in
            guard let last = joined.last, last.id == entry.id, entry.role == .user else { return joined.append(entry) }
            let text = [last.text, entry.text].filter { !$0.isEmpty }.joined(separator: "\n\n")
            joined[joined.endIndex - 1] = last.with(text: text, images: last.images + entry.images)
        }
    }

    /// The text of an entry. Of a long output, the ends from which ``HistoryOutput`` takes what it keeps.
    private static func historyText(_ dialect: SQLDialect) -> String {
        let kinds = TurnKind.allCases.filter(\.isWork).map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let limit = HistoryOutput.limit
        return """
            CASE WHEN t.kind IN (\(kinds)) AND m.role = 'assistant' AND LENGTH(m.text) > \(2 * limit)
            THEN SUBSTR(m.text, 1, \(limit)) || \(dialect.end(of: "m.text", limit)) ELSE m.text END
            """
    }

    /// Whose words a prompt of `turn` may contain besides its own text and lines, also in what a summary covers: of everybody
    /// since `new`, of whoever asked what it continues, and of what was said beside those questions.
    package func authors(of session: SessionRecord, before turn: TurnRecord) throws -> Authors {
        let end =
            try self.connection.first(
                "SELECT number FROM turns WHERE id = ?", [.text(turn.id)])?.integer("number") ?? 0
        var authors = try self.authors(of: session.id, after: session.epoch, end: end, work: turn.work)
        for parent in try self.parents(of: session) {
            authors.add(
                try self.authors(of: parent.record.id, after: parent.start, end: parent.last + 1, work: turn.work))
        }
        return authors
    }

    private func authors(of session: String, after position: Int64, end: Int64, work: String) throws -> Authors {
        let values: [SQLValue] = [.text(session), .integer(position / 2), .text(work), .integer(end)]
        let people = try self.connection.query(
            """
            SELECT DISTINCT sender FROM turns
            WHERE session = $1 AND (number > $2 OR work = $3) AND number < $4 AND kind <> 'command'
            """, values
        ).map { try StoredForm.sender(from: try $0.text("sender")) }
        var authors = Authors(Set(people))
        let lines = try self.connection.query(
            """
            SELECT DISTINCT l.author AS author, l.foreign_words AS foreign_words
            FROM turns t JOIN turn_lines l ON l.turn = t.id
            WHERE t.session = $1 AND (t.number > $2 OR t.work = $3) AND t.number < $4 AND t.kind <> 'command'
            """, values)
        for line in lines {
            if try line.integer("foreign_words") != 0 { authors.haveForeignWords = true }
            guard let author = try line.optionalText("author").map({ try StoredForm.sender(from: $0) }) else {
                continue
            }
            if !author.isSelf { authors.people.insert(author) }
        }
        return authors
    }

    // MARK: Branches

    /// The place in another session's history at which a message goes on: it begins a thread below an answer or a question
    /// there, or replies to one. Nil if its sender may not read that.
    package func branch(of message: InboundMessage, besides session: String) throws -> SessionBranch? {
        let route = message.route
        let anchor = PastReading.isInThread(route) ? route.anchor : nil
        for id in [anchor, message.repliesTo].compactMap(\.self) {
            let reference = MessageReference(room: route.room, id: id)
            guard let turn = try self.posted(reference)?.turn ?? self.received(reference)?.turn,
                let row = try self.connection.first(
                    "SELECT session, number FROM turns WHERE id = ? AND kind <> 'command'", [.text(turn)]),
                let parent = try self.session(id: try row.text("session")), parent.id != session,
                parent.route.room == route.room || parent.owner == message.sender.id
            else { continue }
            return SessionBranch(session: parent.id, turn: try row.integer("number"))
        }
        return nil
    }

    package func set(_ branch: SessionBranch, of session: String) throws {
        try self.connection.execute(
            "UPDATE sessions SET parent = ?, parent_turn = ? WHERE id = ?",
            [.text(branch.session), .integer(branch.turn), .text(session)])
    }
}
