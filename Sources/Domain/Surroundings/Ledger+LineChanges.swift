package import Chat
internal import Database
internal import Primitives
package import Store
package import Threads

/// What people change in messages that were said beside questions.
extension Ledger {
    /// A thread one of whose prompts has a message.
    package struct LineThread: Sendable, Hashable {
        package let session: String
        package let key: ThreadKey
    }

    package func threads(withLine message: MessageReference) throws -> [LineThread] {
        try self.connection.query(
            """
            SELECT DISTINCT s.id AS id, s.adapter AS adapter, s.thread AS thread
            FROM turn_lines l JOIN turns t ON t.id = l.turn JOIN sessions s ON s.id = t.session
            WHERE l.adapter = ? AND l.room = ? AND l.message = ? AND s.state <> 'deleted'
            """, Self.values(of: message)
        ).map { row in
            LineThread(
                session: try row.text("id"),
                key: ThreadKey(adapter: AdapterID(try row.text("adapter")), value: try row.text("thread")))
        }
    }

    /// Changes a message in all prompts that have it. Its author's edit replaces its text; of a deleted one nothing is left,
    /// not even in a summary, which is made again when it is needed. Returns the threads.
    package func changeLines(by change: MessageChange) throws -> [LineThread] {
        let threads = try self.threads(withLine: change.reference)
        guard !threads.isEmpty else { return [] }
        switch change {
        case .deletion(let message): try self.strikeLines(message)
        case .edit(let edit): try self.editLines(edit)
        }
        return threads
    }

    private func strikeLines(_ message: MessageReference) throws {
        let withFiles = try self.connection.query(
            """
            SELECT DISTINCT t.id AS id, t.attachments AS attachments FROM turn_lines l JOIN turns t ON t.id = l.turn
            WHERE l.adapter = ? AND l.room = ? AND l.message = ? AND l.files IS NOT NULL
            """, Self.values(of: message))
        for row in withFiles {
            // Which of several lines an image came with is not stored.
            let images = try StoredForm.images(from: try row.optionalText("attachments"))
            guard images.contains(where: LineImages.isOfLine) else { continue }
            try self.keepImages(images.filter { !LineImages.isOfLine($0) }, of: try row.text("id"))
        }
        try self.connection.execute(
            """
            UPDATE sessions SET summary = NULL, summary_through = NULL WHERE id IN
            (SELECT t.session FROM turn_lines l JOIN turns t ON t.id = l.turn JOIN sessions s ON s.id = t.session
            WHERE l.adapter = ? AND l.room = ? AND l.message = ? AND t.number * 2 <= s.summary_through)
            """, Self.values(of: message))
        try self.connection.execute(
            "UPDATE turn_lines SET text = ?, files = NULL WHERE adapter = ? AND room = ? AND message = ?",
            [.text(TurnTexts.deletedByAuthor)] + Self.values(of: message))
    }

    private func editLines(_ edit: MessageEdit) throws {
        let rows = try self.connection.query(
            """
            SELECT turn, position, author FROM turn_lines
            WHERE adapter = ? AND room = ? AND message = ? AND author IS NOT NULL AND relation <> ?
            """, Self.values(of: edit.reference) + [.text(SaidMessage.Relation.quoted.rawValue)])
        let text = LineCut.shortened(edit.text, to: LineCut.textLimit)
        for row in rows where try StoredForm.sender(from: row.text("author")).id == edit.sender.id {
            try self.connection.execute(
                "UPDATE turn_lines SET text = ? WHERE turn = ? AND position = ?",
                [.text(text), .text(try row.text("turn")), .integer(try row.integer("position"))])
        }
    }

    private static func values(of message: MessageReference) -> [SQLValue] {
        [.text(message.room.adapter.rawValue), .text(message.room.name), .text(message.id)]
    }
}
