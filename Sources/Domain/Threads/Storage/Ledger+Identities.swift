package import Chat
internal import Database
package import Store

/// Sessions of identities that end with a connection: those of a bare nick, `irc:ID/nick:NAME`.
extension Ledger {
    /// The sessions that `identity` began.
    package func sessions(of identity: String) throws -> [SessionRecord] {
        guard let slash = identity.firstIndex(of: "/") else { return [] }
        return try self.connection.query(
            "SELECT * FROM sessions WHERE adapter = ? AND owner = ? AND state <> 'deleted'",
            [.text(String(identity[..<slash])), .text(identity)]
        ).map(Self.session)
    }

    /// The sessions of nicks. A restart ends every connection, and these identities with it; so does a network's move to
    /// another host.
    package func sessionsOfNicks(in places: Places = .all) throws -> [SessionRecord] {
        let condition = places.condition(adapter: "adapter", thread: "thread", from: 1)
        return try self.connection.query(
            """
            SELECT * FROM sessions WHERE owner LIKE '%/nick:%' AND state <> 'deleted' AND \(condition.sql) ORDER BY id
            """, condition.values
        ).map(Self.session)
    }

    /// Keeps a session for the owners' records, under a key that no message has and an owner that nobody is. Nothing of
    /// it is posted any more. Returns the key.
    package func retire(_ session: SessionRecord) throws -> ThreadKey {
        let past = ThreadKey(adapter: session.key.adapter, value: "past:\(session.id):\(session.key.value)")
        let owner = session.owner.replacing("/nick:", with: "/past-nick:", maxReplacements: 1)
        try self.move(session, to: past, owner: owner)
        try self.connection.execute(
            "UPDATE outbox SET state = 'dropped' WHERE session = ? AND state IN ('pending', 'unknown')",
            [.text(session.id)])
        try self.deleteGitHubRows(of: session.id)
        try self.connection.execute("DELETE FROM shares WHERE session = ?", [.text(session.id)])
        let place = Places.some([Place(of: session.key)])
        for stored in try self.newEvents(of: place, after: 0, limit: .max)
        where stored.message.sender.id == session.owner {
            try self.finishEvent(stored.number, turn: nil)
        }
        return past
    }

    package func move(_ session: SessionRecord, to key: ThreadKey, owner: String) throws {
        try self.connection.execute(
            "UPDATE sessions SET thread = ?, owner = ? WHERE id = ?",
            [.text(key.value), .text(owner), .text(session.id)])
    }

    /// Who wrote in a session.
    package func senders(in session: String) throws -> [Sender] {
        try self.connection.query("SELECT DISTINCT sender FROM turns WHERE session = ?", [.text(session)]).map {
            try StoredForm.sender(from: try $0.text("sender"))
        }
    }
}
