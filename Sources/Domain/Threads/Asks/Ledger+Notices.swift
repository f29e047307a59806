package import Chat
internal import Database
internal import Store

/// Direct messages that notify owners of asks. `item` is the outbox entry; `told_at` is NULL until it is stored.
extension Ledger {
    package func insertNotice(of ask: String, for person: String) throws {
        try self.connection.execute(
            "INSERT INTO owner_notices (ask, person) VALUES (?, ?) ON CONFLICT DO NOTHING", [.text(ask), .text(person)])
    }

    package func setNotice(of ask: String, for person: String, item: Int64?, at now: Int64) throws {
        try self.connection.execute(
            "UPDATE owner_notices SET item = ?, told_at = ? WHERE ask = ? AND person = ?",
            [.optional(item), .integer(now), .text(ask), .text(person)])
    }

    /// Who has not been told of everything.
    package func peopleToNotify() throws -> [String] {
        try self.connection.query(
            "SELECT DISTINCT person FROM owner_notices WHERE told_at IS NULL ORDER BY person", []
        ).map { try $0.text("person") }
    }

    package func asksToNotify(_ person: String) throws -> [AskRecord] {
        try self.connection.query(
            """
            SELECT asks.* FROM asks JOIN owner_notices ON owner_notices.ask = asks.id
            WHERE person = ? AND told_at IS NULL ORDER BY number
            """, [.text(person)]
        ).map(Self.ask)
    }

    /// When a person was last told. A time in the future is of a wrong clock, and does not count.
    package func lastNotice(for person: String, at now: Int64) throws -> Int64? {
        try self.connection.query(
            "SELECT MAX(told_at) AS at FROM owner_notices WHERE person = ? AND told_at <= ?",
            [.text(person), .integer(now)]
        ).first?.optionalInteger("at")
    }

    /// The messages that tell of an ask.
    package func noticeItems(of ask: String) throws -> [Int64] {
        try self.connection.query(
            "SELECT item FROM owner_notices WHERE ask = ? AND item IS NOT NULL ORDER BY item", [.text(ask)]
        ).map { try $0.integer("item") }
    }

    /// The asks that a message tells of.
    package func asks(ofNotice item: Int64) throws -> [AskRecord] {
        try self.connection.query(
            """
            SELECT asks.* FROM asks JOIN owner_notices ON owner_notices.ask = asks.id WHERE item = ? ORDER BY number
            """, [.integer(item)]
        ).map(Self.ask)
    }

    /// Whether a person has begun a conversation in a room.
    package func hasSession(of person: String, in room: RoomID) throws -> Bool {
        try self.connection.query(
            "SELECT route FROM sessions WHERE owner = ? AND state <> 'deleted'", [.text(person)]
        ).contains { try StoredForm.route(from: $0.text("route")).room == room }
    }

    package func deleteNotices(untoldOf ask: String) throws {
        try self.connection.execute("DELETE FROM owner_notices WHERE ask = ? AND told_at IS NULL", [.text(ask)])
    }

    package func deleteNotices(untoldTo person: String) throws {
        try self.connection.execute("DELETE FROM owner_notices WHERE person = ? AND told_at IS NULL", [.text(person)])
    }

    /// Those of ended asks; the others are still changed when they end.
    package func deleteNotices(toldBefore time: Int64) throws {
        try self.connection.execute(
            """
            DELETE FROM owner_notices WHERE told_at < ? AND COALESCE(item, 0) NOT IN
            (SELECT item FROM owner_notices JOIN asks ON asks.id = ask WHERE asks.state = 'open' AND item IS NOT NULL)
            """, [.integer(time)])
    }
}
