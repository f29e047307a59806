package import Chat
internal import Database
package import Store
package import Threads

/// Direct messages that tell people of asks. `item` is the outbox entry; `told_at` is NULL until it is stored.
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

    /// The same, also of mentions.
    func peopleToTell() throws -> [String] { try self.peopleToNotify() + self.mentionedPeople() }

    package func asksToNotify(_ person: String) throws -> [AskRecord] {
        try self.connection.query(
            """
            SELECT asks.* FROM asks JOIN owner_notices ON owner_notices.ask = asks.id
            WHERE person = ? AND told_at IS NULL ORDER BY number
            """, [.text(person)]
        ).map(Self.ask)
    }

    /// When a person was notified of asks, oldest first. Times in the future come from a wrong clock and do not count.
    func noticeTimes(of person: String, since start: Int64, until now: Int64) throws -> [Int64] {
        try self.connection.query(
            "SELECT told_at FROM owner_notices WHERE person = ? AND told_at > ? AND told_at <= ? ORDER BY told_at",
            [.text(person), .integer(start), .integer(now)]
        ).map { try $0.integer("told_at") }
    }

    /// The messages that tell of an ask.
    package func noticeItems(of ask: String) throws -> [Int64] {
        try self.connection.query(
            "SELECT item FROM owner_notices WHERE ask = ? AND item IS NOT NULL ORDER BY item", [.text(ask)]
        ).map { try $0.integer("item") }
    }

    /// The ask that a message tells of.
    package func ask(ofNotice item: Int64) throws -> AskRecord? {
        try self.connection.query(
            "SELECT asks.* FROM asks JOIN owner_notices ON owner_notices.ask = asks.id WHERE item = ?", [.integer(item)]
        ).first.map(Self.ask)
    }

    /// The open asks that were announced in this direct room and can be decided there, oldest first.
    package func openAsks(toldIn room: RoomID) throws -> [AskRecord] {
        try self.connection.query(
            """
            SELECT asks.* FROM asks JOIN owner_notices ON owner_notices.ask = asks.id
            JOIN outbox ON outbox.id = owner_notices.item
            WHERE asks.state = 'open' AND outbox.kind = 'ask' AND outbox.adapter = ? AND outbox.room = ? ORDER BY number
            """, [.text(room.adapter.rawValue), .text(room.name)]
        ).map(Self.ask)
    }

    /// The direct rooms in which open asks were announced.
    func roomsOfNotices() throws -> [RoomID] {
        try self.connection.query(
            """
            SELECT DISTINCT outbox.adapter, outbox.room FROM owner_notices JOIN asks ON asks.id = owner_notices.ask
            JOIN outbox ON outbox.id = owner_notices.item WHERE asks.state = 'open'
            """, []
        ).map { RoomID(adapter: AdapterID(try $0.text("adapter")), name: try $0.text("room")) }
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
