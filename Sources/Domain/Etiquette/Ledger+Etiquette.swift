package import Chat
internal import Database
package import Store
internal import Threads

extension Ledger {
    package func mutedThreads(in places: Places) throws -> [ThreadKey] {
        let condition = places.condition(adapter: "adapter", thread: "thread", from: 1)
        return try self.connection.query(
            "SELECT adapter, thread FROM sessions WHERE muted = 1 AND state <> 'deleted' AND \(condition.sql)",
            condition.values
        ).map { ThreadKey(adapter: AdapterID(try $0.text("adapter")), value: try $0.text("thread")) }
    }

    package func isMuted(_ thread: ThreadKey) throws -> Bool { try self.session(for: thread)?.isMuted ?? false }

    package func unmute(_ thread: ThreadKey) throws {
        guard var session = try self.session(for: thread, isChanging: true), session.isMuted else { return }
        session.isMuted = false
        try self.update(session)
    }

    /// How many of a session's last messages say who talks there: one of somebody who left long ago does not.
    private static let recentMessages: Int64 = 200

    /// Whether somebody other than `sender` has written in a thread.
    package func hasOthers(than sender: Sender, in thread: ThreadKey) throws -> Bool {
        guard let session = try self.session(for: thread) else { return false }
        return try self.connection.query(
            """
            SELECT DISTINCT sender FROM (SELECT sender FROM turns WHERE session = ? ORDER BY number DESC LIMIT ?) AS recent
            """, [.text(session.id), .integer(Self.recentMessages)]
        ).contains { try StoredForm.sender(from: try $0.text("sender")).id != sender.id }
    }

    /// Whether `text` is an option of a question that is open in a thread.
    package func offers(_ text: String, in thread: ThreadKey) throws -> Bool {
        guard let session = try self.session(for: thread) else { return false }
        return try self.openAsks(of: session.id).contains { AskReply(text, to: $0)?.form == .option }
    }

    /// Whether `text` may answer a question that is open in a thread.
    package func isAsked(_ text: String, in thread: ThreadKey) throws -> Bool {
        guard let session = try self.session(for: thread) else { return false }
        return try self.openAsks(of: session.id).contains { AskReply(text, to: $0, takesWords: true) != nil }
    }
}
