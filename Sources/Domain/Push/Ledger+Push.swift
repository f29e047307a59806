internal import Crypto
internal import Database
internal import HTTP
package import People
package import Store

/// The browsers that get messages, and the messages that wait.
extension Ledger {
    // MARK: Browsers

    /// Adds a browser, in place of what its sign-in had before; a program's token may have several. Returns an equal one
    /// that is there already, and nil if the person has ``PushSubscription/limit`` others.
    package func add(
        _ subscription: PushSubscription, of credential: CredentialRecord
    ) throws -> PushSubscription? {
        let others = try self.pushSubscriptions(of: credential.identity)
        if let same = others.first(where: subscription.isSame(as:)) { return same }
        try self.connection.execute(
            "DELETE FROM push_subscriptions WHERE endpoint = ?", [.text(subscription.endpoint.description)])
        if credential.kind == .cookie {
            try self.connection.execute(
                "DELETE FROM push_subscriptions WHERE credential = ?", [.text(credential.id)])
        }
        guard try self.pushSubscriptions(of: credential.identity).count < PushSubscription.limit else { return nil }
        try self.connection.execute(
            """
            INSERT INTO push_subscriptions (id, credential, endpoint, point, secret, key, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(subscription.id), .text(subscription.credential), .text(subscription.endpoint.description),
                .text(base64URL(subscription.point)), .text(base64URL(subscription.secret)), .text(subscription.key),
                .integer(subscription.createdAt),
            ])
        return subscription
    }

    /// Those of all of a person's sign-ins, oldest first.
    package func pushSubscriptions(of identity: String) throws -> [PushSubscription] {
        try self.connection.query(
            """
            SELECT push_subscriptions.* FROM push_subscriptions
            JOIN credentials ON credentials.id = push_subscriptions.credential
            WHERE credentials.identity IN (\(Self.samePerson(as: "$1"))) ORDER BY push_subscriptions.created_at, push_subscriptions.id
            """, [.text(identity)]
        ).compactMap(Self.pushSubscription)
    }

    /// All, with the sign-ins that they belong to; none of those whose sign-in has expired.
    package func pushSubscriptions(at now: Int64) throws -> [(PushSubscription, CredentialRecord)] {
        try self.connection.query("SELECT * FROM push_subscriptions ORDER BY created_at, id", [])
            .compactMap(Self.pushSubscription)
            .compactMap { subscription in
                try self.credential(id: subscription.credential, at: now).map { (subscription, $0) }
            }
    }

    package func hasPushSubscriptions() throws -> Bool {
        try self.connection.first("SELECT 1 AS found FROM push_subscriptions LIMIT 1", []) != nil
    }

    func pushSubscription(_ id: String) throws -> PushSubscription? {
        try self.connection.first("SELECT * FROM push_subscriptions WHERE id = ?", [.text(id)])
            .flatMap(Self.pushSubscription)
    }

    package func deletePushSubscription(_ id: String) throws {
        try self.connection.execute("DELETE FROM push_subscriptions WHERE id = ?", [.text(id)])
    }

    private static func pushSubscription(_ row: Row) throws -> PushSubscription? {
        guard let endpoint = try? HTTPURL(try row.text("endpoint")) else { return nil }
        return PushSubscription(
            id: try row.text("id"), credential: try row.text("credential"), endpoint: endpoint,
            point: decodeBase64URL(try row.text("point")) ?? [], secret: decodeBase64URL(try row.text("secret")) ?? [],
            key: try row.text("key"), createdAt: try row.integer("created_at"))
    }

    // MARK: Messages

    /// The most that wait for one browser.
    private static let waiting = 50

    /// Stores a message. The oldest is dropped where too many wait for the browser.
    package func insert(_ note: PushNote) throws {
        try self.connection.execute(
            """
            INSERT INTO pushes
            (subscription, kind, subject, session, title, line, path, created_at, next_at, ends_at, tries, held)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
            """,
            [
                .text(note.subscription), .optional(note.kind?.rawValue), .text(note.subject),
                .optional(note.session), .text(note.title), .text(note.line), .text(note.path),
                .integer(note.createdAt), .integer(note.nextAt), .integer(note.endsAt),
                .integer(note.isHeld ? 1 : 0),
            ])
        try self.connection.execute(
            """
            DELETE FROM pushes WHERE subscription = $1 AND number <=
            (SELECT number FROM pushes WHERE subscription = $1 ORDER BY number DESC LIMIT 1 OFFSET \(Self.waiting))
            """, [.text(note.subscription)])
    }

    /// The first that is due of each browser, oldest first.
    func duePushes(at now: Int64, limit: Int) throws -> [PushNote] {
        try self.connection.query(
            """
            SELECT * FROM pushes WHERE number IN
            (SELECT MIN(number) FROM pushes WHERE next_at <= ? GROUP BY subscription) ORDER BY number LIMIT ?
            """, [.integer(now), .integer(Int64(limit))]
        ).map(Self.pushNote)
    }

    /// What is held for a browser and due.
    func heldPushes(for subscription: String, at now: Int64) throws -> [PushNote] {
        try self.connection.query(
            "SELECT * FROM pushes WHERE subscription = ? AND held = 1 AND next_at <= ? ORDER BY number",
            [.text(subscription), .integer(now)]
        ).map(Self.pushNote)
    }

    /// Nil if nothing waits.
    func nextPush() throws -> Int64? {
        try self.connection.first("SELECT MIN(next_at) AS at FROM pushes", [])?.optionalInteger("at")
    }

    func update(_ note: PushNote) throws {
        try self.connection.execute(
            "UPDATE pushes SET title = ?, line = ?, path = ?, next_at = ?, tries = ?, held = ? WHERE number = ?",
            [
                .text(note.title), .text(note.line), .text(note.path), .integer(note.nextAt), .integer(note.tries),
                .integer(note.isHeld ? 1 : 0), .integer(note.number),
            ])
    }

    func deletePush(_ number: Int64) throws {
        try self.connection.execute("DELETE FROM pushes WHERE number = ?", [.integer(number)])
    }

    private static func pushNote(_ row: Row) throws -> PushNote {
        var note = PushNote(
            for: try row.text("subscription"),
            try row.optionalText("kind").flatMap(NotificationChoice.Kind.init(rawValue:)), try row.text("subject"),
            session: try row.optionalText("session"), title: try row.text("title"), line: try row.text("line"),
            path: try row.text("path"), at: try row.integer("created_at"), endsAt: try row.integer("ends_at"))
        note.number = try row.integer("number")
        note.nextAt = try row.integer("next_at")
        note.tries = try row.integer("tries")
        note.isHeld = try row.integer("held") == 1
        return note
    }
}
