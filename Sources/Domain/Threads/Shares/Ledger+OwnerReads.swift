internal import Chat
internal import Database
internal import Primitives
package import Store

extension Ledger {
    private static let day: Int64 = 86_400_000

    /// Notes that an owner of the host reads another person's conversation. Returns whether it has to be said there: once a
    /// day and reader, unless the conversation is shared with them, or in a room whose people see each other anyway.
    package func noteOwnerRead(
        of session: SessionRecord, by visitor: ThreadVisitor, at now: Int64
    ) throws -> Bool {
        guard visitor.seesEverything, !session.owner.isEmpty, !visitor.began(threadOf: session.owner),
            try self.shares(with: visitor, among: [session.id], at: now).isEmpty, try self.isOfOnePerson(session)
        else { return false }
        return try self.connection.rowsChanged(
            by: """
                INSERT INTO owner_reads (session, reader, read_at) VALUES (?, ?, ?)
                ON CONFLICT (session, reader) DO UPDATE SET read_at = excluded.read_at
                WHERE owner_reads.read_at <= excluded.read_at - ?
                """, .text(session.id), .text(visitor.identity), .integer(now), .integer(Self.day)) > 0
    }

    /// Whether a conversation is of the page, or a person's own with the bot on another network.
    package func isOfOnePerson(_ session: SessionRecord) throws -> Bool {
        if session.key.adapter == Place.webAdapter { return true }
        return try self.connection.first(
            "SELECT 1 AS found FROM people WHERE identity = ? AND direct_thread = ?",
            [.text(session.owner), .text(session.key.value)]) != nil
    }
}

extension ShareDesk {
    /// Markdown, in the conversation that was read.
    package static func wasRead(by name: String) -> String {
        "\(EscapedText.markdown(VisibleText.line(name))), an owner of this host, has read this conversation."
    }
}
